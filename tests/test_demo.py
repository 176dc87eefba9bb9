import json
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import passcurve as pk
from passcurve.cli import findings
from passcurve.cli import format as layout
from passcurve.cli.app import app
from passcurve.demo import CHECKPOINTS, generate

BY = ["model", "step"]


def read(folder) -> pl.DataFrame:
    return pl.concat(pl.read_parquet(path) for path in sorted(folder.glob("*.parquet")))


def run(*args, status=0):
    result = CliRunner().invoke(
        app, ["demo", *map(str, args)], env={"COLUMNS": "80", "FORCE_COLOR": None}, prog_name="passcurve"
    )
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    generate(folder, problems=200, samples=256)
    return folder


def test_the_tally_of_the_log_is_the_group_by(folder):
    counted = pk.tally(folder, by=BY, on_null="fail")
    key = [*BY, "problem"]
    expected = (
        read(folder)
        .group_by(key)
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("correct").sum().cast(pl.Int64).alias("c"))
        .sort(key)
    )
    assert_frame_equal(counted.frame, expected)


def test_the_log_has_the_promised_shape(folder):
    frame = read(folder)
    assert frame.columns == ["model", "step", "problem", "sample", "correct"]
    assert frame.select(BY).unique(maintain_order=True).rows() == list(CHECKPOINTS)
    assert frame["problem"].n_unique() == 200
    assert frame["problem"][0] == "math-0000"
    assert frame.null_count().row(0)[:4] == (0, 0, 0, 0)
    assert 0.0005 < frame["correct"].null_count() / frame.height < 0.0015
    assert not frame.select("model", "step", "problem", "sample").is_duplicated().any()
    n = frame.group_by(*BY, "problem").len()["len"]
    assert (n.min() >= 128, n.max()) == (True, 512)
    assert (n == 256).mean() > 0.7


def test_the_log_tells_the_story(folder):
    tally = pk.tally(folder, by=BY, on_null="fail")
    n, c = tally.frame["n"], tally.frame["c"]
    values = {"one": pk.pass_at_k(n, c, 1), "many": pk.pass_at_k(n, c, 128), "alpha": pk.alpha_k(n, c, 8)}
    means = tally.frame.with_columns(**values).group_by(BY, maintain_order=True).agg(pl.col(*values).mean())
    assert means["one"].is_sorted()
    assert means["many"].is_sorted(descending=True)
    assert (means["many"] - means["one"]).is_sorted(descending=True)
    assert means["alpha"][-1] < means["alpha"][0]


def test_a_seed_is_a_log(tmp_path):
    frames = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(tmp_path / name, problems=5, samples=20, seed=seed)
        frames.append(read(tmp_path / name))
    assert frames[0].equals(frames[1])
    assert not frames[0].equals(frames[2])


def test_bad_sizes_and_a_used_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match="problems >= 1"):
        generate(tmp_path / "a", problems=0)
    with pytest.raises(ValueError, match="samples >= 2"):
        generate(tmp_path / "a", samples=1)
    generate(tmp_path / "b", problems=1, samples=2)
    with pytest.raises(FileExistsError, match="not empty"):
        generate(tmp_path / "b", problems=1, samples=2)


def test_demo_runs_and_removes_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = run("--problems", 30, "--samples", 64)
    assert list(tmp_path.iterdir()) == []
    assert result.stderr == ""
    for words in (
        "30 problems",
        "a second",
        "pass@k",
        "pass^8",
        "alpha_8",
        "math-00",
        "What the tables show",
        "The diagnosis of the run",
    ):
        assert words in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_demo_keeps_the_log_and_its_python_runs(tmp_path, capsys):
    kept = tmp_path / "kept"
    result = run("--problems", 30, "--samples", 64, "--keep", kept)
    tally = pk.tally(kept, by=BY, on_null="fail")
    assert f"{tally.provenance.rows:,} verdicts" in result.stdout
    assert json.dumps(str(kept)) in result.stdout
    snippet = result.stdout.partition("import passcurve")
    lines = "".join(snippet[1:]).partition("\n\n")[0].splitlines()
    exec("\n".join(line.strip() for line in lines), {})
    said = capsys.readouterr().out
    assert "signal" in said
    # What the snippet says last is what the demo says last.
    sentences = said.splitlines()[-len(bullets(result.stdout)) :]
    assert bullets(result.stdout) == sentences
    assert "not empty" in run("--keep", kept, status=1).stderr


def bullets(stdout):
    """The bullets at the end of what the demo prints, each on one line."""
    last = stdout.partition("The diagnosis of the run\n")[2]
    return [" ".join(text.split()) for text in ("\n" + last).split("\n- ")[1:]]


