"""Reports: what the page says is what the tables say, and nothing in a log can break it."""

import base64
import hashlib
import re
import subprocess
import sys
import warnings

import numpy as np
import polars as pl
import pytest

import pages
import passcurve as pk
import passcurve.report.problems
from passcurve._plots.style import CATEGORIES, ramp
from passcurve.cli import format as fmt
from passcurve.report.svg import PAPER, contrast, legible
from tallies import of, tally

EVIL = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!-- <script>",
    "\"'&amp;&lt;",
    "two\nlines\tand \u2028 \x00 \u202e",
    "]]> `${1}` {{x}}",
]


def grouped(keys, problems=30, n=16):
    """Problems of each group, with the groups' columns given as name: values."""
    rng = np.random.default_rng(3)
    size = len(next(iter(keys.values())))
    columns = {name: [value for value in values for _ in range(problems)] for name, values in keys.items()}
    c = rng.binomial(n, rng.beta(0.4, 0.9, size * problems))
    frame = pl.DataFrame({**columns, "problem": [f"q{i:03}" for i in range(problems)] * size, "n": n, "c": c})
    return pk.Tally.from_counts(frame, by=list(keys))


@pytest.fixture(scope="module")
def models():
    return grouped({"model": ["base", "new", "rl"]})


@pytest.fixture(scope="module")
def runs():
    return grouped({"model": ["base", "rl", "rl", "rl"], "step": [0, 0, 10, 100]})


@pytest.fixture(scope="module")
def of_models(models, tmp_path_factory):
    """The page of all defaults."""
    path = tmp_path_factory.mktemp("models") / "report.html"
    models.report(path)
    return pages.read(path)


@pytest.fixture(scope="module")
def of_runs(runs, tmp_path_factory):
    """The page of runs along steps."""
    path = tmp_path_factory.mktemp("runs") / "report.html"
    runs.report(path)
    return pages.read(path)


@pytest.fixture
def page(tmp_path):
    """The page of a report, parsed."""

    def made(of, **words):
        of.report(tmp_path / "report.html", **words)
        return pages.read(tmp_path / "report.html")

    return made


