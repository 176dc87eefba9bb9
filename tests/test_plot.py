"""The charts: their data are the tables', they are valid, they render, and they stay small."""

import datetime as dt
import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import polars as pl
import pytest
import vl_convert

import passcurve as pk
from passcurve._plots.groups import thinned
from passcurve._plots.style import ramp
from tallies import of, tally


def grouped(keys, problems=30, n=16, by=None):
    """Problems of each group, with the groups' columns given as name: values."""
    rng = np.random.default_rng(3)
    size = len(next(iter(keys.values())))
    columns = {name: [value for value in values for _ in range(problems)] for name, values in keys.items()}
    c = rng.binomial(n, rng.beta(0.4, 0.9, size * problems))
    frame = pl.DataFrame({**columns, "problem": [*range(problems)] * size, "n": n, "c": c})
    return pk.Tally.from_counts(frame, by=by or list(keys))


@pytest.fixture
def models():
    return grouped({"model": ["base", "rl", "new"]})


@pytest.fixture
def steps():
    return grouped({"model": ["base", "rl", "rl", "rl"], "step": [0, 2, 10, 100]})


def data(part, whole):
    """The rows of a layer, as they are in the specification."""
    return pl.DataFrame(whole["datasets"][part["data"]["name"]], infer_schema_length=None)


def layers(chart):
    whole = chart.to_dict()
    return whole, [(layer, data({**whole, **layer}, whole)) for layer in whole["layer"]]


def same(rows, table):
    for name in ("k", "estimate", "lower", "upper", "n_problems", "method"):
        assert rows[name].to_list() == table[name].to_list()


def rows_of(chart):
    return sum(len(rows) for rows in chart.to_dict()["datasets"].values())


@pytest.mark.parametrize("what", ["pass_at_k", "gap"])
def test_curves_hold_the_table(models, what):
    words = {"method": "t", "confidence_level": 0.9}
    whole, parts = layers(models.plot(what, [1, 2, 8], **words))
    table = models.pass_at_k([1, 2, 8], **words) if what == "pass_at_k" else models.pass_gap([1, 2, 8], **words)
    assert [layer["mark"]["type"] for layer, _ in parts] == ["area", "line", "point"]
    for _, rows in parts:
        same(rows, table)
        assert rows["group"].to_list() == table["model"].to_list()
    band, line, point = (layer["encoding"] for layer, _ in parts)
    assert (band["y"]["field"], band["y2"]["field"], line["y"]["field"]) == ("lower", "upper", "estimate")
    assert line["x"]["scale"] == {"type": "log", "base": 2, "domain": [1, 8], "nice": False}
    assert line["x"]["axis"]["values"] == [1, 2, 8]
    assert line["color"]["scale"]["domain"] == ["base", "new", "rl"]
    assert "over problems" in line["y"]["title"]
    assert {tip["field"] for tip in point["tooltip"]} >= {"k", "estimate", "lower", "upper", "n_problems", "group"}
    assert not any("format" in tip for tip in point["tooltip"])
    assert whole["config"]["background"] == "transparent"


def test_default_ks_are_the_tables(models):
    assert layers(models.plot())[1][0][1]["k"].unique().sort().to_list() == [1, 2, 4, 8, 16]
    several = layers(models.plot(k=range(1, 17)))[1][1][0]["encoding"]["x"]["axis"]["values"]
    assert several == [*range(1, 17)]
    uneven = grouped({"m": ["a"]}, n=40).plot(k=range(3, 41))
    assert layers(uneven)[1][1][0]["encoding"]["x"]["axis"]["values"] == [3, 4, 8, 16, 32, 40]


def test_numbers_sort_as_numbers_and_have_a_ramp(steps):
    _, parts = layers(steps.plot())
    line, point = parts[1][0]["encoding"], parts[2][0]["encoding"]
    assert line["color"]["scale"] == {"domain": [0, 2, 10, 100], "range": ramp(4)}
    assert (line["color"]["title"], line["color"]["type"]) == ("step", "ordinal")
    assert line["strokeDash"]["scale"]["domain"] == point["shape"]["scale"]["domain"] == ["base", "rl"]
    assert parts[0][0]["encoding"]["detail"] == [
        {"field": "ordered", "type": "quantitative"},
        {"field": "group", "type": "nominal"},
    ]
    days = grouped({"day": [dt.date(2026, 2, 1), dt.date(2025, 12, 9)]}).plot()
    assert layers(days)[1][1][0]["encoding"]["color"]["scale"]["domain"] == ["2025-12-09", "2026-02-01"]


