"""Tables of what else is said of a problem's n and c: the gap, and G-Pass@k."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from passcurve import _core
from passcurve._checks import check_tau, warn_of_odd
from passcurve._estimate import estimate
from passcurve._keyed import Keyed
from passcurve._words import TableWords, as_words, shows_words

if TYPE_CHECKING:
    from typing import SupportsIndex, Unpack

    from passcurve._estimate import Words


class Metrics(Keyed):
    """More tables of a tally."""

    __slots__ = ()

    @shows_words
    def pass_gap(
        self, k: SupportsIndex | Iterable[SupportsIndex] | None = None, **words: Unpack[TableWords]
    ) -> pl.DataFrame:
        """The mean over problems of pass@k - pass@1, unbiased: what k draws find that one does not.

        In [0, 1) (Yu, eq. 19). Per problem it is near 0 where nothing is solved and where all is.
        Arguments, result and errors are those of `pass_hat_k`; ``over`` is "problems": over the samples of these very
        problems the gap has no variance estimate that is never negative.

        >>> t = pk.tally(log, problem="problem", verdict="correct", by="model")
        >>> t.pass_gap(2)["estimate"].to_list()
        [0.16666666666666666, 0.0]
        """
        asked = as_words(words)
        if asked.over == "samples":
            raise ValueError('pass_gap takes over="problems"; for these very problems take pass_at_k at both k')
        return estimate(self.frame, self._key(), "pass_gap", k, asked)

    @shows_words
    def g_pass_at_k(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        tau: float | Iterable[float] = 0.5,
        **words: Unpack[TableWords],
    ) -> pl.DataFrame:
        """The mean over problems of G-Pass@k: the probability that at least the share tau of k samples passes.

        Per problem it is P(H >= m) for hypergeometric H of k draws and m = max(ceil(tau k), 1) (Liu et al. 2024, whose
        authors advise n >= 3k); tau = 0 gives pass@k and tau = 1 pass^k.
        Arguments, result and errors are those of `pass_hat_k`, with one or several shares ``tau`` in [0, 1]; the result
        has the columns tau and m after k.

        >>> t = pk.Tally.from_counts(pl.DataFrame({"problem": ["a", "b"], "n": 16, "c": [10, 4]}))
        >>> t.g_pass_at_k(8, [0.5, 1.0]).select("k", "tau", "m", "estimate")
        shape: (2, 4)
        ┌─────┬─────┬─────┬──────────┐
        │ k   ┆ tau ┆ m   ┆ estimate │
        │ --- ┆ --- ┆ --- ┆ ---      │
        │ i64 ┆ f64 ┆ i64 ┆ f64      │
        ╞═════╪═════╪═════╪══════════╡
        │ 8   ┆ 0.5 ┆ 4   ┆ 0.48951  │
        │ 8   ┆ 1.0 ┆ 8   ┆ 0.001748 │
        └─────┴─────┴─────┴──────────┘
        """
        several = isinstance(tau, Iterable) and not isinstance(tau, str | bytes)
        shares = [check_tau(share) for share in (tau if several else [tau])]  # type: ignore[union-attr]  # several
        if not shares:
            raise ValueError("tau is an empty list")
        asked = as_words(words)
        tables = [_of_share(self, k, share, asked) for share in dict.fromkeys(shares)]
        height = tables[0].height
        order = np.arange(height * len(tables)).reshape(len(tables), height).T.ravel()
        return pl.concat(tables)[order]

    @shows_words
    def mg_pass_at_k(
        self, k: SupportsIndex | Iterable[SupportsIndex] | None = None, **words: Unpack[TableWords]
    ) -> pl.DataFrame:
        """The mean over problems of mG-Pass@k, itself the mean of G-Pass@k over the shares above one half.

        Per problem it is (2/k) E[(H - ceil(k/2))+] (Liu et al. 2024). Of problems that are always solved it is 1 for
        even k but (k-1)/k for odd k, and 0 at k = 1: an odd k is a UserWarning; None takes powers of two from 2.
        Arguments, result and errors are those of `pass_hat_k`.

        >>> t = pk.Tally.from_counts(pl.DataFrame({"problem": ["a"], "n": [16], "c": [10]}))
        >>> t.mg_pass_at_k(8)["estimate"].item()
        0.26573426573426573
        """
        frame = self.frame
        if k is None:
            least = int(frame["n"].to_numpy().min()) if frame.height else 2
            k = [2**i for i in range(1, max(2, least.bit_length()))]
        asked = as_words(words)
        warn_of_odd(k)
        return estimate(frame, self._key(), "mg_pass_at_k", k, asked)


def _of_share(
    keyed: Keyed, k: SupportsIndex | Iterable[SupportsIndex] | None, share: float, words: Words
) -> pl.DataFrame:
    table = estimate(keyed.frame, keyed._key(), "g_pass_at_k", k, words, tau=share)
    needed = pl.Series("m", _core.passes_needed(table["k"].to_list(), share), dtype=pl.Int64)
    place = table.columns.index("k") + 1
    return table.insert_column(place, needed).insert_column(
        place, pl.repeat(share, table.height, eager=True).alias("tau")
    )
