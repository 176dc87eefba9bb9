"""Values as text of a few characters that never mislead."""

from __future__ import annotations

import math

DIGITS = 4
SMALL = 0.001
MOST_DIGITS = 9


def estimate(value: float | None) -> str:
    """Print a probability or an alpha_k to four decimals, or to five digits above 10.

    What is not 0 is never shown as 0, nor what is below 1 as 1.

    >>> [estimate(value) for value in (0.123456, 12.34567, 0.0000123, 0.9999912, 1.0, None)]
    ['0.1235', '12.346', '1.23e-05', '0.999991', '1.0000', '-']
    """
    if value is None:
        return "-"
    size = abs(value)
    if 0 < size < SMALL:
        return f"{value:.2e}"
    if size < 1 and round(size, DIGITS) == 1:
        digits = min(MOST_DIGITS, 1 - math.floor(math.log10(1 - size)))
        # Cut, not rounded: 1 - 1e-12 must not become 1.
        return f"{math.floor(value * 10**digits) / 10**digits:.{digits}f}"
    return f"{value:.{max(0, DIGITS - max(0, math.floor(math.log10(size)) if size else 0))}f}"


def interval(lower: float | None, upper: float | None) -> str:
    """Print an interval; nothing where there is none."""
    return "" if lower is None or upper is None else f"[{estimate(lower)}, {estimate(upper)}]"


def is_method(label: str) -> bool:
    """Tell the name of a method from the reason why there is no interval."""
    return not label.startswith("none")


def span(low: int | None, high: int | None) -> str:
    """Print one number, or the least and the greatest."""
    return str(low) if low == high else f"{low}-{high}"


def level(confidence_level: float) -> str:
    """Print a confidence level as a percentage.

    >>> level(0.95), level(0.999)
    ('95%', '99.9%')
    """
    return f"{confidence_level * 100:.10g}%"


def plain(value: object) -> str:
    """Print a value of a key column on one line; what a terminal would obey is escaped."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def listed(items: list[str], shown: int = 3) -> str:
    """Print the first few items, and how many more there are."""
    rest = len(items) - shown
    return ", ".join(items[:shown]) + (f" and {rest:,} more" if rest > 0 else "")
