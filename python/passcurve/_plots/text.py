"""Text of a log as vl-convert can draw it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDS_FOR = {"\n": " ", "\t": " ", "\\": "\N{REVERSE SOLIDUS OPERATOR}"}
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def legible(spec: dict[str, Any]) -> dict[str, Any]:
    """A chart's specification whose texts are safe to draw; different texts stay different.

    vl-convert (1.9) ends the process at a control character, and Vega reads a backslash as the start of an escape.

    >>> from passcurve._plots.text import legible
    >>> legible({"domain": ["a" + chr(10) + "b", "a" + chr(9) + "b", "a b", "c"]})
    {'domain': ['a b (2)', 'a b (3)', 'a b', 'c']}
    """
    texts = list(dict.fromkeys(_texts(spec)))
    shown = {text: text for text in texts if _is_safe(text)}
    taken = set(shown)
    for text in texts:
        if text not in shown:
            plain = "".join(STANDS_FOR.get(c, c if c.isprintable() else UNKNOWN) for c in text)
            names = itertools.chain([plain], (f"{plain} ({number})" for number in itertools.count(2)))
            shown[text] = next(name for name in names if name not in taken)
            taken.add(shown[text])
    result: dict[str, Any] = _replaced(spec, shown)
    return result


def _is_safe(text: str) -> bool:
    return text.isprintable() and "\\" not in text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _replaced(value: Any, shown: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(one, shown) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, shown) for one in value]
    return shown[value] if isinstance(value, str) else value