def test_words_have_hues_and_then_dashes():
    names = [f"m{i:02}" for i in range(17)]
    encoding = layers(grouped({"model": names}).plot(k=4))[1][1][0]["encoding"]
    looks = list(
        zip(encoding["color"]["scale"]["range"], map(str, encoding["strokeDash"]["scale"]["range"]), strict=True)
    )
    assert len(set(looks)) == 17
    flags = layers(grouped({"tools": [True, False]}).plot(k=4))[1][1][0]["encoding"]
    assert flags["color"]["scale"]["domain"] == ["false", "true"]
    two = layers(grouped({"a": ["x", "x"], "b": ["y", "z"]}).plot(k=4))[1][1][0]["encoding"]
    assert (two["color"]["scale"]["domain"], two["color"]["title"]) == (["x, y", "x, z"], "a, b")
    alone = layers(tally(8, [1, 2, 8]).plot(k=2))[1][1][0]["encoding"]
    assert alone["color"] == {"value": "#0072B2"}


def test_the_ramp_grows_lighter_and_keeps_off_both_backgrounds():
    def luminance(color):
        channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    for count in (1, 2, 7, 40):
        lights = [luminance(color) for color in ramp(count)]
        assert len(lights) == count
        assert lights == sorted(lights)
        assert min(lights) + 0.05 > 2.9 * (luminance("#1E1E1E") + 0.05)
        assert 1.9 * (max(lights) + 0.05) < 1.05


def test_the_gap_along_steps(steps):
    _, parts = layers(steps.plot("gap", [4, 8], along="step"))
    table = steps.pass_gap([4, 8])
    rows, encoding = parts[1][1], parts[1][0]["encoding"]
    assert rows["ordered"].to_list() == table["k"].to_list()
    assert rows["along"].to_list() == table["step"].to_list()
    assert rows["estimate"].to_list() == table["estimate"].to_list()
    assert rows["group"].to_list() == table["model"].to_list()
    assert (encoding["x"]["field"], encoding["x"]["title"], encoding["x"]["type"]) == ("along", "step", "quantitative")
    assert (encoding["color"]["title"], encoding["color"]["scale"]["domain"]) == ("k", [4, 8])
    default = layers(steps.plot("gap", along="step"))[1][1][1]
    assert default["ordered"].unique().sort().to_list() == [4, 16]
    words = layers(steps.plot("gap", 4, along="model"))[1][1][0]["encoding"]["x"]
    assert (words["type"], words["title"]) == ("ordinal", "model")
    assert encoding["x"]["axis"]["values"] == [0, 2, 10, 100]
    assert (
        "values"
        not in layers(grouped({"step": range(17)}).plot("gap", 4, along="step"))[1][1][0]["encoding"]["x"]["axis"]
    )
    many = grouped({"step": range(6000)}, problems=2).plot("gap", 4, along="step")
    kept = layers(many)[1][1][1]["along"]
    assert kept.len() == 5000
    assert (kept.min(), kept.max()) == (0, 5999)


def test_figure_1_holds_the_curves_and_every_problem(models):
    chart = models.plot("alpha", [2, 8])
    whole = chart.to_dict()
    assert [part["title"]["text"] for part in whole["concat"]] == ["model base", "model new", "model rl"]
    table = models.per_problem([2, 8])
    for part, model in zip(whole["concat"], ["base", "new", "rl"], strict=True):
        lines, spots = (data({**part, **layer}, whole) for layer in part["layer"])
        for row in lines.iter_rows(named=True):
            exactly = pk.theory.curves(row["k"], p=row["p"]).row(0, named=True)
            assert row["value"] == (exactly["pass_at_k"] if row["curve"][0] == "J" else exactly["alpha_k"] / row["k"])
        assert lines["p"].min() == 0
        assert lines["p"].max() == 1
        one = table.filter(model=model)
        counted = one.group_by("k", "n", "c", "alpha_k", "pass_at_k").len("problems").sort("k", "c")
        ends, between = spots.filter(pl.col("k").is_null()), spots.drop_nulls("k").sort("k", "rate")
        counted = counted.with_columns(rate=pl.col("c") / pl.col("n"), value=pl.col("alpha_k") / pl.col("k"))
        inner = counted.filter(~pl.col("c").is_in([0, 16]))
        for name in ("k", "alpha_k", "pass_at_k", "problems", "value", "rate"):
            assert between[name].to_list() == inner[name].to_list()
        assert between["c"].to_list() == inner["c"].cast(pl.String).to_list()
        for spot in ends.iter_rows(named=True):
            assert spot["ks"] == "2, 8"
            shared = counted.filter(c=int(spot["c"]))
            assert shared.select("problems", "value", "pass_at_k").unique().rows() == [
                (spot["problems"], spot["value"], spot["pass_at_k"])
            ]
        assert ends.height + between.height == counted.height - ends.height
        color = part["layer"][1]["encoding"]["color"]
        assert color["condition"] == {"test": "datum.k === null", "value": "#808080"}
        assert color["scale"]["domain"] == [2, 8]
    sizes = {json.dumps(part["layer"][1]["encoding"]["size"]["scale"]) for part in whole["concat"]}
    assert len(sizes) == 1
    assert layers(tally(5, [1, 2]).plot("alpha"))[1][1][1]["k"].unique().to_list() == [2]


