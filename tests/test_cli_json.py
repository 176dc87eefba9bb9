"""Every --json is of the schema that `passcurve schema` prints, with all digits and without NaN."""

import json
import math

import polars as pl
import pytest
from jsonschema import Draft202012Validator

import passcurve as pk
from clitools import BY, run, write_run
from passcurve.cli import schema

ON_LOGS = {
    "pass": ["-k", "1,8", "--metric", "pass_at_k", "--metric", "g_pass_at_k"],
    "tally": [],
    "compare": ["--on", "step", "-k", "1,8", "--unmatched", "drop", "--on-k-gt-n", "skip"],
    "diagnose": ["-k", "4", "--along", "step"],
    "plan": ["-k", "2", "--half-width", "0.1"],
}
ALONE = {"doctor": [], "demo": ["--problems", 20, "--samples", 32]}


@pytest.fixture
def log(tmp_path):
    return write_run(tmp_path)


def printed(command, log):
    words = [log, "--by", "model,step", *ON_LOGS[command]] if command in ON_LOGS else ALONE[command]

    def refuse(text):
        raise AssertionError(f"{text} is no JSON")

    return json.loads(run(command, *words, "--json").stdout, parse_constant=refuse)


def closed(part):
    """The same schema, where no key may be there that it does not describe; groups are those of the log."""
    if isinstance(part, list):
        return [closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    part = {name: closed(value) for name, value in part.items()}
    if "properties" not in part or "type" not in part:
        return part
    if part.pop("additionalProperties", None) is None:
        return part | {"additionalProperties": False}
    key = {"type": ["string", "integer"]}
    groups = {name: key for name in (*BY, "problem", "step_a", "step_b") if name not in part["properties"]}
    return part | {"properties": part["properties"] | groups, "additionalProperties": False}


@pytest.mark.parametrize("command", [*ON_LOGS, *ALONE])
def test_the_output_is_of_the_schema_and_the_schema_names_every_key(log, command):
    document = printed(command, log)
    of = json.loads(run("schema", command).stdout)
    Draft202012Validator.check_schema(of)
    Draft202012Validator(of).validate(document)
    Draft202012Validator(closed(of)).validate(document)
    Draft202012Validator(json.loads(run("schema").stdout)).validate(document)
    assert document["schema"] == f"passcurve.{command}/1"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("pass", ["--metric", "maj_at_k", "--metric", "max_at_k", "--metric", "best_of_k", "--metric", "mg_pass_at_k"]),
        ("pass", ["-k", "8,24", "--on-k-gt-n", "extrapolate", "--n-resamples", "40"]),
        ("pass", ["-k", "2,24", "--on-k-gt-n", "skip", "--over", "samples"]),
        ("compare", ["--on", "step", "-k", "2", "--over", "samples"]),
        ("diagnose", ["-k", "2"]),
        ("plan", ["-k", "2", "--difference", "0.2", "-a", "0", "-b", "100", "--on", "step"]),
    ],
)
def test_what_options_add_is_in_the_schema(tmp_path, command, words):
    path = tmp_path / "log.parquet"
    answer = (pl.col("correct").cast(pl.Int64) * 7 + pl.col("sample") % 2).cast(pl.String)
    frame = pl.read_parquet(write_run(tmp_path)).with_columns(answer=answer, score=pl.col("sample") / 16)
    frame.write_parquet(path)
    kept = ["--answer", "answer", "--reward", "score", "--verdict", "correct"]
    document = json.loads(run(command, path, "--by", "model,step", *kept, *words, "--json").stdout)
    assert document["rows"]
    Draft202012Validator(closed(schema.of(command))).validate(document)


def test_a_schema_refuses_what_is_wrong(log):
    of = Draft202012Validator(schema.of("pass"))
    document = printed("pass", log)
    assert of.is_valid(document)
    for wrong in (
        document | {"schema": "passcurve.pass/2"},
        document | {"rows": [row | {"estimate": "0.5"} for row in document["rows"]]},
        document | {"rows": [{"k": 1}]},
        {name: value for name, value in document.items() if name != "provenance"},
    ):
        assert not of.is_valid(wrong)


def test_every_command_with_json_has_a_schema():
    from passcurve.cli.app import app

    names = {command.name for command in app.registered_commands}
    assert set(schema.commands()) <= names
    assert set(schema.commands()) == {name for name in names if "│ --json" in run(name, "--help").stdout}
    assert "'nonsense' is not one of pass, tally" in run("schema", "nonsense", status=2).stderr


def test_floats_have_all_their_digits(log):
    rows = printed("pass", log)["rows"]
    expected = pk.tally(log, by=BY).pass_at_k([1, 8])
    got = [row for row in rows if row["metric"] == "pass@k"]
    for name in ("estimate", "se", "lower", "upper", "n_effective"):
        assert [row[name] for row in got] == expected[name].to_list()


def test_what_is_no_number_is_null(capsys):
    from passcurve.cli.output import Data

    frame = pl.DataFrame({"k": [1, 2, 3, 4], "estimate": [0.1 + 0.2, math.nan, math.inf, None]})
    Data(json=True, csv=False, file=None).emit("pass", frame, pk.Provenance())
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["estimate"] for row in rows] == [0.30000000000000004, None, None, None]


def test_dates_and_the_empty_table(tmp_path):
    path = tmp_path / "log.parquet"
    days = pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 1, 2), eager=True)
    pl.DataFrame({"day": days, "problem": "p", "correct": [True, False]}).write_parquet(path)
    document = json.loads(run("tally", path, "--by", "day", "--json").stdout)
    assert [row["day"] for row in document["rows"]] == ["2026-01-01", "2026-01-02"]
    Draft202012Validator(schema.of("tally")).validate(document)
    empty = json.loads(run("pass", path, "-k", "9", "--on-k-gt-n", "drop", "--json").stdout)
    Draft202012Validator(schema.of("pass")).validate(empty)
    assert empty["rows"] == []
