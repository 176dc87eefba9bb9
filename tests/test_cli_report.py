"""The command line: report."""

import polars as pl
import pytest

import pages
import passcurve as pk
import passcurve.report
from clitools import BY, process, run, write_holed, write_log


@pytest.fixture
def log(tmp_path):
    return write_log(tmp_path)


def test_the_page_is_the_python_faces(log, tmp_path):
    result = run("report", log, "--by", "model,step", "-k", "1,4", "--title", "Two", "-o", tmp_path / "cli.html")
    assert result.stdout.startswith(str(tmp_path / "cli.html")[:60])
    said = " ".join(result.stderr.split())
    assert "passcurve: warning: 'base \N{MIDDLE DOT} step 100' and" in said
    assert "1 file, 768 rows; 0 nulls, duplicates not looked for (no --sample), 0 left out" in said
    with pytest.warns(UserWarning, match="share samples"):
        pk.tally(log, by=BY).report(tmp_path / "python.html", k=[1, 4], title="Two")
    assert (tmp_path / "cli.html").read_bytes() == (tmp_path / "python.html").read_bytes()


def test_every_word_is_passed_on(log, tmp_path):
    words = ["--diagnose-k", 4, "--group-size", 2, "--along", "step", "--compare", "rl,100", "--compare", "base,0"]
    words += ["--method", "t", "--confidence-level", 0.9, "--on-k-gt-n", "skip", "--seed", 3]
    run("report", log, "--by", "model,step", *words, "-o", tmp_path / "report.html")
    call = next(pages.read(tmp_path / "report.html").all("code")).text
    assert call == (
        "t.report(path, diagnose_k=4, along='step', compare=['rl,100', 'base,0'], group_size=2, method='t', "
        "confidence_level=0.9, on_k_gt_n='skip', rng=3)"
    )


def test_it_is_report_html_where_nothing_is_said(log, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.html").write_text("old")
    assert run("report", log, "--by", "model,step").stdout.startswith("report.html (")
    assert pages.read(tmp_path / "report.html").one("h1").text == "pass@k report"


def test_saved_tallies_are_read_in_place_of_the_log(log, tmp_path):
    pk.tally(log, by=BY).write_parquet(tmp_path / "counts.parquet")
    run("report", tmp_path / "counts.parquet", "-o", tmp_path / "report.html")
    assert len(pages.problems(pages.read(tmp_path / "report.html"))) == 48


def test_nulls_are_an_error_and_then_told(tmp_path):
    log = write_holed(tmp_path)
    page = tmp_path / "report.html"
    refused = run("report", log, "--by", "model,step", "-o", page, status=1)
    assert "--on-null fail" in " ".join(refused.stderr.split())
    assert not page.exists()
    run("report", log, "--by", "model,step", "--on-null", "skip", "-o", page)
    assert "1 null verdict, left out" in pages.read(page).one("section", id="quality").text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "report.parquet"], "must end in .html or .htm"),
        (["--compare", "nobody"], "passcurve: --compare: no group is 'nobody'; there are: base,0; base,100; rl,0"),
        (["--along", "hour"], "'hour' is no column of --by (model, step)"),
        (["-k", "32"], "k = 32 is more than a problem's n"),
        (["--group-size", "32"], "is more than a problem's n"),
        (["--over", "worlds"], "worlds"),
    ],
)
def test_wrong_calls(log, words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("report", log, "--by", "model,step", *words, status=2)
    assert said in " ".join(result.stderr.split())
    assert [*tmp_path.iterdir()] == [log]


def test_no_log_is_overwritten(tmp_path):
    log = write_log(tmp_path)
    before = log.read_bytes()
    (tmp_path / "report.html").symlink_to(log)
    result = run("report", log, "--by", "model,step", "-o", tmp_path / "report.html", status=2)
    assert "would overwrite a source of these counts" in " ".join(result.stderr.split())
    assert log.read_bytes() == before


def test_without_the_extra_nothing_is_counted(log, tmp_path, monkeypatch):
    monkeypatch.setattr(passcurve.report, "find_spec", lambda name: None)
    result = run("report", log, "-o", tmp_path / "report.html", status=2)
    assert "pip install 'passcurve[report]'" in " ".join(result.stderr.split())
    assert not (tmp_path / "report.html").exists()


def test_a_process_of_its_own(log, tmp_path):
    result = process("report", log, "--by", "model,step", "-o", tmp_path / "report.html")
    assert result.returncode == 0, result.stderr
    assert pl.DataFrame(pages.problems(pages.read(tmp_path / "report.html")), orient="row").height == 48
    assert "Example: passcurve report runs/" in " ".join(process("report", "--help").stdout.split())
