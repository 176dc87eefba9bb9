"""How Sphinx makes the site: `make docs`.

The source folder is the whole clone, of which only the pages named here are read: links between README, docs and bench
are then the same on the site as in the repository.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

project = "passcurve"
html_title = "passcurve"
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "docs/api/*.md", "bench/*.md"]
exclude_patterns = ["bench/PROFILE.md"]  # it is the last part of bench/RESULTS.md
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

myst_heading_anchors = 4
smartquotes_action = "D"  # dashes; quotes are code in docstrings
default_role = "code"
add_module_names = False
autodoc_typehints = "signature"
autodoc_member_order = "groupwise"
maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

ACCENTED = ["color-brand-primary", "color-brand-content", "color-api-name", "color-api-pre-name"]
html_theme = "furo"
html_extra_path = ["root"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": dict.fromkeys(ACCENTED, "#00589c"),
    "dark_css_variables": dict.fromkeys(ACCENTED, "#6cb6ee"),
}

# Here and not in the page, which would show it as text in the repository.
CONTENTS = {
    "Start": ["start", "../README"],
    "Users": ["researcher", "pipeline", "trainer", "numpy-loop"],
    "Cookbook": ["sources", "formats", "logs", "sql"],
    "Many machines": ["cloud", "shards", "ray", "spark", "scale"],
    "Questions": [
        "intervals",
        "compare",
        "extrapolation",
        "planning",
        "diagnosis",
        "plots",
        "report",
        "samples",
        "filtering",
        "advantages",
    ],
    "Grounds": ["estimators", "paper", "differences", "reliability"],
    "Measured": ["performance", "../bench/RESULTS", "../bench/COVERAGE"],
    "Reference": ["cli", "api/passcurve", "api/tally", "api/advantages", "api/theory", "api/ray", "api/spark"],
    "Project": ["../CONTRIBUTING", "../CHANGELOG"],
}
TITLES = {"../README": "Tour", "reliability": "Reliability"}


def _contents() -> str:
    parts = []
    for caption, pages in CONTENTS.items():
        there = [page for page in pages if (ROOT / "docs" / f"{page}.md").exists()]
        lines = [f"{TITLES[page]} <{page}>" if page in TITLES else page for page in there]
        parts.append("\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```"]))
    return "\n\n".join(parts)


def _section(title: str) -> str:
    results = (ROOT / "bench" / "RESULTS.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", results, re.MULTILINE))
    if title not in sections:
        raise ValueError(f"bench/RESULTS.md has no section {title!r}; there are: {', '.join(sections)}")
    return sections[title].strip()


def _complete(app, docname, source):
    """Adds the contents to the front page, and a part of the benchmarks in place of `<!-- bench: TITLE -->`."""
    # Doctest wants an empty line before the fence, which the site would show.
    source[0] = source[0].replace("\n\n```\n", "\n```\n")
    if docname == root_doc:
        source[0] += "\n" + _contents() + "\n"
    if "<!-- bench: " in source[0]:
        app.env.note_dependency(str(ROOT / "bench" / "RESULTS.md"))
        source[0] = re.sub(r"<!-- bench: (.*?) -->", lambda found: _section(found[1]) + "\n", source[0])


def _returned(_app, _what, _name, _item, _options, lines):
    # Napoleon takes what stands before the first colon for a type, and here it is a sentence.
    if "Returns:" in lines:
        at = lines.index("Returns:")
        lines[at : at + 2] = [f":returns: {lines[at + 1].strip()}"]


def setup(app):
    """Has pages completed as they are read, and docstrings before Napoleon reads them."""
    app.connect("source-read", _complete)
    app.connect("autodoc-process-docstring", _returned, priority=100)
