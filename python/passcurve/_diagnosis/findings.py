"""What a diagnosis found, in sentences. Each is computed from the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passcurve._diagnosis.asked import Asked
    from passcurve._diagnosis.trends import Run

LEAST_P = 1e-6


def of_group(row: dict[str, Any], name: dict[str, object], asked: Asked) -> list[str]:
    """What is said of one group of problems."""
    who = ", ".join(f"{column} {value}" for column, value in name.items())
    lead = f"{who}: " if who else ""
    return [lead + text for text in _of_row(row, asked)]


def _of_row(row: dict[str, Any], asked: Asked) -> Iterator[str]:
    problems, k = row["n_problems"], row["k"]
    if not problems:
        yield "no problem has as many samples."
        return
    n = f"{row['n_min']}" if row["n_min"] == row["n_max"] else f"{row['n_min']} to {row['n_max']}"
    if row["unsolved"] > 0:
        yield (
            f"{_share(row['unsolved'], problems)} of {_problems(problems)} gave no correct sample in {n}: at most p <= "
            f"{_number(row['p_upper'])} each ({asked.confidence_level:.0%}, one problem at a time); "
            f"{_weight(k, k)}{',' if k == 1 else ''} and no signal."
        )
    if row["saturated"] > 0:
        # At k = 1 nothing but the group takes their weight away.
        lost = "" if k > 1 else ", though a group without a wrong sample teaches GRPO and RLOO nothing"
        share = f"{_share(row['saturated'], problems)} of {_problems(problems)}"
        yield f"{share} gave nothing but correct samples: {_weight(k, 0)}{lost}."
    yield _of_groups(row, asked)
    if k > 1:
        yield (
            f"pass@{k} - pass@1 is {_number(row['gap'])}{_interval(row['gap_lower'], row['gap_upper'])}: pass@1 is "
            f"{_number(row['pass_at_1'])}, pass@{k} is {_number(row['pass_at_k'])}."
        )
        ess = row["alpha_ess_debiased"] if row["alpha_ess_debiased"] is not None else row["alpha_ess"]
        uneven = f", as uneven as if {ess:.0f} of {problems} problems shared it equally" if ess and problems > 1 else ""
        yield (
            f"the weight alpha_{k} is {_number(row['alpha_mean'])} on average{uneven}; the signal, this weight times "
            f"the rate of success, is {_number(row['signal_mass'])} on average."
        )
    else:
        yield f"pass@1 is {_number(row['pass_at_1'])}; its weight alpha_1 is 1 on every problem."
    if "top_answer" in row:
        yield _of_answers(row)


def _weight(k: int, weight: int) -> str:
    if k == 1:
        return "under pass@1 they carry a weight of 1, as every problem does"
    return f"under pass@{k} they carry an estimated weight of {weight}"


def _of_groups(row: dict[str, Any], asked: Asked) -> str:
    size = row["group_size"]
    if size == 1:
        return "how often a training group holds both a correct and a wrong sample is told with group_size= above 1."
    usual = "" if asked.sized else " (k, as group_size= was not given)"
    return (
        f"of training groups of {size}{usual}, {_percent(row['zero_signal'])} are all wrong and "
        f"{_percent(row['all_correct'])} all correct; {_percent(row['informative'])} hold both, which GRPO and RLOO "
        "learn from."
    )


def _of_answers(row: dict[str, Any]) -> str:
    if row["top_answer"] is None:
        return "every answer is null, so nothing is known of how often samples agree."
    top = f"the most frequent one has {_percent(row['top_answer'])} of the samples at hand."
    if row["same_answer"] is None:
        return f"no problem has two samples, so nothing is known of how often their answers agree; {top}"
    return f"two samples of a problem give the same answer with probability {_number(row['same_answer'])}; {top}"


def of_run(run: Run, trends: pl.DataFrame, asked: Asked) -> list[str]:
    """What is said of one run along its steps."""
    who = ", ".join(f"{column} {value}" for column, value in run.name.items())
    lead = f"{who}: " if who else ""
    return [lead + text for text in _of_run(run, trends, asked)]


def _of_run(run: Run, trends: pl.DataFrame, asked: Asked) -> Iterator[str]:
    rows = {row["measure"]: row for row in trends.iter_rows(named=True)}
    first, last, k = run.steps[0], run.steps[-1], asked.k
    span = f"from {asked.along} {first} to {last}"
    if rows["pass_at_1"]["p_value"] is None:
        yield f"{span}: {_too_few(run, rows['pass_at_1']['method'])}"
        return
    missing = f", {run.left_out} others are not at every step" if run.left_out else ""
    moves = {name: _moves(rows[name], asked) for name in ("pass_at_1", "pass_at_k", "gap")}
    told = {"pass_at_1": "pass@1"} if k == 1 else {"pass_at_1": "pass@1", "pass_at_k": f"pass@{k}", "gap": "the gap"}
    changes = ", ".join(
        f"{label} {_signed(rows[name]['change'])}{_interval(rows[name]['lower'], rows[name]['upper'])}"
        for name, label in told.items()
    )
    name, label = list(told.items())[-1]
    test = f"p {_p(rows[name]['p_value'])} for {label}"
    how = f"the mean of {len(run.n)} straight lines, one a problem{missing}; {test}"
    yield f"{span}, {changes} ({how}): {_meaning(moves, k)}"
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


def _too_few(run: Run, method: str) -> str:
    if method == "none: one cluster":
        return "all problems that are there at every step are of one cluster, which has no trend to tell."
    return f"{_problems(len(run.n))} {'is' if len(run.n) == 1 else 'are'} there at every step, too few for a trend."


def _meaning(moves: dict[str, int], k: int) -> str:
    if k == 1:
        return ("no trend of pass@1 can be told.", "pass@1 rises.", "pass@1 falls.")[moves["pass_at_1"]]
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
    # Further out the law that gives it is trusted no more.
    return f"= {value:.2g}" if value >= LEAST_P else f"< {LEAST_P:.0e}".replace("e-0", "e-")


def _problems(count: int) -> str:
    return f"{count} problem" if count == 1 else f"{count} problems"
