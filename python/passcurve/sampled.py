"""Tables of metrics over samples: their answers voted on, the best of their rewards taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve import _sampled
from passcurve._checks import one_of
from passcurve._choices import Mixed, Ties
from passcurve._keyed import Keyed
from passcurve._words import TableWords, shows_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex, Unpack

    import polars as pl


class Sampled(Keyed):
    """The tables of a tally that keeps answers or rewards."""

    __slots__ = ()

    @shows_words
    def maj_at_k(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        ties: Ties = "fair",
        mixed: Mixed = "error",
        **words: Unpack[TableWords],
    ) -> pl.DataFrame:
        """The mean over problems of maj@k: whether the most frequent answer of k samples is correct, exactly.

        Per problem it is the mean over all sets of k of its n samples, so it is unbiased for the model's own maj@k
        (self-consistency, Wang et al. 2022); nothing is drawn. The tally must keep answers
        (``passcurve.tally(..., answer=)``); samples whose answer is null do not vote, and where nobody votes it is 0.
        An answer is correct when its samples passed.
        Arguments, result and errors are those of `pass_hat_k` and `passcurve.maj_at_k`.

        Args:
            k: a number of draws or several. None: powers of two up to the smallest n, and that n.
            ties: what a tie for most votes counts: "fair" (the share of correct answers among the tied ones), "wrong"
                (a tie that is not all correct counts 0) or "right" (a tie with a correct answer counts 1).
            mixed: what samples of one answer with different verdicts are: "error", or "majority" (the answer is correct
                when more than half of them passed).
            **words: as in `pass_hat_k`, with ``over="problems"`` and any method but "bayes".

        Raises:
            DataError: samples of one answer have different verdicts.
            ValueError: the tally keeps no answers.

        >>> voted = pl.DataFrame({"answer": [7, 7, 7, 8, 8, 9], "correct": [1, 1, 1, 0, 0, 0]}).with_columns(problem=1)
        >>> pk.tally(voted, answer="answer").maj_at_k([1, 3])["estimate"].to_list()
        [0.5, 0.6]
        """
        one_of("ties", ties, Ties)
        one_of("mixed", mixed, Mixed)
        asked = _sampled.checked("maj_at_k", words)
        frame = self.frame
        cells = _sampled.answers(frame, self._details, self._key(), mixed)
        return _sampled.table_of(frame, self._key(), cells, "maj_at_k", k=k, words=asked, ties=ties)

    @shows_words
    def max_at_k(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        reward_range: tuple[float, float] | None = None,
        **words: Unpack[TableWords],
    ) -> pl.DataFrame:
        """The mean over problems of max@k: the mean of the largest reward among k samples, exactly and unbiased.

        Per problem it is the mean over all sets of k of its n samples (Walder and Karkhanis 2025). The tally must keep
        rewards (``passcurve.tally(..., reward=)``). With rewards of 0 and 1 it is pass@k.
        Arguments, result and errors are those of `pass_hat_k`; estimate, lower and upper have the unit of the reward.

        Args:
            k: a number of draws or several. None: powers of two up to the smallest n, and that n.
            reward_range: the least and the greatest reward there can be, where intervals end and where a problem that
                was not drawn could be. None: 0 and 1 if all rewards are between them, else the least and the greatest
                that were seen, which makes intervals too short where rare rewards were not.
            **words: as in `pass_hat_k`, with any method but "bayes".

        Raises:
            ValueError: the tally keeps no rewards, or one is outside ``reward_range``; all are equal, outside [0, 1],
                and no range is given.

        >>> rewards = pl.DataFrame({"problem": "a", "reward": [0.1, 0.5, 0.2, 1, 0.3, 0, 0.8, 0.6]})
        >>> t = pk.tally(rewards, verdict="reward", threshold=0.5, reward="reward")
        >>> t.max_at_k(3)["estimate"].item(), t.min_at_k(3)["estimate"].item()
        (0.7696428571428572, 0.13214285714285715)
        """
        return self._of_rewards("max_at_k", k, reward_range, words)

    @shows_words
    def min_at_k(
        self,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        reward_range: tuple[float, float] | None = None,
        **words: Unpack[TableWords],
    ) -> pl.DataFrame:
        """The mean over problems of min@k: the mean of the smallest reward among k samples, exactly and unbiased.

        Arguments, result and errors are those of `max_at_k`. With rewards of 0 and 1 it is pass^k.
        """
        return self._of_rewards("min_at_k", k, reward_range, words)

    @shows_words
    def best_of_k(
        self, k: SupportsIndex | Iterable[SupportsIndex] | None = None, **words: Unpack[TableWords]
    ) -> pl.DataFrame:
        """The mean over problems of best-of-k: whether the sample with the highest reward among k passes, exactly.

        The reward is a scorer's, such as a reward model's or a log-probability; the verdict says what is right. Of
        samples that tie for best each is taken equally often. Per problem it is the mean over all sets of k of its n
        samples, unbiased. The tally must keep rewards (``passcurve.tally(..., reward=)``).
        Arguments, result and errors are those of `pass_hat_k`, with ``over="problems"`` and any method but "bayes".

        >>> scores = {"score": [0.1, 0.9, 0.9, 0.4, 0.4, 0.4, 0.2, 0.7], "correct": [0, 1, 0, 1, 0, 0, 1, 0]}
        >>> t = pk.tally(pl.DataFrame(scores).with_columns(problem=1), verdict="correct", reward="score")
        >>> t.best_of_k(3)["estimate"].item()
        0.38095238095238093
        """
        asked = _sampled.checked("best_of_k", words)
        frame = self.frame
        cells = _sampled.rewards(frame, self._details)
        return _sampled.table_of(frame, self._key(), cells, "best_of_k", k=k, words=asked)

    def _of_rewards(
        self,
        metric: str,
        k: SupportsIndex | Iterable[SupportsIndex] | None,
        reward_range: tuple[float, float] | None,
        words: TableWords,
    ) -> pl.DataFrame:
        asked = _sampled.checked(metric, words)
        frame = self.frame
        cells = _sampled.rewards(frame, self._details)
        reach = _sampled.reach_of(cells, reward_range)
        return _sampled.table_of(frame, self._key(), cells, metric, k=k, words=asked, reach=reach)
