"""Reports in a browser: the script runs, sorts, filters and turns pages, and nothing overflows.

These run where there is Playwright and a Chromium; PASSCURVE_CHROMIUM names one that is not on the path.
"""

import os
import shutil

import numpy as np
import polars as pl
import pytest

import passcurve as pk
from passcurve.cli import format as fmt

sync = pytest.importorskip("playwright.sync_api")
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("PASSCURVE_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is found"),
    # Playwright's own event loop is left to the collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FILLED = "svg => ['width', 'height'].map(side => svg.getBBox()[side] / svg.viewBox.baseVal[side])"
EVIL = "</script><b>'\"\\x00"


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(5)
    keys = {"model": np.repeat(["base", EVIL], 80), "problem": [f"q{i}" for i in range(79)] + [EVIL]}
    n = np.tile(rng.integers(6, 40, 80), 2)
    problem = keys.pop("problem") * 2
    return pl.DataFrame({**keys, "problem": problem, "n": n, "c": rng.binomial(n, rng.beta(0.3, 0.6, 160))})


@pytest.fixture(scope="module")
def browser():
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def path(counts, tmp_path_factory):
    path = tmp_path_factory.mktemp("browser") / "report.html"
    pk.Tally.from_counts(counts, by="model").report(path, k=[2, 4, 6])
    return path


@pytest.fixture
def opened(browser, path):
    """A report opened in a new window, whose complaints and requests are collected."""
    windows = []

    def go(**words):
        window = browser.new_context(**words).new_page()
        window.set_default_timeout(5_000)
        window.said, window.asked = [], []
        window.on("console", lambda message: window.said.append(message.text))
        window.on("pageerror", lambda error: window.said.append(str(error)))
        window.on("request", lambda request: window.asked.append(request.url))
        window.goto(path.as_uri())
        windows.append(window)
        return window

    yield go
    for window in windows:
        assert window.said == []
        assert {url.partition(":")[0] for url in window.asked} <= {"file", "data"}
        window.context.close()