def test_the_signal_and_the_shares_of_both_ends():
    counts = tally(16, [0] * 5 + [1, 2, 2, 9] + [16])
    _, parts = layers(counts.plot("signal"))
    (_, curve), (_, spots), (_, left), (_, right) = parts
    assert curve["signal"].to_list() == pk.theory.curves(8, p=curve["p"].to_numpy())["signal"].to_list()
    assert (left["text"].item(), right["text"].item()) == ("50.0% unsolved", "10.0% saturated")
    spots = spots.sort("rate")
    assert spots["problems"].to_list() == [5, 1, 2, 1, 1]
    assert spots["state"].to_list() == ["unsolved", "between", "between", "between", "saturated"]
    assert spots["value"].to_list() == [pk.signal_mass(16, c, 8) for c in (0, 1, 2, 9, 16)]
    assert (
        layers(tally(5, [1, 2]).plot("signal"))[1][0][0]["encoding"]["y"]["title"] == "signal (alpha_k times p, k = 5)"
    )


def test_what_is_drawn_at_one_point_is_one_spot():
    """Problems of different n that were never solved, or whose rates are the same to less than a pixel."""
    ns = [64, 128, 256] * 20
    counts = of(*((i, n, 0) for i, n in enumerate(ns)), (100, 9000, 1000), (101, 18000, 2000), (102, 900, 899))
    spots = layers(counts.plot("signal"))[1][1][1]
    assert spots.select("state", "problems", "n", "c").rows() == [
        ("unsolved", 60, "64 to 256", "0"),
        ("between", 2, "9000 to 18000", "1000 to 2000"),
        ("between", 1, "900", "899"),
    ]
    value = spots["value"][1]
    assert value == pytest.approx(np.mean([pk.signal_mass(9000, 1000, 8), pk.signal_mass(18000, 2000, 8)]), rel=1e-14)
    for what in ("signal", "alpha"):
        unsolved = layers(of(*((i, 64 + i, 0) for i in range(60))).plot(what))[1][1][1]
        assert unsolved.select("rate", "problems").rows() == [(0, 60)]


def test_spots_are_as_large_as_their_counts_and_small_where_all_are_one():
    def size(*rows):
        return layers(of(*rows).plot("signal", 8))[1][1][0]["encoding"]["size"]

    alone = size(*((i, 64, 4 * i) for i in range(17)))
    assert (alone["scale"]["domain"], alone["scale"]["range"], alone["legend"]) == ([0, 1], [0, 30], None)
    few = size((1, 8, 3), (2, 8, 3), (3, 8, 5))
    assert (few["scale"]["domain"], few["scale"]["range"]) == ([0, 2], [0, 60])
    many = size(*((i, 8, 0) for i in range(200)))
    assert (many["scale"]["range"], many["legend"]["values"]) == ([0, 500], [200])


def test_a_png_has_paper_and_what_is_asked_for(models, tmp_path):
    """On a transparent background the bands of both models would have the same grey."""
    file = tmp_path / "chart.png"
    for chart in (models.plot(), models.plot("signal")):
        chart.save(file)
        assert corner(file) == (255, 255, 255, 255)
        chart.save(str(tmp_path / "other"), format="png")
        assert corner(tmp_path / "other") == (255, 255, 255, 255)
        chart.properties(background="#102030").save(str(file))
        assert corner(file) == (16, 32, 48, 255)
        chart.properties(background="transparent").save(file)
        assert corner(file)[3] == 0
        chart.save(tmp_path / "chart.svg")
        assert "#FFFFFF" not in (tmp_path / "chart.svg").read_text().upper()


def corner(png):
    """The first pixel: no filter changes it, which takes what is left of it and above."""
    content, at, packed = png.read_bytes(), 8, b""
    assert content[24:26] == bytes([8, 6]), "eight bits, with alpha"
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        if content[at + 4 : at + 8] == b"IDAT":
            packed += content[at + 8 : at + 8 + length]
        at += length + 12
    return tuple(zlib.decompress(packed)[1:5])


