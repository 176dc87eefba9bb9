"""What a diagnosis found, in sentences. Each is computed from the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passcurve._diagnosis.asked import Asked
    from passcurve._diagnosis.trends import Run


def of_group(row: dict[str, Any], name: dict[str, object], asked: Asked) -> list[str]:
    """What is said of one group of problems."""
    who = ", ".join(f"{column} {value}" for column, value in name.items())
    lead = f"{who}: " if who else ""
    return [lead + text for text in _of_row(row, asked)]


def _of_row(row: dict[str, Any], asked: Asked) -> Iterator[str]:
    problems, k, size = row["n_problems"], row["k"], row["group_size"]
    if not problems:
        yield "no problem has as many samples."
        return
    n = f"{row['n_min']}" if row["n_min"] == row["n_max"] else f"{row['n_min']} to {row['n_max']}"
    if row["unsolved"] > 0:
        signal = "and no signal" if k > 1 else "as all others, and no signal"
        yield (
            f"{_share(row['unsolved'], problems)} of {problems} problems gave no correct sample in {n}: at most p <= "
            f"{_number(row['p_upper'])} each ({asked.confidence_level:.0%}, one problem at a time); "
            f"under pass@{k} they carry an estimated weight of {k} {signal}."
        )
    if row["saturated"] > 0:
        weight = (
            f"under pass@{k} they carry an estimated weight of 0" if k > 1 else f"groups of {size} tell nothing of them"
        )
        yield f"{_share(row['saturated'], problems)} gave nothing but correct samples: {weight}."
    yield (
        f"of training groups of {size}, {_percent(row['zero_signal'])} are all wrong and "
        f"{_percent(row['all_correct'])} all correct; {_percent(row['informative'])} hold both, which GRPO and RLOO "
        "learn from."
    )
    if k > 1:
        yield (
            f"pass@{k} - pass@1 is {_number(row['gap'])}{_interval(row['gap_lower'], row['gap_upper'])}: pass@1 is "
            f"{_number(row['pass_at_1'])}, pass@{k} is {_number(row['pass_at_k'])}."
        )
    if k > 1:
        ess = row["alpha_ess_debiased"] if row["alpha_ess_debiased"] is not None else row["alpha_ess"]
        uneven = f", spread as over {ess:.0f} of {problems} equal ones" if ess is not None else ""
        yield (
            f"alpha_{k} is {_number(row['alpha_mean'])} on average{uneven}; what success leaves of it, the signal "
            f"alpha_{k} p, is {_number(row['signal_mass'])}."
        )
    if row.get("same_answer") is not None:
        yield (
            f"two samples of a problem give the same answer with probability {_number(row['same_answer'])}; the most "
            f"frequent one has {_percent(row['top_answer'])} of the samples."
        )


def of_run(run: Run, trends: pl.DataFrame, asked: Asked) -> list[str]:
    """What is said of one run along its steps."""
    who = ", ".join(f"{column} {value}" for column, value in run.name.items())
    lead = f"{who}: " if who else ""
    return [lead + text for text in _of_run(run, trends, asked)]


def _of_run(run: Run, trends: pl.DataFrame, asked: Asked) -> Iterator[str]:
    rows = {row["measure"]: row for row in trends.iter_rows(named=True)}
    first, last, k = run.steps[0], run.steps[-1], asked.k
    span = f"from {asked.along} {first} to {last}"
    if rows["gap"]["p_value"] is None:
        yield f"{span}: {len(run.n)} problems are there at every step, too few (or too alike) for a trend."
        return
    missing = f", {run.left_out} others are not at every step" if run.left_out else ""
    moves = {name: _moves(rows[name], asked) for name in ("pass_at_1", "pass_at_k", "gap")}
    changes = ", ".join(
        f"{label} {_signed(rows[name]['change'])}{_interval(rows[name]['lower'], rows[name]['upper'])}"
        for label, name in (("pass@1", "pass_at_1"), (f"pass@{k}", "pass_at_k"), ("the gap", "gap"))
    )
    test = f"p = {_p(rows['gap']['p_value'])} for the gap"
    yield f"{span}, {changes} (mean of {len(run.n)} problems' lines{missing}; {test}): {_meaning(moves, k)}"
    if len(run.n) < run.left_out:
        yield f"most problems ({run.left_out} of {run.left_out + len(run.n)}) are not at every step, so this is of few."
    lost = int(((run.c[:, 0] > 0) & (run.c[:, -1] == 0)).sum())
    found = int(((run.c[:, 0] == 0) & (run.c[:, -1] > 0)).sum())
    # With fewer samples at one of the steps more problems are unsolved there, though nothing changed.
    if (lost or found) and (run.n[:, 0] == run.n[:, -1]).all():
        yield (
            f"{_problems(lost)} with a correct sample at {asked.along} {first} {'has' if lost == 1 else 'have'} none "
            f"at {last}, {found} the other way round."
        )
    informative = rows["informative"]
    if _moves(informative, asked):
        word = "fall" if informative["change"] < 0 else "rise"
        share = _percent(abs(informative["change"]))
        yield f"training groups of {asked.group_size} that hold both {word} by {share} of all groups."


def _meaning(moves: dict[str, int], k: int) -> str:
    if moves["gap"] < 0 and moves["pass_at_k"] < 0:
        up = "while pass@1 rises" if moves["pass_at_1"] > 0 else "and what several draws found is being lost"
        return f"pass@{k} is collapsing to pass@1, {up}."
    if moves["gap"] < 0 and moves["pass_at_1"] > 0:
        both = " though it rises itself" if moves["pass_at_k"] > 0 else ", of which no trend can be told"
        return f"pass@1 comes up to pass@{k}{both}."
    if moves["gap"] < 0:
        return f"the gap closes; whether by pass@1 rising or by pass@{k} falling cannot be told."
    if moves["gap"] > 0:
        return "the gap widens: several draws find more beyond the first than before."
    return "no trend of the gap can be told."


def _moves(row: dict[str, Any], asked: Asked) -> int:
    """-1, 0 or 1: the direction, where the interval leaves no doubt."""
    p, change = row["p_value"], row["change"]
    if row["se"] == 0 and change:
        return 1 if change > 0 else -1
    if p is None or p >= 1 - asked.confidence_level:
        return 0
    return 1 if change > 0 else -1


def _share(share: float, problems: int) -> str:
    return f"{_percent(share)} ({round(share * problems)})"


def _percent(share: float) -> str:
    percent = 100 * share
    if percent == round(percent) or 1 <= percent <= 99:
        return f"{percent:.0f}%"
    return f"{percent:.2g}%" if percent < 1 else f"{percent:.1f}%" if percent < 99.95 else "over 99.9%"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.2g}"


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def _interval(lower: float | None, upper: float | None) -> str:
    return "" if lower is None or upper is None else f" [{_number(lower)}, {_number(upper)}]"


def _p(value: float) -> str:
    return f"{value:.2g}"


def _problems(count: int) -> str:
    return f"{count} problem" if count == 1 else f"{count} problems"
