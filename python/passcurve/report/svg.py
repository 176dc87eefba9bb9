"""Charts as small SVG that take their colours from the page, so that one drawing does for light and dark."""

from __future__ import annotations

import re

from passcurve._plots.style import GREY
from passcurve.report.markup import Markup

PAPER = {"light": "#FFFFFF", "dark": "#14171A"}
LEGIBLE = 3.0
"""The least contrast of a line or spot with the paper (WCAG 2.2, 1.4.11)."""

# Alternatives stand beside the chart; a screen reader would read each of a thousand spots.
NOISE = re.compile(r' (?:xmlns(?::xlink)?|role|aria-[a-z]+|pointer-events|version|stroke-miterlimit)="[^"]*"')
UNSEEN = re.compile(r'<path class="(?:background|foreground)"[^>]*?(?:d=""|display="none"|d="M0,0h0v0h0Z")[^>]*/>')
DECIMALS = re.compile(r"(\d\.\d\d)\d+")
COLOR = re.compile(r'(fill|stroke)="(#[0-9a-fA-F]{6})"')
IDS = re.compile(r'(id="|url\(#)')


class Inks:
    """The colours of a page's charts, each as a CSS variable with a value for light and one for dark."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}

    def name(self, color: str) -> str:
        """What stands for a colour in the page."""
        if color.upper() == GREY:
            return "var(--axis)"
        self._known[color.upper()] = None
        return f"var(--ink-{color[1:].upper()})"

    def css(self, scheme: str) -> str:
        """The declarations of one scheme."""
        return "".join(f"--ink-{color[1:]}:{legible(color, PAPER[scheme])};" for color in sorted(self._known))


def drawn(svg: str, inks: Inks, prefix: str) -> Markup:
    """vl-convert's SVG with colours of the page, without what does not show; ``prefix`` makes its ids unique."""
    svg = UNSEEN.sub("", NOISE.sub("", svg))
    svg = IDS.sub(rf"\g<1>{prefix}-", DECIMALS.sub(r"\1", svg))
    svg = COLOR.sub(lambda match: f'{match[1]}="{inks.name(match[2])}"', svg)
    return Markup(svg.replace('<svg class="marks"', '<svg aria-hidden="true" focusable="false"'))


def legible(color: str, paper: str) -> str:
    """The colour, as far towards black or white as it must be to stand out from the paper.

    >>> from passcurve.report.svg import contrast, legible
    >>> legible("#0072B2", "#FFFFFF"), legible("#E69F00", "#FFFFFF")
    ('#0072B2', '#C68900')
    """
    end = 0 if luminance(paper) > 0.5 else 255
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    for step in range(101):
        mixed = "#{:02X}{:02X}{:02X}".format(*(round(c + (end - c) * step / 100) for c in channels))
        if contrast(mixed, paper) >= LEGIBLE:
            break
    return mixed


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    """The relative luminance of WCAG 2.2, from 0 to 1."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