@pytest.mark.parametrize("what", ["alpha", "signal"])
@pytest.mark.parametrize("groups", [1, 2, 9])
def test_large_logs_are_gathered(what, groups):
    rng = np.random.default_rng(1)
    size = 6000
    n = rng.integers(50, 3000, size * groups)
    c = rng.binomial(n, rng.beta(0.5, 0.5, n.size))
    keys = {"g": np.repeat([f"g{i}" for i in range(groups)], size), "problem": np.tile(np.arange(size), groups)}
    large = pk.Tally.from_counts(pl.DataFrame({**keys, "n": n, "c": c}), by="g")
    chart = large.plot(what)
    assert rows_of(chart) <= 5000
    whole = chart.to_dict()
    parts = whole.get("concat", [whole])
    ks = 3 if what == "alpha" else 1
    for part in parts:
        spots = data({**part, **part["layer"][1]}, whole)
        shared = spots["ks"].str.count_matches(",") + 1 if what == "alpha" else 1
        assert (spots["problems"] * shared).sum() == ks * size
        assert spots["value"].is_between(0, 1.1).all()
    if what == "signal":
        ends = {part["layer"][2]["data"]["name"] for part in parts}
        texts = [whole["datasets"][name][0]["text"] for name in ends]
        share = large.frame.group_by("g").agg((pl.col("c") == 0).mean())["c"].to_list()
        assert sorted(set(texts)) == sorted({f"{value:.1%} unsolved" for value in share})


def test_panels_are_gathered_together_or_not_at_all():
    """One panel has few spots, the other too many: side by side their sizes mean the same."""
    rng = np.random.default_rng(1)
    n = np.concatenate([np.full(4000, 50), rng.integers(50, 3000, 4000)])
    keys = {"g": np.repeat(["few", "many"], 4000), "problem": np.tile(np.arange(4000), 2)}
    counts = pk.Tally.from_counts(pl.DataFrame({**keys, "n": n, "c": rng.binomial(n, rng.random(n.size))}), by="g")
    few = counts.frame.filter(g="few").drop("g")
    assert "n" in layers(pk.Tally.from_counts(few).plot("alpha", [2, 4, 8, 16, 32]))[1][1][1].columns
    whole = counts.plot("alpha", [2, 4, 8, 16, 32]).to_dict()
    for part in whole["concat"]:
        spots = data({**part, **part["layer"][1]}, whole)
        assert "n" not in spots.columns
        assert (spots["problems"] * (spots["ks"].str.count_matches(",") + 1)).sum() == 5 * 4000
        assert spots["rate"].is_between(0, 1).all()


def test_many_ks_are_thinned_with_both_ends():
    counts = of(*((g, p, 4000, 100 * p) for g in range(3) for p in range(4)), by="g")
    _, parts = layers(counts.plot(k=range(1, 4001), method="t"))
    assert parts[0][1].height <= 5000
    assert {1, 4000} <= set(parts[0][1]["k"])
    assert rows_of(counts.plot(k=range(1, 4001), method="t")) <= 5000
    assert thinned(range(10), 4) == [0, 3, 6, 9]


def test_names_that_vega_reads_as_paths():
    odd = grouped({"a.b[0]": ["x", "y"], "st.ep": [1, 2]})
    _, parts = layers(odd.plot(k=4))
    assert parts[1][0]["encoding"]["color"]["field"] == "ordered"
    assert parts[1][0]["encoding"]["color"]["title"] == "st.ep"
    assert "a.b[0]" in vl_convert.vegalite_to_svg(odd.plot(k=[1, 4]).to_json())


