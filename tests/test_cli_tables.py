"""Tables in the terminal: figures are never cut."""

from pathlib import Path

import polars as pl
import pytest

import passcurve as pk
from clitools import run, verdicts
from passcurve.cli import format as layout

LONG = {
    "model": ["Qwen2.5-Math-7B-Instruct-GRPO-clip-higher", "Llama-3.1-70B"],
    "temperature": ["0.6-with-top-p-0.95"],
    "dataset": ["AIME-2024-and-2025-combined"],
    "prompt": ["zero-shot-boxed-answer"],
    "judge": ["math-verify-0.8"],
}


def wide_log(path: Path, columns: int) -> list[str]:
    frame = verdicts(models=["m"], steps=[0]).drop("model", "step")
    for name in list(LONG)[:columns]:
        frame = frame.join(pl.DataFrame({name: LONG[name]}), how="cross")
    frame.write_parquet(path)
    return list(LONG)[:columns]


@pytest.mark.parametrize("columns", range(6))
@pytest.mark.parametrize("width", [40, 80, 200])
def test_figures_are_never_cut(tmp_path, columns, width):
    path = tmp_path / "wide.parquet"
    by = wide_log(path, columns)
    options = ["--by", ",".join(by)] if by else []
    metrics = ["--metric", "pass_at_k", "--metric", "alpha_k", "--confidence-level", "0.999"]
    shown = run("pass", path, *options, *metrics, "-k", "1,8,16", COLUMNS=str(width)).stdout
    tally = pk.tally(path, by=by)
    frame = pl.concat([getattr(tally, name)([1, 8, 16], confidence_level=0.999) for name in ("pass_at_k", "alpha_k")])
    for row in frame.iter_rows(named=True):
        interval = layout.interval(row["lower"], row["upper"]) or row["method"]
        figures = [str(row["k"]), layout.estimate(row["estimate"]), *interval.split(), "12", "16"]
        assert any(" ".join(figures) in " ".join(line.split()) for line in shown.splitlines())
    if width >= 80:
        assert max(map(len, shown.splitlines())) <= width
    for name in by:
        for value in LONG[name]:
            assert value in shown.replace("\n", "") or columns < 3
    assert "…" not in shown


def test_many_groups_become_headings(tmp_path):
    path = tmp_path / "wide.parquet"
    by = wide_log(path, 5)
    lines = run("pass", path, "--by", ",".join(by), "-k", "1").stdout.splitlines()
    # One line of titles for all of them, where rows have no names of their own.
    assert lines[0].split()[:2] == ["k", "pass@k"]
    assert lines[2].startswith("model=Llama-3.1-70B, temperature=")
    assert sum("pass@k" in line for line in lines) == 1
    lines = run("tally", path, "--by", ",".join(by)).stdout.splitlines()
    assert lines[0].startswith("model=Llama-3.1-70B, temperature=")
    assert any(line.split() == ["problem", "n", "c", "c/n"] for line in lines)


def test_a_name_that_is_too_long_is_a_heading_and_not_folded(tmp_path):
    path = tmp_path / "long.parquet"
    name = "an-organisation/Model-3.1-70B-Instruct-checkpoint-100"
    frame = pl.DataFrame({"model": name, "problem": ["a", "a", "b", "b"], "correct": [True, False] * 2})
    frame.write_parquet(path)
    lines = run("pass", path, "--by", "model", "-k", "1,2").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == [f"model={name}", "1", "2"]
    wide = run("pass", path, "--by", "model", "-k", "1,2", COLUMNS="120").stdout.splitlines()
    assert [line.split()[:2] for line in wide[2:]] == [[name, "1"], [name, "2"]]


def test_ids_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "hostile.parquet"
    ids = ["[red]a[/red]", "b\x1b[2J", "c\nd"]
    pl.DataFrame({"problem": ids, "correct": [True, False, True]}).write_parquet(path)
    shown = run("tally", path).stdout
    assert [line.split()[0] for line in shown.splitlines()[2:]] == ["[red]a[/red]", "b\\x1b[2J", "c\\nd"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"),
        (1.0, "1.0000"),
        (1 - 2**-53, "0.999999999"),
        (1e-300, "1.00e-300"),
        (0.99994, "0.9999"),
        (0.99996, "0.99996"),
        (9.99999, "10.0000"),
        (12345.678, "12346"),
        (-0.5, "-0.5000"),
        (None, "-"),
    ],
)
def test_estimates_as_text(value, text):
    assert layout.estimate(value) == text
