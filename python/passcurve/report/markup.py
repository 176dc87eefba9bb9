"""HTML in which text is escaped unless it is markup already."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY = frozenset({"br", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"


def join(*children: Child) -> Markup:
    """The children one after the other, each escaped where it is not markup; None is nothing.

    >>> from passcurve.report.markup import element, join
    >>> join("<i>", element("b", "&"), None)
    '&lt;i&gt;<b>&amp;</b>'
    """
    parts: list[str] = []
    for child in children:
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(html.escape(clean(child), quote=False))
        elif child is not None:
            parts += [join(one) for one in child]
    return Markup("".join(parts))


def element(tag: str, *children: Child, **attributes: object) -> Markup:
    """An element. ``class_`` is class, ``aria_sort`` is aria-sort; a value of True is a bare word, None and False none.

    >>> from passcurve.report.markup import element
    >>> element("th", "<k>", scope="col", class_="number", hidden=True)
    '<th scope="col" class="number" hidden>&lt;k&gt;</th>'
    """
    words = [tag]
    for name, value in attributes.items():
        word = name.rstrip("_").replace("_", "-")
        if value is True:
            words.append(word)
        elif value is not None and value is not False:
            words.append(f'{word}="{html.escape(clean(str(value)))}"')
    start = f"<{' '.join(words)}>"
    return Markup(start if tag in EMPTY else f"{start}{join(*children)}</{tag}>")


def clean(text: str) -> str:
    """Text whose every character may stand in a page: what may not is written as Python would.

    >>> from passcurve.report.markup import clean
    >>> clean("a" + chr(0)) == "a" + repr(chr(0))[1:-1]
    True
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\t\n" else repr(c)[1:-1] for c in text)


def paragraphs(texts: Sequence[str]) -> Markup:
    """A paragraph where there is one text, a list where there are several."""
    if len(texts) == 1:
        return element("p", _sentence(texts[0]))
    return element("ul", (element("li", _sentence(text)) for text in texts), class_="sentences") if texts else Markup()


def _sentence(text: str) -> str:
    """With a full stop; what it begins with may be a name, and stays as it is."""
    return text if text.endswith((".", "?", "!")) else f"{text}."
