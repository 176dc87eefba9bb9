"""Values as text of a few characters that never mislead."""

from __future__ import annotations

import math

DIGITS = 4
SMALL = 0.001
MOST_DIGITS = 9
LEAST_P = 1e-6
"""Below it the law that gives a p-value is trusted no more."""


def estimate(value: float | None, decimals: int = DIGITS) -> str:
    """A probability or an alpha_k to so many decimals, with fewer above 10.

    What is not 0 is never shown as 0, nor what is below 1 as 1.

    >>> [estimate(value) for value in (0.123456, 12.34567, 0.0000123, 0.9999912, 1.0, None)]
    ['0.1235', '12.346', '1.23e-05', '0.999991', '1.0000', '-']
    """
    if value is None:
        return "-"
    size = abs(value)
    if 0 < size < SMALL:
        return f"{value:.2e}"
    if value < 1 and round(value, decimals) == 1:
        digits = min(MOST_DIGITS, -math.floor(math.log10(1 - value)))
        text = f"{value:.{digits}f}"
        return text if text < "1" else "0." + "9" * digits
    before_the_point = math.floor(math.log10(size)) if size >= 1 else 0
    return f"{value:.{max(0, decimals - before_the_point)}f}"


def interval(lower: float | None, upper: float | None, decimals: int = DIGITS) -> str:
    """An interval; nothing where there is none."""
    return "" if lower is None or upper is None else f"[{estimate(lower, decimals)}, {estimate(upper, decimals)}]"


def p_value(value: float | None) -> str:
    """A p-value in as few characters as it deserves.

    >>> [p_value(value) for value in (0.4907, 0.00016, 1.2e-10, 1.0, None)]
    ['0.491', '0.0002', '<1e-6', '1.000', '-']
    """
    if value is None:
        return "-"
    if value < LEAST_P:
        return "<1e-6"
    return f"{value:.3f}" if value >= SMALL else f"{value:.4f}" if value >= SMALL / 10 else f"{value:.0e}"


def is_method(label: str) -> bool:
    """Whether it is the name of a method, and not the reason why there is no interval."""
    return not label.startswith("none")


def span(low: int | None, high: int | None) -> str:
    """One number, or the least and the greatest; a dash where there is none."""
    if low is None:
        return "-"
    return str(low) if low == high else f"{low}-{high}"


def level(confidence_level: float) -> str:
    """A confidence level as a percentage.

    >>> level(0.95), level(0.999)
    ('95%', '99.9%')
    """
    return f"{confidence_level * 100:.10g}%"


def plain(value: object) -> str:
    """A value of a key column on one line; what a terminal would obey is escaped."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def listed(items: list[str], shown: int = 3) -> str:
    """The first few items, and how many more there are."""
    rest = len(items) - shown
    return ", ".join(items[:shown]) + (f" and {rest:,} more" if rest > 0 else "")
