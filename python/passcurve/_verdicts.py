"""What a band and a crossing say, in ranges of k and in words."""

from __future__ import annotations

from itertools import groupby
from math import isinf
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

A_AHEAD, B_AHEAD, INCONCLUSIVE = "a ahead", "b ahead", "inconclusive"


def verdict() -> pl.Expr:
    """Who is ahead at a k, by the band; without one, why there is none."""
    return (
        pl.when(pl.col("band_lower").is_null())
        .then(pl.col("method"))
        .when(pl.col("band_lower") > 0)
        .then(pl.lit(A_AHEAD))
        .when(pl.col("band_upper") < 0)
        .then(pl.lit(B_AHEAD))
        .otherwise(pl.lit(INCONCLUSIVE))
        .alias("verdict")
    )


def ranges(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row a run of ks with the same verdict."""
    frame = frame.with_columns(verdict())
    changes = pl.struct(*keys, "verdict").rle_id()
    return (
        frame.with_columns(run=changes)
        .group_by("run", maintain_order=True)
        .agg(pl.first(*keys), pl.first("k").alias("k_from"), pl.last("k").alias("k_to"), pl.first("verdict"))
        .drop("run")
    )


def sentence(verdicts: Sequence[dict[str, Any]], crossing: dict[str, Any], pair: dict[str, Any]) -> str:
    """What is known of one pair."""
    a, b = str(pair["a"]), str(pair["b"])
    words = [part["verdict"] for part in verdicts]
    who = _throughout(words[0], crossing, a, b) if len(set(words)) == 1 else _who(verdicts, a, b)
    decided = {A_AHEAD, B_AHEAD} <= set(words)
    return f"{pair['where']}{who} ({pair['basis']}){_crossing(crossing, decided=decided)}"


def _throughout(word: str, crossing: dict[str, Any], a: str, b: str) -> str:
    first, last, n_ks = crossing["k_min"], crossing["k_max"], crossing["n_ks"]
    if word not in (A_AHEAD, B_AHEAD, INCONCLUSIVE):
        return f"{a} and {b} cannot be compared: {word.removeprefix('none: ')}"
    every, some = ("every k", "any k") if crossing["is_dense"] else (f"each of {n_ks} ks", f"any of {n_ks} ks")
    one, ks = first == last, f"from {first} to {last}"
    if word == INCONCLUSIVE:
        return f"{a} and {b} cannot be told apart at {f'k = {first}' if one else f'{some} {ks}'}"
    leader, other = (a, b) if word == A_AHEAD else (b, a)
    return f"{leader} is ahead of {other} at {f'k = {first}' if one else f'{every} {ks}'}"


def _who(verdicts: Sequence[dict[str, Any]], a: str, b: str) -> str:
    words = [part["verdict"] for part in verdicts]
    between = len(words) == 3 and words[1] == INCONCLUSIVE and INCONCLUSIVE not in (words[0], words[2])
    parts: list[str] = []
    order = sorted(dict.fromkeys(words), key=lambda word: (word not in (A_AHEAD, B_AHEAD), words.index(word)))
    for word in order:
        places = " and ".join(_range(part, verdicts) for part in verdicts if part["verdict"] == word)
        leader, other = (a, b) if word == A_AHEAD else (b, a)
        if word in (A_AHEAD, B_AHEAD):
            parts.append(f"{leader} for {places}" if parts else f"{leader} is ahead of {other} for {places}")
        elif word == INCONCLUSIVE:
            parts.append("undecided between" if between else f"undecided for {places}")
        else:
            parts.append(f"no band for {places} ({word.removeprefix('none: ')})")
    if order[0] not in (A_AHEAD, B_AHEAD):
        parts[0] = f"{a} and {b} are {parts[0]}"
    return ", ".join(parts)


def _range(part: dict[str, Any], verdicts: Sequence[dict[str, Any]]) -> str:
    if part["k_from"] == part["k_to"]:
        return f"k = {part['k_from']}"
    if part is verdicts[0]:
        return f"k <= {part['k_to']}"
    return f"k >= {part['k_from']}" if part is verdicts[-1] else f"k = {part['k_from']} to {part['k_to']}"


def _crossing(crossing: dict[str, Any], *, decided: bool) -> str:
    """Where the curves cross, if the band shows that they do or the resamples agree about it."""
    agreed = crossing["upper"] is not None and not isinf(crossing["upper"])
    if crossing["k_star"] is None or not (decided or agreed):
        return ""
    several = crossing["status"] == "several"
    text = f"; the curves {'first ' if several else ''}cross at k = {crossing['k_star']:.3g}"
    if crossing["lower"] is None:
        return text
    lower, upper = (
        f"above {crossing['k_max']}" if isinf(crossing[end]) else f"{crossing[end]:.3g}" for end in ("lower", "upper")
    )
    return f"{text} (interval {lower} to {upper})"


def grouped(rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Rows of equal keys that follow each other."""
    return [list(run) for _, run in groupby(rows, key=lambda row: tuple(row[name] for name in keys))]