def test_demo_ends_with_the_diagnosis(tmp_path):
    kept = tmp_path / "kept"
    printed = run("--problems", 60, "--samples", 64, "--keep", kept).stdout
    counts = pk.tally(kept, by=BY, on_null="fail").frame.drop("model")
    diagnosis = pk.Tally.from_counts(counts, by="step").diagnose(8, group_size=8, along="step")
    assert bullets(printed) == diagnosis.sentences
    table = printed.partition("The steps of the run")[2].partition("\n\n")[0].splitlines()
    assert " ".join(table[1].split()) == "step pass@1 pass@8 gap, 95% interval unsolved saturated mixed signal"
    for line, row in zip(table[3:], diagnosis.frame.iter_rows(named=True), strict=True):
        names = ("pass_at_1", "pass_at_k", "gap", "gap_lower", "gap_upper")
        shares = ("unsolved", "saturated", "informative", "signal_mass")
        values = [float(cell.strip("[],")) for cell in line.split()]
        assert values[0] == row["step"]
        assert values[1:] == pytest.approx([row[name] for name in (*names, *shares)], abs=5.1e-4)


def test_demo_draws_the_run(tmp_path):
    plots = tmp_path / "a" / "plots"
    for _ in range(2):
        result = run("--problems", 30, "--samples", 64, "--plots", plots)
        assert "pass_at_k, gap, alpha, signal" in result.stdout
        # A path may be broken over lines.
        assert str(plots) in result.stdout.replace("\n", "")
    names = {"pass_at_k", "gap", "alpha", "signal"}
    assert {path.name for path in plots.iterdir()} == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    for name in names:
        assert (plots / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg")
        assert (plots / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert 'fill="#FFFFFF"' not in (plots / "gap.svg").read_text(encoding="utf-8")
    assert "step" in (plots / "gap.svg").read_text(encoding="utf-8")
    (tmp_path / "file").touch()
    assert "file: File exists" in run("--plots", tmp_path / "file", status=1).stderr


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_plots_ask_for_what_they_need_before_the_work(missing, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    result = run("--plots", tmp_path / "plots", status=2)
    assert result.stderr.endswith("pip install 'passcurve[report]'\n")
    assert result.stdout == ""
    assert not (tmp_path / "plots").exists()


@pytest.mark.parametrize("options", [["--problems", 1], ["--samples", 2], ["--seed", -1]])
def test_sizes_that_are_too_small_are_status_2(options):
    run(*options, status=2)


def stage(name, *, ones, many):
    passes = pl.DataFrame({"k": [1, 8], "estimate": [ones, many]})
    one = pl.DataFrame({"k": [8], "estimate": [ones]})
    return findings.Stage(name, passes, one)


def compared(first, last):
    """The comparison of ten problems a model, with these passes out of 8."""
    rows = [(name, i, 8, c) for name, passes in (("a", first), ("b", last)) for i, c in enumerate(passes)]
    counts = pl.DataFrame(rows, schema=["stage", "problem", "n", "c"], orient="row")
    return pk.Tally.from_counts(counts, by="stage").compare("b", "a", k=[1, 8])


def test_sentences_follow_the_numbers():
    paired = compared([0, 1, 2, 3, 8] * 2, [1, 3, 5, 8, 8] * 2)
    first, last = stage("a", ones=0.2, many=0.9), stage("b", ones=0.4, many=0.6)
    up = " ".join(findings.sentences(first, last, paired))
    assert "From a to b, pass@1 rises from 0.2000 to 0.4000 and pass@8 falls from 0.9000 to 0.6000." in up
    row = paired.frame.row(0, named=True)
    band = layout.interval(row["band_lower"], row["band_upper"])
    assert f"Problem by problem, pass@k changes by 0.2750 {band} at k = 1 and by 0.2000 [" in up
    assert f" {paired.sentences[0]}. " in up
    assert "pass^8, that all of 8 draws pass, rises from 0.2000 to 0.4000." in up
    down = " ".join(findings.sentences(stage("a", ones=0.4, many=0.6), stage("b", ones=0.2, many=0.59), paired))
    assert "pass@1 falls from 0.4000 to 0.2000" in down
    assert "pass@8 falls from 0.6000 to 0.5900." in down


def test_sentences_without_bands_or_change():
    same = stage("a", ones=0.5, many=0.5)
    text = " ".join(findings.sentences(same, same, compared([4], [4])))
    assert "pass@1 stays at 0.5000 and pass@8 stays at 0.5000." in text
    assert "changes by 0.0000 at k = 1 and by 0.0000 at k = 8;" in text


def test_the_demo_says_what_the_comparison_says(tmp_path):
    kept = tmp_path / "kept"
    printed = " ".join(run("--problems", 200, "--samples", 256, "--keep", kept).stdout.split())
    frame = pk.tally(kept, by=BY, on_null="fail").frame
    stages = pk.Tally.from_counts(frame.with_columns(stage=pl.format("{} at step {}", "model", "step")), by="stage")
    paired = stages.compare("rl at step 800", "base at step 0", k=[2**i for i in range(8)])
    assert f"- {paired.sentences[0]}. -" in printed
    assert paired.frame["band_lower"][0] > 0 > paired.frame["band_upper"][-1]
    assert "overlap" not in printed
