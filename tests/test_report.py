"""Reports: what the page says is what the tables say, and nothing in a log can break it."""

import re
import warnings

import polars as pl
import pytest

import pages
import passcurve as pk
import passcurve.report.problems
from passcurve.cli import format as fmt
from reports import figures, grouped, nothing_amiss, page, section, shown
from tallies import of, tally


@pytest.fixture(scope="module")
def models():
    return grouped({"model": ["base", "new", "rl"]})


@pytest.fixture(scope="module")
def runs():
    return grouped({"model": ["base", "rl", "rl", "rl"], "step": [0, 0, 10, 100]})


@pytest.fixture(scope="module")
def of_models(models):
    """The page of all defaults."""
    return page(models)


@pytest.fixture(scope="module")
def of_runs(runs):
    """The page of runs along steps."""
    return page(runs)


def test_the_headline_is_pass_at_k(of_models, models):
    head, *rows = pages.table(of_models, "pass@k of each group")
    table = models.pass_at_k([1, 8, 16])
    assert head == ["model", "pass@1", "pass@8", "pass@16", "problems", "n"]
    for row, model in zip(rows, ["base", "new", "rl"], strict=True):
        known = table.filter(model=model).select("estimate", "lower", "upper").rows()
        assert [row[0], row[-2], row[-1]] == [model, "30", "16"]
        assert list(map(figures, row[1:4])) == [shown(*values) for values in known]


def test_words_reach_the_tables(models):
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


def test_compare_chooses_the_groups(runs):
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


def test_many_groups_are_thinned_and_the_page_says_so():
    many = grouped({"step": [*range(0, 60, 2)]}, problems=21)
    whole = page(many)
    assert len(pages.table(whole, "pass@k of each group")) == 31
    assert "6 of 29 others are shown; compare= chooses." in section(whole, "comparison").text
    assert "12 of the 30 groups, evenly spaced: step 0; " in section(whole, "curves").text
    assert "Of 30 groups, step 0; step 28; step 58 are drawn." in section(whole, "weights").text


def test_groups_without_a_problem_in_common_are_not_compared():
    apart = of((0, 1, 4, 2), (0, 2, 4, 3), (1, 3, 4, 1), (1, 4, 4, 0), by="benchmark")
    part = section(page(apart), "comparison")
    assert part.text.endswith("benchmark 1: no problem in common with benchmark 0, so not compared.")
    shared = of((0, 1, 4, 2), (0, 2, 4, 3), (1, 2, 4, 1), (1, 4, 4, 0), (2, 9, 4, 4), by="benchmark")
    part = section(page(shared), "comparison")
    assert "benchmark 2: no problem in common" in part.text
    assert pages.table(part, "Differences of pass@k")[1][-2:] == ["1", "2"]


def test_the_diagnosis_is_along_the_column_called_step(runs):
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


def test_along_can_be_another_column():
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


def test_every_problem_is_in_the_data(of_runs, runs):
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


def test_resamples_are_those_of_the_seed(models):
    words = {"method": "bootstrap", "rng": 5}
    rows = pages.table(page(models, k=[2], **words), "The curves of pass@k in numbers")[1:]
    known = models.pass_at_k([1, 2], **words).select("estimate", "lower", "upper").rows()
    assert [figures(row[2]) for row in rows] == [shown(*values) for values in known]


def test_uncertainty_is_of_samples_or_of_clusters():
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


def test_null_groups_are_told():
    frame = pl.DataFrame(
        {"model": ["a", "a", None, "b"], "problem": [1, 2, 1, 1], "correct": [True, False, True, True]}
    )
    whole = page(pk.tally(frame, by="model", on_null_id="skip"))
    assert [row[0] for row in pages.table(whole, "pass@k of each group")[1:]] == ["a", "b"]
    assert "1 row with a null id left out." in section(whole, "quality").text


def test_uneven_n_is_told_and_can_be_skipped():
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


def test_the_provenance_is_told(tmp_path):
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


def test_warnings_are_in_the_page_and_raised():
    alike = pl.concat([tally(8, [1, 2, 5, 7, 3, 4] * 5).frame.with_columns(model=pl.lit(name)) for name in "ab"])
    with pytest.warns(UserWarning, match="share samples"):
        whole = page(pk.Tally.from_counts(alike, by="model"))
    assert "their logs seem to share samples" in section(whole, "quality").text
