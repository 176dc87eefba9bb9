"""Reports: pages are whole whatever the tally, small, the same each time, and nothing in a log can break one."""

import base64
import hashlib
import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import pages
import passcurve as pk
import passcurve.report.problems
from passcurve._plots.style import CATEGORIES, ramp
from passcurve.report.svg import PAPER, contrast, legible
from reports import grouped, nothing_amiss, page, section
from tallies import of, tally

EVIL = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!-- <script>",
    "\"'&amp;&lt;",
    "two\nlines\tand \u2028 \x00 \u202e",
    "]]> `${1}` {{x}}",
]


@pytest.fixture(scope="module")
def models():
    return grouped({"model": ["base", "new", "rl"]})


@pytest.fixture(scope="module")
def runs():
    return grouped({"model": ["base", "rl", "rl", "rl"], "step": [0, 0, 10, 100]})


@pytest.mark.parametrize(
    "odd",
    [
        tally(8, [3]),
        tally(1, [0, 1, 1]),
        tally(8, [0] * 30),
        tally(8, [8] * 30),
        tally([1, 5, 300], [1, 0, 300]),
        of((0, 1, 1, 1), (0, 2, 1, 0), (1, 1, 1, 0), (1, 2, 1, 0), by="step"),
        of((0, 1, 4, 1), (1, 2, 4, 0), by="step"),
        of((3, 1, 4, 1), by="step"),
        grouped({"tools": [True, False]}),
        grouped({"a": ["x", "x \N{MIDDLE DOT} y"], "b": ["y \N{MIDDLE DOT} z", "z"]}),
        grouped({"group": ["x", "y"]}),
        grouped({"model": [f"m{i}" for i in range(20)], "step": [*range(20)]}, problems=3, n=3),
    ],
    ids=["one", "n1", "none", "all", "uneven", "steps1", "apart", "step", "flags", "alike", "group", "many"],
)
def test_odd_tallies_make_whole_pages(odd):
    nothing_amiss(page(odd))


def test_dates_are_steps():
    counted = grouped({"number": [1, 2, 9]})
    frame = counted.frame.with_columns(checkpoint=pl.col("number").cast(pl.Date)).drop("number")
    whole = page(pk.Tally.from_counts(frame, by="checkpoint"))
    nothing_amiss(whole)
    assert "along checkpoint" in section(whole, "training").text


def test_nothing_in_a_log_becomes_markup():
    column = '<b onclick="x">'
    counted = grouped({"at": [*range(len(EVIL))]}, problems=24).frame
    names = {column: pl.col("at").replace_strict([*range(len(EVIL))], EVIL), "problem": pl.Series(EVIL * 24)}
    frame = counted.with_columns(**names, family="problem").drop("at")
    evil = pk.Tally.from_counts(frame, by=column, problem=["problem", "family"])
    whole = page(evil, title="</title><script>alert(1)</script>")
    nothing_amiss(whole)
    assert len(list(whole.all("script"))) == 2
    assert not [*whole.all("img"), *whole.all("b")]
    assert whole.one("title").text == "</title><script>alert(1)</script>"
    read = {row[1] for row in pages.problems(whole)}
    assert {EVIL[i] for i in (0, 1, 2, 3, 5)} < read
    assert "two\nlines\tand \\u2028 \\x00 \\u202e" in read
    assert pages.table(whole, "pass@k of each group")[0][0] == column
    raw = whole.one("script", id="problem-data").text
    assert not set("<>&") & set(raw)


def test_nothing_is_loaded_and_no_other_script_runs(runs):
    whole = page(runs)
    assert not [
        node for node in whole.all() if {"src", "srcset", "action", "data", "background"} & set(node.attributes)
    ]
    assert [node.attributes for node in whole.all("link")] == [{"rel": "icon", "href": "data:,"}]
    assert not [node for node in whole.all() if any(name.startswith("on") for name in node.attributes)]
    text = str(whole)
    assert len(text) > 100_000
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    policy = next(node.attributes["content"] for node in whole.all("meta") if "http-equiv" in node.attributes)
    script = next(node.text for node in whole.all("script") if "type" not in node.attributes)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_the_same_tally_makes_the_same_bytes(runs, tmp_path):
    texts = []
    for threads in (None, None, 1):
        runs.report(tmp_path / "report.html", threads=threads)
        texts.append((tmp_path / "report.html").read_bytes())
    assert texts[0] == texts[1]
    call = re.compile(rb"<code>.*?</code>")
    assert len({call.sub(b"", text) for text in texts}) == 1
    runs.report(tmp_path / "report.html", rng=7)
    assert (tmp_path / "report.html").read_bytes() != texts[0]


