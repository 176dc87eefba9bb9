"""Text of a log as vl-convert can draw it."""

from __future__ import annotations

from typing import Any

STANDS_FOR = {"\n": " ", "\t": " ", "\\": "\N{REVERSE SOLIDUS OPERATOR}"}
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def legible(spec: dict[str, Any]) -> dict[str, Any]:
    """A chart's specification whose texts are safe to draw; different texts stay different.

    vl-convert (1.9) ends the process at a control character, and Vega reads a backslash as the start of an escape.

    >>> from passcurve.report.chart_text import legible
    >>> legible({"domain": ["a" + chr(0), "a" + chr(1), "b"]})
    {'domain': ['a�', 'a� (2)', 'b']}
    """
    result: dict[str, Any] = _told(spec, {})
    return result


def _told(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _told(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_told(one, known) for one in value]
    if not isinstance(value, str) or (value.isprintable() and "\\" not in value):
        return value
    if value not in known:
        text = "".join(STANDS_FOR.get(c, c if c.isprintable() else UNKNOWN) for c in value)
        alike = sum(other == text or other.startswith(f"{text} (") for other in known.values())
        known[value] = f"{text} ({alike + 1})" if alike else text
    return known[value]
