"""The site is built without a warning, every link within it leads somewhere, and nothing is fetched from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import passcurve as pk

ROOT = Path(__file__).parent.parent


class Page(HTMLParser):
    """What a page links to, what it loads, and where it can be entered."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        self.anchors.add(of.get("id", ""))
        if tag == "a" and "href" in of:
            self.links.append(of["href"])
        elif tag != "a":
            self.loads += [of[name] for name in ("src", "href", "srcset") if name in of]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs/site", "-d", folder / "doctrees"]
    built = subprocess.run([*command, ".", folder / "html"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_links_within_lead_somewhere(pages):
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            there = target.exists() if target.suffix != ".html" else target in pages
            if not there or (parts.fragment and unquote(parts.fragment) not in pages[target].anchors):
                dead.append(f"{path.name}: {link}")
    assert not dead


def test_nothing_is_fetched_from_elsewhere(site, pages):
    loaded = {load for page in pages.values() for load in page.loads}
    assert len(loaded) > 5
    assert not [load for load in loaded if re.match(r"(https?:)?//", load)]
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", styles)


def test_the_front_page_is_at_the_root(site, pages):
    assert 'url=docs/index.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert site / "docs" / "index.html" in pages


def test_all_public_names_have_a_reference(pages):
    anchors = {anchor for page in pages.values() for anchor in page.anchors}
    names = [f"passcurve.{name}" for name in pk.__all__ if name not in {"__version__", "advantages", "theory"}]
    for module in (pk.advantages, pk.theory):
        names += [f"{module.__name__}.{name}" for name in module.__all__]
    for kind in (pk.Tally, pk.Provenance):
        names += [f"passcurve.{kind.__name__}.{name}" for name in dir(kind) if not name.startswith("_")]
    assert not [name for name in names if name not in anchors]
