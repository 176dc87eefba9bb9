"""What real mistakes are told on the command line: in its own words, and with the way out that it has."""

import re

import polars as pl
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from clitools import verdicts
from native_logs import lm_eval, verl
from passcurve.cli.app import app
from passcurve.cli.spelling import in_options, options

LOG, VERL, COUNTS = "log.parquet", "val", "org__model"
MODELS, STEPS = ["--by", "model"], ["--by", "step"]
PAIR = ["-a", "rl", "-b", "base"]
TARGET = ["--difference", "0.1"]
MISTAKES = {
    "a null": ["pass", "holed.parquet"],
    "a null reward": ["pass", "holed.parquet", "--reward", "score", "--on-null", "fail"],
    "a null id": ["pass", "noid.parquet"],
    "scores": ["pass", "half.parquet"],
    "words": ["pass", "words.parquet"],
    "a threshold of words": ["pass", "words.parquet", "--threshold", "0.5"],
    "passing booleans": ["pass", LOG, "--passing", "yes"],
    "passing and a threshold": ["pass", "words.parquet", "--passing", "yes", "--threshold", "1"],
    "failing alone": ["pass", "words.parquet", "--failing", "no"],
    "another word": ["pass", "words.parquet", "--passing", "yep", "--failing", "nope"],
    "a copy": ["pass", "twice.parquet", *STEPS, "--sample", "sample", "--on-null", "skip"],
    "a policy alone": ["pass", LOG, "--on-duplicate", "agree"],
    "a copy that differs": ["pass", "conflict.parquet", *STEPS, "--sample", "sample", "--on-duplicate", "agree"],
    "no usual name": ["pass", "noname.parquet"],
    "counts": ["pass", "counts.parquet"],
    "a cut line": ["pass", "cut.jsonl"],
    "CSV": ["pass", "log.csv"],
    "an object store": ["pass", "hdfs://host/log.parquet"],
    "two roles": ["pass", LOG, "--problem", "correct", "--verdict", "correct"],
    "a column twice": ["pass", LOG, "--by", "model,model"],
    "the group as the problem": ["pass", LOG, "--by", "problem"],
    "k above n": ["pass", LOG, *MODELS, "-k", "640"],
    "no answers": ["pass", LOG, "--metric", "maj_at_k"],
    "no rewards": ["pass", LOG, "--metric", "max_at_k"],
    "mixed answers": ["pass", LOG, "--answer", "answer", "--metric", "maj_at_k"],
    "maj@k over samples": ["pass", LOG, "--answer", "answer", "--metric", "maj_at_k", "--over", "samples"],
    "maj@k by a law": ["pass", LOG, "--answer", "answer", "--metric", "maj_at_k", "--method", "bayes"],
    "a method over samples": ["pass", LOG, "--over", "samples", "--method", "bca"],
    "clusters over samples": ["pass", LOG, "--over", "samples", "--cluster", "problem"],
    "a method of clusters": ["pass", LOG, "--cluster", "problem", "--method", "wilson"],
    "no family": ["pass", LOG, "--cluster", "family"],
    "a level of 1.5": ["pass", LOG, "--confidence-level", "1.5"],
    "no resamples": ["pass", LOG, "--n-resamples", "0"],
    "a seed": ["pass", LOG, "--seed", "-1"],
    "no threads": ["pass", LOG, "--threads", "0"],
    "much memory": ["pass", LOG, "--memory-limit", "much"],
    "little memory": ["pass", LOG, "--memory-limit", "1B"],
    "extrapolation over samples": ["pass", LOG, "-k", "640", "--on-k-gt-n", "extrapolate", "--over", "samples"],
    "extrapolation of pass^k": ["pass", LOG, "-k", "640", "--on-k-gt-n", "extrapolate", "--metric", "pass_hat_k"],
    "one model": ["compare", LOG],
    "two columns of models": ["compare", LOG, "--by", "model,step"],
    "no column of models": ["compare", LOG, "--by", "model,step", "--on", "problem"],
    "b alone": ["compare", LOG, *MODELS, "-b", "rl"],
    "a against itself": ["compare", LOG, *MODELS, "-a", "rl", "-b", "rl"],
    "no such model": ["compare", LOG, *MODELS, "-a", "rl", "-b", "no"],
    "a lost problem": ["compare", "lost.parquet", *MODELS, *PAIR, "-k", "1"],
    "a paired method": ["compare", LOG, *MODELS, "--over", "samples", "--method", "bca"],
    "paired families": ["compare", LOG, *MODELS, "--cluster", "step"],
    "along no group": ["diagnose", LOG, "-k", "2", "--along", "step"],
    "along another group": ["diagnose", LOG, *MODELS, "-k", "2", "--along", "step"],
    "along words": ["diagnose", LOG, *MODELS, "-k", "2", "--along", "model"],
    "a large group": ["diagnose", LOG, *STEPS, "-k", "2", "--group-size", "640"],
    "no group": ["diagnose", LOG, *STEPS, "-k", "2", "--group-size", "0"],
    "the only k dropped": ["diagnose", LOG, *STEPS, "-k", "64", "--on-k-gt-n", "drop"],
    "a wide interval": ["plan", LOG, "-k", "4", "--half-width", "0.7"],
    "two plans": ["plan", LOG, "-k", "4", "--half-width", "0.1", *TARGET],
    "a difference of one": ["plan", LOG, "-k", "4", *TARGET],
    "half a pair": ["plan", LOG, "-k", "4", *MODELS, *TARGET, "-a", "rl"],
    "a pair that is correlated": ["plan", LOG, "-k", "4", *MODELS, *TARGET, *PAIR, "--correlation", "0.5"],
    "a pair of one": ["plan", LOG, "-k", "4", *MODELS, *TARGET, "-a", "rl", "-b", "rl"],
    "a pair somewhere": ["plan", LOG, "-k", "4", "--by", "model,step", *TARGET, *PAIR],
    "a pair elsewhere": ["plan", LOG, "-k", "4", "--by", "model,step", *TARGET, *PAIR, "--on", "x"],
    "a column without a pair": ["plan", LOG, "-k", "4", *MODELS, "--on", "model"],
    "little power": ["plan", LOG, "-k", "4", *TARGET, "--correlation", "0", "--power", "0.01"],
    "more than correlated": ["plan", LOG, "-k", "4", *TARGET, "--correlation", "2"],
    "few samples": ["plan", LOG, "-k", "4", "-n", "2", "--half-width", "0.1"],
    "a small pilot": ["plan", LOG, "-k", "64", "--half-width", "0.1"],
    "pilots that differ": ["plan", "lost.parquet", "-k", "2", *MODELS, *TARGET, *PAIR],
    "no group to compare": ["report", LOG, *MODELS, "--compare", "no"],
    "a report along no group": ["report", LOG, *MODELS, "--along", "step"],
    "a report of k above n": ["report", LOG, *MODELS, "-k", "640"],
    "a diagnosis of k above n": ["report", LOG, *MODELS, "--diagnose-k", "640"],
    "no known format": ["pass", LOG, "--format", "auto"],
    "no such format": ["pass", LOG, "--format", "nope"],
    "a format that was not said": ["pass", VERL],
    "a format of counts that was not said": ["pass", COUNTS],
    "a verdict of a format": ["pass", VERL, "--format", "verl", "--verdict", "acc"],
    "a problem of a format": ["pass", VERL, "--format", "verl", "--problem", "input"],
    "a group of a format": ["pass", VERL, "--format", "verl", "--by", "model"],
    "an option of no format": ["pass", VERL, "--format", "verl", "--format-option", "x=y"],
    "an option without a format": ["pass", VERL, "--format-option", "x=y"],
    "a choice of a format": ["pass", COUNTS, "--format", "lm-eval"],
    "answers of counts": ["pass", COUNTS, "--format", "lm-eval", "--answer", "answer"],
    "another format": ["pass", f"{VERL}/20.jsonl", "--format", "inspect"],
    "no log of a pipeline": ["convert", LOG, "-o", "x.parquet"],
}
KEYWORD = re.compile(r"(?<![\w.'\"`-])([a-z]\w*)=(?:[\s:;,.)\"\[{]|$)")
PYTHON = re.compile(r"\b(?:pk|Tally|passcurve|t)\.[a-z]\w*|LazyFrame")
OF_PYTHON = re.compile(r"in (?:Python|Polars) [^,;]*|Tally\.extrapolate in Python")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of logs, each with something wrong but for the first."""
    path = tmp_path_factory.mktemp("mistakes")
    log = verdicts(problems=6, samples=8).with_columns(
        answer=pl.lit("a"), score=pl.when(pl.col("sample") > 0).then(pl.lit(0.5))
    )
    of_words = pl.when(pl.col("correct")).then(pl.lit("yes")).otherwise(pl.lit("no"))
    logs = {
        "log": log.drop("score"),
        "holed": log.with_columns(correct=pl.when(pl.col("sample") > 0).then("correct")),
        "noid": log.drop("score").with_columns(problem=pl.when(pl.col("sample") > 0).then("problem")),
        "half": log.drop("score").with_columns(correct=pl.lit(0.5)),
        "words": log.drop("score").with_columns(correct=of_words),
        "twice": pl.concat([log, log.head(1)]).drop("score"),
        "conflict": pl.concat([log, log.head(1).with_columns(~pl.col("correct"))]).filter(model="base").drop("score"),
        "noname": log.drop("score").rename({"problem": "q", "correct": "right"}),
        "counts": pl.DataFrame({"problem": ["p"], "n": [4], "c": [1]}),
        "lost": log.drop("score").filter((pl.col("model") == "base") | (pl.col("problem") != "p01")),
    }
    for name, frame in logs.items():
        frame.write_parquet(path / f"{name}.parquet")
    (path / "log.csv").write_text("problem,correct\np,1\n")
    (path / "cut.jsonl").write_text('{"problem": "p", "correct": true}\n{"problem": "p", "cor')
    verl(path)
    samples = lm_eval(path).log
    samples.write_text(samples.read_text().replace('"metrics": ["pass@1"]', '"metrics": ["exact_match", "other"]'))
    return path


@pytest.mark.parametrize("words", MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_told_in_options(words, folder, monkeypatch):
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, words, prog_name="passcurve")
    assert result.exit_code in {1, 2}
    said = result.stderr
    assert said.startswith("passcurve: ")
    assert len(said.splitlines()) == 1
    assert KEYWORD.findall(said.replace("--format-option metric= with", "")) == []
    assert PYTHON.findall(OF_PYTHON.sub("", said)) == []
    # What is spelled as an option is one of this very command.
    of_command = {
        flag for option in get_command(app).commands[words[0]].params for flag in (*option.opts, *option.secondary_opts)
    }
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", said)) <= of_command


@pytest.mark.parametrize("word", sorted(options()))
def test_every_option_is_known_by_its_keyword(word):
    option = options()[word]
    assert in_options(f'say {word}="x y"') == f"say {option} 'x y'"
    assert in_options(f"say {word}=, or else") == f"say {option}, or else"
    assert in_options(f"say {word}=['a', 'b']") == f"say {option} a,b"
    # Values of the columns of a log stay as they are.
    assert in_options(f"row 3, other_{word}='p1', x.{word}=: wrong") == f"row 3, other_{word}='p1', x.{word}=: wrong"


@pytest.mark.parametrize(
    "said", ["problem='p1' has n=4", "by model='x', step=3", "method='x'", "there are: group_size, sample", "n=4, c=5"]
)
def test_values_of_a_log_are_left(said):
    assert in_options(said) == said