def rows(window):
    """The cells of the table of problems."""
    return window.eval_on_selector_all(
        "#problem-table tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def status(window):
    return window.inner_text("#problem-status")


def head(window, title):
    return window.locator("#problem-table").get_by_role("columnheader", name=title, exact=True)


def test_the_script_shows_what_the_page_held(opened):
    with_script, without = opened(), opened(java_script_enabled=False)
    assert rows(with_script) == rows(without)
    assert len(rows(with_script)) == 25
    assert with_script.is_visible("#find")
    assert not without.is_visible("#find")
    assert status(with_script) == "Rows 1 to 25 of 160."


@pytest.mark.parametrize("k", [2, 4, 6])
def test_estimates_are_those_of_the_core(opened, counts, k):
    window = opened()
    window.select_option("#k", str(k))
    table = pk.Tally.from_counts(counts, by="model").per_problem(k).sort("model", "problem")
    head(window, "problem").get_by_role("button").click()
    head(window, "model").get_by_role("button").click()
    shown = []
    while True:
        shown += rows(window)
        if window.get_by_role("button", name="Next").is_disabled():
            break
        window.get_by_role("button", name="Next").click()
    shown.sort(key=lambda row: (row[0], row[1]))
    assert [row[:2] for row in shown] == [list(map(str, row)) for row in table.select("model", "problem").rows()]
    known = table.select(pl.col("c") / pl.col("n"), "pass_at_k", "alpha_k", "signal").rows()
    for row, values in zip(shown, known, strict=True):
        assert [cell.replace("\N{MINUS SIGN}", "-") for cell in row[-4:]] == list(map(fmt.estimate, values))
    assert window.inner_text("#problem-table caption") == f"Problems, at k = {k}"


def test_sorting_by_each_column(opened):
    window = opened()
    titles = window.eval_on_selector_all("#problem-table thead button", "all => all.map(one => one.textContent)")
    assert titles == ["model", "problem", "n", "c", "c / n", "pass@6", "alpha_6", "signal"]
    for place, title in enumerate(titles):
        for order in ["ascending", "descending"] if place < 2 else ["descending", "ascending"]:
            head(window, title).get_by_role("button").click()
            assert head(window, title).get_attribute("aria-sort") == order
            assert window.locator("[aria-sort]").count() == 1
            cells = [row[place] for row in rows(window)]
            values = cells if place < 2 else [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells]
            assert values == sorted(values, reverse=order == "descending")
            assert window.evaluate("document.activeElement.textContent") == title


def test_the_filter_and_the_group(opened):
    window = opened()
    window.fill("#find", "Q1")
    assert {row[1] for row in rows(window)} == {"q1", *(f"q{i}" for i in range(10, 20))}
    assert status(window) == "Rows 1 to 22 of 22, of 160 in all."
    window.select_option("#group", label="base")
    assert status(window) == "Rows 1 to 11 of 11, of 160 in all."
    window.fill("#find", "</SCRIPT>")
    assert [row[:2] for row in rows(window)] == [["base", EVIL]]
    window.fill("#find", "nothing like it")
    assert (rows(window), status(window)) == ([], "No problem matches.")
    window.fill("#find", "")
    window.select_option("#group", "")
    assert status(window) == "Rows 1 to 25 of 160."


def test_everything_is_reached_by_the_keyboard(opened):
    window = opened()
    window.keyboard.press("Tab")
    assert window.evaluate("document.activeElement.textContent") == "Skip to the content"
    window.focus("#find")
    window.keyboard.type("q7")
    reached = []
    for _ in range(14):
        window.keyboard.press("Tab")
        reached.append(window.evaluate("document.activeElement.id || document.activeElement.textContent"))
        if reached[-1] == "pass@6":
            window.keyboard.press("Enter")
    assert [name for name in reached if len(name) < 20][:4] == ["group", "k", "model", "problem"]
    assert head(window, "pass@6").get_attribute("aria-sort") == "descending"
    assert {"n", "c", "c / n", "alpha_6", "signal"} <= set(reached)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 800, 1600])
def test_nothing_overflows_and_charts_are_drawn(opened, scheme, width):
    window = opened(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert window.evaluate("document.documentElement.scrollWidth") == width
    for figure in window.locator("figure").all():
        drawn = [one for one in figure.locator("svg").all() if one.is_visible()]
        assert len(drawn) == 1
        box = drawn[0].bounding_box()
        assert box["width"] > 0.5 * min(width, 600)
        assert box["x"] + box["width"] <= width
        size = drawn[0].evaluate(FILLED)
        assert all(0.7 < share < 1.02 for share in size), size
    colors = window.evaluate("['color', 'backgroundColor'].map(name => getComputedStyle(document.body)[name])")
    dark = [sum(map(int, color[4:-1].split(", "))) < 3 * 128 for color in colors]
    assert dark == ([True, False] if scheme == "light" else [False, True])


def test_paper_has_no_controls(opened):
    window = opened()
    window.emulate_media(media="print", color_scheme="dark")
    assert not window.is_visible("#find")
    assert not window.is_visible("nav")
    assert window.is_visible("#problem-table")
    assert window.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert window.pdf(format="A4").startswith(b"%PDF")


def test_a_large_log_is_sorted_and_filtered(browser, tmp_path):
    problems, steps = 5_000, 50
    rng = np.random.default_rng(0)
    keys = {"step": np.repeat(np.arange(steps), problems), "problem": [f"p{i:05}" for i in range(problems)] * steps}
    frame = pl.DataFrame({**keys, "n": 64, "c": rng.binomial(64, rng.beta(0.4, 0.9, problems * steps))})
    pk.Tally.from_counts(frame, by="step").report(tmp_path / "report.html")
    window = browser.new_context().new_page()
    window.goto((tmp_path / "report.html").as_uri())
    head(window, "signal").get_by_role("button").click()
    window.fill("#find", "p00042")
    assert status(window) == "Rows 1 to 25 of 50, of 250,000 in all."
    window.context.close()