@pytest.mark.parametrize("what", ["pass_at_k", "alpha", "signal", "gap"])
def test_charts_render_without_black_or_white(what, steps, tmp_path):
    for counts in (steps, tally(16, [0, 3, 5, 9, 16]), tally(1, [1]), tally(4, [0, 0])):
        chart = counts.plot(what)
        text = chart.to_json().lower()
        assert not any(word in text for word in ('"black"', '"white"', '"#000', '"#fff'))
        svg = vl_convert.vegalite_to_svg(chart.to_json())
        assert svg.startswith("<svg")
        assert 'fill="#000"' not in svg
        assert 'fill="black"' not in svg
        chart.save(tmp_path / "chart.png")
        assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_bad_input(models, steps):
    with pytest.raises(ValueError, match="what='beta' is not one of pass_at_k, alpha, gap, signal"):
        models.plot("beta")
    with pytest.raises(ValueError, match="along='step': it goes with what='gap' and is one of model"):
        models.plot("gap", along="step")
    with pytest.raises(ValueError, match="along='model': it goes with what='gap'"):
        models.plot("pass_at_k", along="model")
    with pytest.raises(ValueError, match="this tally has none"):
        tally(4, [1]).plot("gap", along="step")
    with pytest.raises(ValueError, match="method= does not go with what='alpha', which shows problems and no interval"):
        models.plot("alpha", method="t")
    with pytest.raises(ValueError, match="along= does not go with what='signal'"):
        steps.plot("signal", along="step")
    with pytest.raises(ValueError, match="what='signal' takes one k, not 2"):
        models.plot("signal", [2, 4])
    with pytest.raises(ValueError, match="k = 17 is more than a problem's n"):
        models.plot(k=17)
    with pytest.raises(ValueError, match="k = 17 is more than a problem's n"):
        models.plot("alpha", 17)
    with pytest.raises(ValueError, match="method='best' is not one of"):
        models.plot(method="best")
    with pytest.raises(ValueError, match="there is no problem to plot"):
        tally(4, []).plot()
    many = grouped({"m": [f"m{i}" for i in range(41)]}, problems=2)
    with pytest.raises(
        ValueError, match=r"41 groups \(m\) are too many to tell apart in one chart; choose some: Tally"
    ):
        many.plot(k=2)
    with pytest.raises(ValueError, match=r"41 groups \(step\)"):
        grouped({"step": range(41)}, problems=2).plot(k=2)
    with pytest.raises(ValueError, match="41 groups"):
        many.plot("signal", 2)


def test_k_beyond_n_may_be_left_out():
    uneven = of((1, 1, 4, 2), (1, 2, 4, 0), (2, 1, 8, 3), (2, 2, 8, 1), by="g")
    _, parts = layers(uneven.plot(k=[2, 8], on_k_gt_n="drop"))
    assert parts[0][1].select("ordered", "k").rows() == [(1, 2), (2, 2), (2, 8)]
    one = of((1, 1, 4, 2), (1, 2, 8, 0), by="g").plot("signal", 8, on_k_gt_n="skip")
    assert layers(one)[1][1][1]["problems"].to_list() == [1]
    for what, way in [("signal", "skip"), ("alpha", "drop"), ("pass_at_k", "drop"), ("pass_at_k", "skip")]:
        with pytest.raises(ValueError, match="no problem has n >= 8"):
            of((1, 1, 4, 2), by="g").plot(what, 8, on_k_gt_n=way)


def test_k_beyond_n_may_be_extrapolated_as_far_as_one_model_goes():
    counts = tally(8, [0, 1, 2, 3, 8] * 6)
    expected = counts.pass_at_k([1, 8, 16], on_k_gt_n="extrapolate")
    _, parts = layers(counts.plot(k=[1, 8, 16], on_k_gt_n="extrapolate"))
    assert parts[1][1]["estimate"].to_list() == expected["estimate"].to_list()
    assert parts[1][1]["method"].str.starts_with("extrapolated").to_list() == [False, False, True]
    with (
        pytest.warns(UserWarning, match="k = 32 is beyond twice the smallest n") as caught,
        pytest.raises(ValueError, match="gives two models at k = 32, beyond twice the smallest n, which make no one"),
    ):
        counts.plot(k=[1, 32], on_k_gt_n="extrapolate")
    assert caught[0].filename == __file__
    for what in ("gap", "alpha", "signal"):
        with pytest.raises(ValueError, match="on_k_gt_n='extrapolate' is not one of error, drop, skip"):
            counts.plot(what, 16, on_k_gt_n="extrapolate")


def test_altair_is_asked_for_when_it_is_needed(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ImportError, match=r"plots need Altair: pip install 'passcurve\[report\]'"):
        models.plot()
    code = "import sys, passcurve; sys.exit('altair' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("what", ["pass_at_k", "alpha", "signal", "gap"])
def test_names_that_cannot_be_drawn(tmp_path, what):
    """vl-convert ends the process at a control character, so this one is tried apart."""
    script = (
        "import passcurve as pk, polars as pl, sys\n"
        "names = ['a\\x00b', 'a\\x01b', 'c\\\\n', 'd\\ne']\n"
        "frame = pl.DataFrame({'m': names, 'problem': 'p', 'n': 8, 'c': [1, 3, 4, 8]})\n"
        "pk.Tally.from_counts(frame, by='m').plot(sys.argv[1]).save(sys.argv[2])\n"
    )
    path = tmp_path / "chart.svg"
    subprocess.run([sys.executable, "-c", script, what, str(path)], check=True)
    assert "a\N{REPLACEMENT CHARACTER}b (2)" in path.read_text(encoding="utf-8")