def figures(cell):
    """The numbers of a cell."""
    return [float(text) for text in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", cell.replace("\N{MINUS SIGN}", "-"))]


def shown(*values):
    """Numbers as a cell with an estimate and its interval has them."""
    estimate, *interval = values
    return [float(fmt.estimate(estimate)), *(float(fmt.estimate(value, 3)) for value in interval)]


def section(page, name):
    return page.one("section", id=name)


def test_the_headline_is_pass_at_k(of_models, models):
    head, *rows = pages.table(of_models, "pass@k of each group")
    table = models.pass_at_k([1, 8, 16])
    assert head == ["model", "pass@1", "pass@8", "pass@16", "problems", "n"]
    for row, model in zip(rows, ["base", "new", "rl"], strict=True):
        known = table.filter(model=model).select("estimate", "lower", "upper").rows()
        assert [row[0], row[-2], row[-1]] == [model, "30", "16"]
        assert list(map(figures, row[1:4])) == [shown(*values) for values in known]


def test_words_reach_the_tables(page, models):
    words = {"method": "t", "confidence_level": 0.9}
    whole = page(models, k=[4, 2], title="A & B", diagnose_k=4, **words)
    assert whole.one("title").text == whole.one("h1").text == "A & B"
    head, *rows = pages.table(whole, "pass@k of each group, with 90% intervals")
    assert head[1:4] == ["pass@1", "pass@4", "problems"]
    known = models.pass_at_k([4], **words).select("estimate", "lower", "upper").rows()
    assert [figures(row[2]) for row in rows] == [shown(*values) for values in known]
    said = section(whole, "methods").text
    assert "t.report(path, k=[4, 2], diagnose_k=4, title='A & B', method='t', confidence_level=0.9)" in said
    assert [row[0] for row in pages.table(whole, "Intervals of pass@k")[1:]] == ["t"]


def test_the_numbers_of_the_curves_are_the_table(of_models, models):
    _, *rows = pages.table(of_models, "The curves of pass@k in numbers")
    table = models.pass_at_k()
    assert [(row[0], int(row[1]), row[3], int(row[4])) for row in rows] == table.select(
        "model", "k", "method", "n_problems"
    ).rows()
    known = table.select("estimate", "lower", "upper").rows()
    assert [figures(row[2]) for row in rows] == [shown(*values) for values in known]


def test_the_first_group_is_what_others_are_compared_with(of_models, models):
    part = section(of_models, "comparison")
    pairs = [models.compare(other, "base") for other in ("new", "rl")]
    assert [item.text for item in part.all("li")] == [f"{pair.sentences[0]}." for pair in pairs]
    _, *rows = pages.table(part, "Differences of pass@k from base")
    table = pl.concat([pair.frame for pair in pairs]).filter(pl.col("k").is_in([1, 8, 16]))
    assert [(row[0], int(row[1])) for row in rows] == table.select("model_a", "k").rows()
    known = table.select("difference", "lower", "upper").rows()
    assert [figures(row[4]) for row in rows] == [shown(*values) for values in known]
    _, *crossings = pages.table(part, "Where the curves cross that of base")
    assert [(row[0], row[2]) for row in crossings] == [
        row for pair in pairs for row in pair.crossover.select("model_a", "status").rows()
    ]


def test_compare_chooses_the_groups(page, runs):
    part = section(page(runs, compare=[("rl", 100), "base, 0"]), "comparison")
    assert "base \N{MIDDLE DOT} step 0 minus rl \N{MIDDLE DOT} step 100." in part.text
    labelled = runs.frame.select(pl.format("{} {}", "model", "step").alias("group"), "problem", "n", "c")
    pair = pk.Tally.from_counts(labelled, by="group").compare("base 0", "rl 100")
    _, *rows = pages.table(part, "Differences of pass@k from rl")
    assert [figures(row[4])[0] for row in rows] == [
        float(fmt.estimate(value)) for value in pair.frame.filter(pl.col("k").is_in([1, 8, 16]))["difference"]
    ]
    alone = section(page(runs, compare=("rl", 10)), "comparison")
    assert len(pages.table(alone, "Where the curves cross")) == 4


def test_many_groups_are_thinned_and_the_page_says_so(page):
    many = grouped({"step": [*range(0, 60, 2)]}, problems=21)
    whole = page(many)
    assert len(pages.table(whole, "pass@k of each group")) == 31
    assert "6 of 29 others are shown; compare= chooses." in section(whole, "comparison").text
    assert "12 of the 30 groups, evenly spaced: step 0; " in section(whole, "curves").text
    assert "Of 30 groups, step 0; step 28; step 58 are drawn." in section(whole, "weights").text


def test_groups_without_a_problem_in_common_are_not_compared(page):
    apart = of((0, 1, 4, 2), (0, 2, 4, 3), (1, 3, 4, 1), (1, 4, 4, 0), by="benchmark")
    part = section(page(apart), "comparison")
    assert part.text.endswith("benchmark 1: no problem in common with benchmark 0, so not compared.")
    shared = of((0, 1, 4, 2), (0, 2, 4, 3), (1, 2, 4, 1), (1, 4, 4, 0), (2, 9, 4, 4), by="benchmark")
    part = section(page(shared), "comparison")
    assert "benchmark 2: no problem in common" in part.text
    assert pages.table(part, "Differences of pass@k")[1][-2:] == ["1", "2"]


def test_the_diagnosis_is_along_the_column_called_step(page, runs):
    part = section(page(runs, group_size=4), "training")
    assert next(part.all("h2")).text == "The gap and the signal along step"
    diagnosis = runs.diagnose(8, along="step", group_size=4)
    said = "\n".join(item.text for item in part.all())
    for sentence in diagnosis.sentences:
        lead, told = re.fullmatch(r"((?:model \w+(?:, step \d+)?: )?)(.*)", sentence, re.DOTALL).groups()
        assert lead
        assert told[1:] in said
    assert [title.text for title in part.all("h3")] == ["model rl", "model base, step 0", "model rl, step 100"]
    _, *rows = pages.table(part, "Weight and signal at k = 8")
    columns = ("gap", "gap_lower", "gap_upper")
    assert [figures(row[2]) for row in rows] == [shown(*row) for row in diagnosis.frame.select(columns).rows()]
    assert [float(row[5]) for row in rows] == [round(value, 3) for value in diagnosis.frame["informative"]]
    _, *rows = pages.table(part, "Change from the first step to the last")
    assert len(rows) == 8
    assert figures(rows[2][2]) == shown(*diagnosis.trends.select("change", "lower", "upper").row(2))
    _, *rows = pages.table(part, "The gap along step in numbers")
    assert len(rows) == 4 * 4
    gaps = runs.pass_gap([2, 4, 8, 16])
    assert [figures(row[3])[0] for row in rows] == [float(fmt.estimate(value)) for value in gaps["estimate"]]


def test_along_can_be_another_column(page):
    other = grouped({"hours": [1, 5]})
    assert "What pass@k would teach" in section(page(other), "training").text
    assert "along hours" in section(page(other, along="hours"), "training").text
    words = grouped({"step": ["a", "b"]})
    assert "What pass@k would teach" in section(page(words), "training").text


def test_problems_of_the_weights_are_counted(of_models, models):
    part = section(of_models, "weights")
    _, *rows = pages.table(part, "Problems by their rate of success")
    for model in ("base", "new", "rl"):
        mine = [row for row in rows if row[0] == model]
        assert sum(int(row[2]) for row in mine) == 30
        never = models.per_problem([2, 8]).filter(pl.col("model") == model, pl.col("c") == 0)
        assert [float(value) for value in mine[0][3:]] == [2.0, 8.0]
        assert int(mine[0][2]) == never.height / 2


def test_every_problem_is_in_the_data(page, of_runs, runs):
    known = [(model, str(step), problem, n, c) for model, step, problem, n, c in runs.frame.iter_rows()]
    assert pages.problems(of_runs) == known
    gaps = of((5, 1, 8, 1), (5, 7, 9, 2), (6, 7, 8, 3), (6, 9, 8, 8), (8, 1, 7, 0), by="g")
    assert pages.problems(page(gaps)) == [(str(g), str(p), n, c) for g, p, n, c in gaps.frame.iter_rows()]
    two = pk.Tally.from_counts(
        pl.DataFrame({"family": ["b", "a", "a"], "problem": [1, 1, 2], "n": 4, "c": [0, 1, 2]}),
        problem=["family", "problem"],
    )
    assert pages.problems(page(two)) == [("a", "1", 4, 1), ("a", "2", 4, 2), ("b", "1", 4, 0)]


def test_the_first_problems_are_there_without_the_script(of_models, models):
    head, *rows = pages.table(of_models, "Problems, at k = 8")
    assert head == ["model", "problem", "n", "c", "c / n", "pass@8", "alpha_8", "signal"]
    table = models.per_problem(8).head(25)
    for row, known in zip(rows, table.iter_rows(named=True), strict=True):
        assert row[:2] == [known["model"], known["problem"]]
        estimates = [fmt.estimate(known[name]) for name in ("pass_at_k", "alpha_k", "signal")]
        assert [cell.replace("\N{MINUS SIGN}", "-") for cell in row[5:]] == estimates


def test_a_page_has_room_for_so_many_problems(page, runs, monkeypatch):
    monkeypatch.setattr(passcurve.report.problems, "MOST_ROWS", 40)
    whole = page(runs)
    assert pages.problems(whole) == [tuple(map(str, row[:3])) + row[3:] for row in runs.frame.head(40).rows()]
    assert "The first 40 of 120 rows, by key; Tally.per_problem has all." in section(whole, "problems").text


def test_resamples_are_those_of_the_seed(page, models):
    words = {"method": "bootstrap", "rng": 5}
    rows = pages.table(page(models, k=[2], **words), "The curves of pass@k in numbers")[1:]
    known = models.pass_at_k([1, 2], **words).select("estimate", "lower", "upper").rows()
    assert [figures(row[2]) for row in rows] == [shown(*values) for values in known]


def test_uncertainty_is_of_samples_or_of_clusters(page):
    frame = grouped({"model": ["a", "b"]}).frame.with_columns(family=pl.col("problem").str.slice(0, 3))
    families = pk.Tally.from_counts(frame, by="model", problem=["family", "problem"])
    for words in ({"over": "samples"}, {"cluster": "family"}):
        whole = page(families, **words)
        nothing_amiss(whole)
        known = families.pass_at_k([1], **words).select("estimate", "lower", "upper").rows()
        rows = pages.table(whole, "pass@k of each group")[1:]
        assert [figures(row[1]) for row in rows] == [shown(*values) for values in known]
    assert "Families of problems are told apart by family." in section(whole, "methods").text
    assert "No interval for 2 estimates of pass@k: 2k > n." in section(page(families, over="samples"), "quality").text


def test_null_groups_are_told(page):
    frame = pl.DataFrame(
        {"model": ["a", "a", None, "b"], "problem": [1, 2, 1, 1], "correct": [True, False, True, True]}
    )
    whole = page(pk.tally(frame, by="model", on_null_id="skip"))
    assert [row[0] for row in pages.table(whole, "pass@k of each group")[1:]] == ["a", "b"]
    assert "1 row with a null id left out." in section(whole, "quality").text


def test_uneven_n_is_told_and_can_be_skipped(page):
    uneven = tally([4, 8, 8, 16] * 8, [0, 3, 8, 7] * 8)
    part = section(page(uneven), "quality")
    assert "n is uneven: 4 to 16 samples a problem; 24 of 32 rows have fewer." in part.text
    assert pages.table(part, "Samples a problem")[1] == ["32", "4", "8", "16", "288", "144"]
    with pytest.raises(ValueError, match="k = 8 is more than a problem's n"):
        page(uneven, k=8)
    whole = page(uneven, k=[2, 8], on_k_gt_n="skip")
    assert "Up to 8 problems with n < k left out of an estimate." in section(whole, "quality").text
    estimate = uneven.pass_at_k(8, on_k_gt_n="skip")["estimate"].item()
    assert figures(pages.table(whole, "pass@k, with")[1][2])[0] == float(fmt.estimate(estimate))
    dropped = page(uneven, k=[2, 8], on_k_gt_n="drop")
    assert pages.table(dropped, "pass@k, with")[0] == ["pass@1", "pass@2", "problems", "n"]


def test_the_provenance_is_told(page, tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    frame = pl.DataFrame(
        {
            "problem": ["a", "a", "a", None, "b", "b", "c"],
            "sample": [0, 1, 1, 0, 0, 1, 0],
            "correct": [True, False, False, True, None, True, None],
            "step": 1,
        }
    )
    frame.write_parquet(folder / "a.parquet")
    (folder / "notes.txt").write_text("x")
    words = {"sample": "sample", "on_null": "skip", "on_null_id": "skip", "on_duplicate": "agree"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counted = pk.tally(folder, verdict="correct", **words)
    part = section(page(counted), "quality")
    assert dict(pages.table(part, "Rows of the log")[1:]) == {
        "rows read": "7",
        "null verdicts": "2",
        "rows with a null id": "1",
        "duplicates": "1",
        "rows in no count": "4",
        "cut lines": "0",
        "samples counted": "3",
        "samples that passed": "2",
    }
    assert pages.table(part, "1 file read")[1][1:] == ["parquet", f"{(folder / 'a.parquet').stat().st_size:,}", "7"]
    assert ["on_null", "skip"] in pages.table(part, "Columns and policies")
    for said in (
        "2 null verdicts, left out (28.57% of the rows)",
        "1 row with a null id left out",
        "1 duplicate left out",
        "1 problem without samples",
        "1 file in the folders ignored by their names",
        "Column 'step' looks like a group and is not in by=",
        "2 problems in all",
    ):
        assert said in part.text


def test_warnings_are_in_the_page_and_raised(page):
    alike = pl.concat([tally(8, [1, 2, 5, 7, 3, 4] * 5).frame.with_columns(model=pl.lit(name)) for name in "ab"])
    with pytest.warns(UserWarning, match="share samples"):
        whole = page(pk.Tally.from_counts(alike, by="model"))
    assert "their logs seem to share samples" in section(whole, "quality").text


def nothing_amiss(whole):
    """What holds of every page."""
    ids = [node.attributes["id"] for node in whole.all() if "id" in node.attributes]
    assert len(set(ids)) == len(ids)
    assert len(list(whole.all("h1"))) == len(list(whole.all("main"))) == 1
    for link in whole.all("a"):
        assert link.attributes["href"].removeprefix("#") in ids
    for one in whole.all("table"):
        assert next(one.all("caption")).text
        heads = next(one.all("thead"))
        assert all(cell.attributes["scope"] == "col" for cell in heads.all("th"))
        assert all(cell.attributes["scope"] == "row" for cell in next(one.all("tbody")).all("th"))
        lengths = {len(row) for row in pages.rows(one)}
        assert len(lengths) == 1
        assert len(pages.rows(one)) > 1
    for figure in whole.all("figure"):
        assert next(figure.all("figcaption")).text
        assert len(list(figure.all("svg"))) == 2
        assert all(drawing.attributes["aria-label"] for drawing in figure.all("div", role="img"))
        assert len(list(figure.all("table"))) == 1
    for control in whole.one("form").all():
        if control.tag in ("input", "select"):
            assert next(whole.all("label", **{"for": control.attributes["id"]})).text
    for part in whole.all("section"):
        assert whole.one(id=part.attributes["aria-labelledby"]).text
        assert next(part.all("table"), None) or next(part.all("p"), None)


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
def test_odd_tallies_make_whole_pages(page, odd):
    nothing_amiss(page(odd))


def test_dates_are_steps(page):
    counted = grouped({"number": [1, 2, 9]})
    frame = counted.frame.with_columns(checkpoint=pl.col("number").cast(pl.Date)).drop("number")
    whole = page(pk.Tally.from_counts(frame, by="checkpoint"))
    nothing_amiss(whole)
    assert "along checkpoint" in section(whole, "training").text


def test_nothing_in_a_log_becomes_markup(page):
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


def test_nothing_is_loaded_and_no_other_script_runs(of_runs):
    whole = of_runs
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