def test_many_problems_and_checkpoints_make_a_small_page(tmp_path):
    rng = np.random.default_rng(0)
    problems, steps = 5_000, 50
    frame = pl.DataFrame(
        {
            "step": np.repeat(np.arange(steps) * 20, problems),
            "problem": [f"a-long-name-of-a-benchmark/problem-{i:05}" for i in range(problems)] * steps,
            "n": 64,
            "c": rng.binomial(64, rng.beta(0.4, 0.9, problems * steps)),
        }
    )
    pk.Tally.from_counts(frame, by="step").report(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 2_500_000
    assert len(pages.problems(pages.read(tmp_path / "report.html"))) == problems * steps
    uneven = frame.with_columns(n=pl.Series(rng.integers(64, 1000, frame.height)))
    pk.Tally.from_counts(uneven, by="step").report(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 5_000_000


@pytest.mark.parametrize("scheme", PAPER)
def test_lines_stand_out_from_the_paper(scheme):
    for color in (*CATEGORIES, *ramp(12)):
        assert contrast(legible(color, PAPER[scheme]), PAPER[scheme]) >= 3
    assert legible("#0072B2", "#FFFFFF") == "#0072B2"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"along": "epoch"}, "along='epoch' is no column of by= "),
        ({"compare": "nobody"}, "compare=: no group is 'nobody'; there are: base; new; rl"),
        ({"compare": ["rl", "rl"]}, "names a group twice"),
        ({"compare": []}, "compare= is an empty list"),
        ({"diagnose_k": 17}, "k = 17 is more than a problem's n"),
        ({"diagnose_k": 0}, "diagnose_k= is a positive integer, not 0"),
        ({"group_size": 1.5}, "group_size= is a positive integer, not 1.5"),
        ({"k": 17}, "k = 17 is more than a problem's n"),
        ({"method": "exact"}, "method='exact' is not one of"),
        ({"on_k_gt_n": "extrapolate"}, "on_k_gt_n='extrapolate' is not one of error, drop, skip"),
        ({"confidence_level": 95}, "did you mean 0.95?"),
    ],
)
def test_wrong_words_leave_the_old_page(models, tmp_path, words, said):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(ValueError, match=re.escape(said)):
        models.report(path, **words)
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_no_problems_no_folder_and_no_source_to_overwrite(models, tmp_path):
    with pytest.raises(ValueError, match="there is no problem to report on"):
        pk.Tally.from_counts(models.frame.clear(), by="model").report(tmp_path / "report.html")
    with pytest.raises(FileNotFoundError):
        models.report(tmp_path / "nowhere" / "report.html")
    with pytest.raises(IsADirectoryError):
        models.report(tmp_path)
    log = tmp_path / "log.jsonl"
    log.write_text('{"problem": "a", "correct": true}\n')
    with pytest.raises(ValueError, match="would overwrite a source"):
        pk.tally(log).report(log)
    assert log.read_text().startswith("{")


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_without_the_extra_the_way_out_is_told(models, tmp_path, monkeypatch, missing):
    found = passcurve.report.find_spec
    monkeypatch.setattr(passcurve.report, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(ImportError, match=r"pip install 'passcurve\[report\]'") as error:
        models.report(tmp_path / "report.html")
    assert error.value.name == missing


def test_the_package_imports_without_altair():
    code = "import sys, passcurve; assert not {'altair', 'vl_convert', 'passcurve.report.page'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_page_has_room_for_so_many_problems(runs, monkeypatch):
    monkeypatch.setattr(passcurve.report.problems, "MOST_ROWS", 40)
    whole = page(runs)
    assert pages.problems(whole) == [tuple(map(str, row[:3])) + row[3:] for row in runs.frame.head(40).rows()]
    assert "The first 40 of 120 rows, by key; Tally.per_problem has all." in section(whole, "problems").text


def test_long_names_of_groups_leave_the_charts_their_size():
    def widths(names):
        counts = [pl.DataFrame({"model": [name] * 3, "problem": [1, 2, 3], "n": 8, "c": [0, 3, 8]}) for name in names]
        whole = page(pk.Tally.from_counts(pl.concat(counts), by="model"))
        return [
            float(node.attributes["viewbox"].split()[2]) for node in whole.all("svg") if "viewbox" in node.attributes
        ]

    short, long = widths("abc"), widths([letter * 300 for letter in "abc"])
    assert len(short) == len(long) > 3
    assert all(wide < narrow + 160 for wide, narrow in zip(long, short, strict=True))


def test_a_crossing_beyond_the_ks_has_words_and_no_infinity():
    whole = page(grouped({"model": [f"m{i}" for i in range(6)]}, n=8))
    text = section(whole, "comparison").text
    assert " to above 8" in text
    assert not re.search(r"\binf\b", text)
