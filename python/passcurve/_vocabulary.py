"""Which verdicts pass, as the call says it and as the log turns out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve._warnings import warn

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_vocabulary(threshold: object, passing: object, failing: object) -> None:
    """Fails on words that do not go together."""
    if threshold is not None and (passing is not None or failing is not None):
        raise ValueError("threshold= is for numbers and passing= for strings; give one of them")
    if failing is not None and passing is None:
        raise ValueError("failing= closes the vocabulary of passing=; say passing= too")
    if threshold is not None and threshold != threshold:  # noqa: PLR0124 (NaN)
        raise ValueError("threshold= is NaN")


def warn_of_others(passing: Sequence[str], passed: int, others: Sequence[tuple[str, int]]) -> None:
    """Warns where the strings that failed for not being in ``passing`` look like a slip in it.

    They do when no sample passed at all, or when one of them is in ``passing`` but for case and spaces.
    """
    plain = {_plain(text) for text in passing}
    alike = [text for text, _ in others if _plain(text) in plain]
    if not others or (passed and not alike):
        return
    wanted = ", ".join(map(repr, passing))
    found = ", ".join(f"{text!r} ({count:,})" for text, count in others)
    what = (
        f"not one sample passed: no verdict is {wanted}, and these count as failed: {found}"
        if not passed
        else f"these verdicts count as failed: {found}"
    )
    also = f"add {', '.join(map(repr, alike))} to passing= if it passes; " if alike else ""
    warn(f"{what}; {also}failing= says which verdicts fail, without this warning")


def _plain(text: str) -> str:
    return text.strip().casefold()
