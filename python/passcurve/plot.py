"""Charts of a tally, in Altair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import polars as pl

from passcurve._checks import one_of
from passcurve._choices import OnKGtN
from passcurve._ks import as_ks, joined, powers_of_two
from passcurve._requests import smallest
from passcurve.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    import altair as alt

    from passcurve._choices import Method, OnKGtNOrBeyond, Over

What: TypeAlias = Literal["pass_at_k", "alpha", "gap", "signal"]


class Plotting(Tables):
    """The charts of a tally."""

    __slots__ = ()

    def plot(
        self,
        what: What = "pass_at_k",
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        *,
        along: str | None = None,
        method: Method = "auto",
        confidence_level: float = 0.95,
        over: Over = "problems",
        cluster: str | Sequence[str] | None = None,
        on_k_gt_n: OnKGtNOrBeyond = "error",
    ) -> alt.LayerChart | alt.ConcatChart:
        """A chart of the tally, with a transparent background (a saved PNG: white), legible on light and on dark.

        Groups of numbers or dates, such as steps, are sorted as such and coloured from early to late; others have a
        hue each. With both, the ramp has the colour and the others dashes and shapes. Hovering shows the numbers.
        docs/plots.md shows all four.

        Args:
            what: "pass_at_k": pass@k over k with intervals, a line a group. "gap": pass@k - pass@1, over k or along a
                column. "alpha": Yu's Figure 1, J_k solid and alpha_k / k dashed over p, a colour a k and a panel a
                group, with the log's problems as spots at c/n and their unbiased alpha_k / k, as large as there are
                problems on the spot, and grey where several k share it. "signal": the problems' signal at c/n beside
                the curve k p (1-p)^(k-1), with the shares never solved and always solved.
            k: a number of draws or several, one for "signal". None: powers of two up to the smallest n, and that n;
                4, 16 and 64 for a gap along a column; 2, 8 and 32 for "alpha"; 8 for "signal"; each as far as n goes.
            along: for "gap", the ``by`` column that is the x axis, such as the training step.
            method: the interval of "pass_at_k" and "gap"; this and the next three as in `Tally.pass_at_k`.
            confidence_level: between 0 and 1.
            over: "problems" or "samples".
            cluster: key column or columns that name families of problems.
            on_k_gt_n: what k > n is: "error", "drop" (that k, in the groups it concerns), "skip" (those problems) or,
                for "pass_at_k", "extrapolate" (as `Tally.pass_at_k` has it, up to twice the smallest n: beyond there
                are two models for each k, and no one line).

        Returns:
            A chart that Altair shows, saves and layers; panels of several groups are a ConcatChart. It holds at most
            5,000 rows: many ks or steps are thinned evenly, and problems on many spots gathered by hundredths of p.

        Raises:
            ImportError: Altair is not installed.
            ValueError: there is no problem; more groups than can be told apart (40, or 16 panels); a word that does
                not go with ``what``; and what `Tally.pass_at_k` refuses.

        >>> t = pk.tally(log, problem="problem", verdict="correct", by="model")
        >>> chart = t.plot()
        >>> chart.to_dict()["layer"][1]["encoding"]["color"]["scale"]["domain"]
        ['base', 'rl']
        """
        one_of("what", what, What)
        frame, key = self.frame, self._key()
        if not frame.height:
            raise ValueError("there is no problem to plot")
        interval = {"method": method, "confidence_level": confidence_level, "over": over, "cluster": cluster}
        plots = _plots()
        if what in ("pass_at_k", "gap"):
            return self._curve(plots, what, k, along, {**interval, "on_k_gt_n": on_k_gt_n})
        others = {"along": None, "method": "auto", "confidence_level": 0.95, "over": "problems", "cluster": None}
        for word, value in {"along": along, **interval}.items():
            if value != others[word]:
                raise ValueError(f"{word}= does not go with what={what!r}, which shows problems and no interval")
        ks = _up_to([2, 8, 32] if what == "alpha" else [8], smallest(frame)) if k is None else as_ks(k)
        one_of("on_k_gt_n", on_k_gt_n, OnKGtN)
        # It is one of these now.
        table = _filled(self.per_problem(ks, on_k_gt_n=on_k_gt_n), "pass_at_k", ks)  # type: ignore[arg-type]
        if what == "alpha":
            return plots.signal.figure_1(table, key.by, ks)  # type: ignore[no-any-return]
        if len(ks) > 1:
            raise ValueError(f"what='signal' takes one k, not {len(ks)}")
        return plots.signal.signal_mass(table, key.by, ks[0])  # type: ignore[no-any-return]

    def _curve(
        self,
        plots: Any,
        what: What,
        k: SupportsIndex | Iterable[SupportsIndex] | None,
        along: str | None,
        words: dict[str, Any],
    ) -> alt.LayerChart:
        frame, by = self.frame, self.by
        if along is not None and (what != "gap" or along not in by):
            known = f"one of {', '.join(by)}" if by else "a column of by=, and this tally has none"
            raise ValueError(f"along={along!r}: it goes with what='gap' and is {known}")
        groups = max(1, frame.select(by).n_unique()) if by else 1
        if k is None:
            ks = powers_of_two(smallest(frame)) if along is None else _up_to([4, 16, 64], smallest(frame))
        else:
            ks = as_ks(k)
        ks = plots.groups.thinned(sorted(ks), max(2, plots.groups.ROWS // groups))
        table: pl.DataFrame = getattr(self, "pass_at_k" if what == "pass_at_k" else "pass_gap")(ks, **words)
        _forbid_two_models(table, by)
        table, title = _filled(table, "estimate", ks), plots.curve.TITLES[what]
        if along is None:
            return plots.curve.against_k(table, by, title)  # type: ignore[no-any-return]
        steps = table[along].unique().sort().to_list()
        fewer = plots.groups.thinned(steps, plots.groups.ROWS * len(steps) // table.height)
        kept = table.filter(pl.col(along).is_in(fewer)) if len(fewer) < len(steps) else table
        return plots.curve.along_steps(kept, by, along, title)  # type: ignore[no-any-return]


def _plots() -> Any:
    try:
        import altair  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        if error.name != "altair":
            raise
        raise ImportError("plots need Altair: pip install 'passcurve[report]'", name="altair") from None
    import passcurve._plots.curve  # noqa: PLC0415
    import passcurve._plots.signal  # noqa: PLC0415

    return passcurve._plots


def _forbid_two_models(table: pl.DataFrame, by: Sequence[str]) -> None:
    twice = table.filter(table.select(*by, "k").is_duplicated())["k"].unique().sort()
    if len(twice):
        raise ValueError(
            f'on_k_gt_n="extrapolate" gives two models at k = {joined(twice.to_list())}, beyond twice the smallest n, '
            "which make no one line; leave out these k, or chart the frame of Tally.extrapolate"
        )


def _filled(table: pl.DataFrame, column: str, ks: list[int]) -> pl.DataFrame:
    if table[column].null_count() == table.height:
        raise ValueError(f"no problem has n >= {min(ks)}: there is nothing to plot")
    return table


def _up_to(ks: list[int], largest: int) -> list[int]:
    return [k for k in ks if k <= largest] or [largest]
