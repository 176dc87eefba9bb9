"""Details that lighteval's own tracker writes, of the metrics that its own code computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import passcurve as pk

TASK = "sums|0"
PASSES = [0, 1, 3, 4, 2]
DRAWN = 4


def written(folder: Path, metrics: dict[str, list[dict[str, int]]], passes: list[int] = PASSES) -> Path:
    """The details of documents of which so many of four answers are right, in a folder of the tracker's."""
    pytest.importorskip("lighteval")
    from lighteval.logging.evaluation_tracker import EvaluationTracker
    from lighteval.metrics import apply_metric
    from lighteval.metrics.metrics import Metrics
    from lighteval.models.abstract_model import ModelConfig
    from lighteval.models.model_output import ModelResponse
    from lighteval.tasks.requests import Doc

    made = [getattr(Metrics, name)(sample_params=one) for name, several in metrics.items() for one in several]
    docs = [
        Doc(query=f"{at}?", choices=["4"], gold_index=0, id=str(at), task_name=TASK, num_samples=DRAWN)
        for at in range(len(passes))
    ]
    answers = [["4"] * right + [f"{wrong}0" for wrong in range(DRAWN - right)] for right in passes]
    responses = [ModelResponse(input=doc.query, text=texts) for doc, texts in zip(docs, answers, strict=True)]
    tracker = EvaluationTracker(output_dir=str(folder), save_details=True)
    tracker.general_config_logger.model_name = "org/model"
    tracker.general_config_logger.model_config = ModelConfig(model_name="org/model")
    for doc, response, values in zip(docs, responses, apply_metric(responses, docs, made), strict=True):
        tracker.metrics_logger.log(TASK, values)
        tracker.details_logger.log(TASK, doc, response, values)
    tracker.details_logger.aggregate()
    tracker.save()
    return folder


def counts(n: int, passes: list[int]) -> list[tuple[object, ...]]:
    return [(TASK, "org/model", str(at), n, right) for at, right in enumerate(passes)]


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"avg_at_n": [{"n": 4}]}, "avg@n:n=4"),
        ({"pass_at_k": [{"k": 1, "n": 4}]}, "pass@k:k=1&n=4"),
        ({"pass_at_k": [{"k": 1}]}, "pass@k:k=1"),
        ({"pass_at_k": [{"k": 2, "n": 4}, {"k": 1, "n": 4}], "avg_at_n": [{"n": 4}]}, "pass@k:k=1&n=4"),
        ({"pass_at_k": [{"k": 4, "n": 4}], "avg_at_n": [{"n": 4}]}, "avg@n:n=4"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_counts_come_back(tmp_path: Path, metrics: dict[str, Any], said: str) -> None:
    log = written(tmp_path, metrics)
    t = pk.tally(log / "details", format="lighteval")
    assert t.by == ("dataset", "model")
    assert t.frame.rows() == counts(4, PASSES)
    assert t.provenance.notes[0].endswith(f"c is recovered from {said}")
    (file,) = log.rglob("*.parquet")
    assert pk.tally(file, format="auto") == t


@pytest.mark.filterwarnings("ignore")
def test_of_a_larger_k(tmp_path: Path) -> None:
    # Three of four and four of four have the same pass@2, and pass@2 of one or two of them another each.
    log = written(tmp_path / "some", {"pass_at_k": [{"k": 2, "n": 4}]}, [0, 1, 2])
    assert pk.tally(log / "details", format="lighteval").frame.rows() == counts(4, [0, 1, 2])
    log = written(tmp_path / "all", {"pass_at_k": [{"k": 2, "n": 4}]})
    with pytest.raises(pk.DataError, match=r"pass@k:k=2&n=4 = 1 of 4 responses may be c = 3 to 4, .*; log pass@1 too"):
        pk.tally(log / "details", format="lighteval")


@pytest.mark.filterwarnings("ignore")
def test_of_fewer_than_were_drawn(tmp_path: Path) -> None:
    log = written(tmp_path, {"avg_at_n": [{"n": 2}]})
    assert pk.tally(log / "details", format="lighteval").frame.rows() == counts(2, [min(2, right) for right in PASSES])


@pytest.mark.filterwarnings("ignore")
def test_votes_are_refused(tmp_path: Path) -> None:
    log = written(tmp_path, {"maj_at_n": [{"n": 4}]})
    with pytest.raises(pk.DataError, match="does not say how many of 4 responses passed"):
        pk.tally(log / "details", format="lighteval")
