"""Reports that SWE-bench's own grading writes, results that tau2 saves, and a whole run of evalscope."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import passcurve as pk
from native_logs import lines

FIXED = {"run1": {"a__a-1": True, "a__a-2": False}, "run2": {"a__a-1": False, "a__a-2": False}}


def graded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs of a model on four instances: two that ran, one whose run broke off, one without a patch."""
    grading = pytest.importorskip("swebench.harness.grading")
    from swebench.harness.constants import END_TEST_OUTPUT, LOG_REPORT, LOG_TEST_OUTPUT, RUN_EVALUATION_LOG_DIR
    from swebench.harness.reporting import make_run_report
    from swebench.types import TestSpec

    monkeypatch.chdir(folder)
    model = "org/model"
    for run, fixed in FIXED.items():
        names = [*fixed, "a__a-3", "a__a-4"]
        predictions = {
            name: {"instance_id": name, "model_name_or_path": model, "model_patch": "" if name == "a__a-4" else "diff"}
            for name in names
        }
        for name, passed in fixed.items():
            spec = TestSpec(
                instance_id=name, image="", eval_script_list=[], repo="a/a", version="1", FAIL_TO_PASS=["t.py::new"],
                PASS_TO_PASS=["t.py::old"], log_parser="parse_log_pytest", eval_type="pass_and_fail",
            )  # fmt: skip
            logs = RUN_EVALUATION_LOG_DIR / run / model.replace("/", "__") / name
            logs.mkdir(parents=True)
            outcome = "PASSED" if passed else "FAILED"
            said = [grading.START_TEST_OUTPUT, f"{outcome} t.py::new", "PASSED t.py::old", END_TEST_OUTPUT]
            (logs / LOG_TEST_OUTPUT).write_text("\n".join(said))
            report = grading.get_eval_report(spec, predictions[name], str(logs / LOG_TEST_OUTPUT), True)
            assert report[name]["resolved"] is passed
            (logs / LOG_REPORT).write_text(json.dumps(report, indent=4))
        make_run_report(predictions, [{"instance_id": name} for name in names], run, report_dir=str(folder / "reports"))
    return folder


@pytest.mark.filterwarnings("ignore")
def test_swe_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = graded(tmp_path, monkeypatch)
    t = pk.tally(log / "logs", format="swe-bench")
    assert t.frame.rows() == [("org__model", "a__a-1", 2, 1), ("org__model", "a__a-2", 2, 0)]
    assert sorted(path.name for path in (log / "reports").iterdir()) == [f"org__model.{run}.json" for run in FIXED]
    # The reports of the runs have the instances that broke off too.
    for format in ("auto", "swe-bench"):
        t = pk.tally(log / "reports", format=format)
        assert t.frame.rows() == [("org__model", f"a__a-{at}", 2, int(at == 1)) for at in (1, 2, 3, 4)]


@pytest.mark.filterwarnings("ignore")
def test_tau2(tmp_path: Path) -> None:
    simulation = pytest.importorskip("tau2.data_model.simulation")
    from tau2.data_model.tasks import Task, UserScenario

    rewards = {"0": [1.0, 0.0, 1.0], "12": [0.0, 0.0, None]}
    runs = [
        simulation.SimulationRun(
            id=f"{task}-{trial}", task_id=task, start_time="t", end_time="t", duration=1.0, trial=trial, messages=[],
            termination_reason="too_many_errors" if reward is None else "user_stop", timestamp="t",
            reward_info=None if reward is None else simulation.RewardInfo(reward=reward),
        )
        for task, several in rewards.items() for trial, reward in enumerate(several)
    ]  # fmt: skip
    about = simulation.Info(
        git_commit="c", num_trials=3, max_steps=9, max_errors=9, user_info=simulation.UserInfo(implementation="u"),
        agent_info=simulation.AgentInfo(implementation="llm_agent", llm="org/model"),
        environment_info=simulation.EnvironmentInfo(domain_name="airline", policy="p"),
    )  # fmt: skip
    tasks = [Task(id=task, user_scenario=UserScenario(instructions="fly")) for task in rewards]
    simulation.Results(info=about, tasks=tasks, simulations=runs).save(tmp_path / "results.json")
    for format in ("auto", "tau2"):
        t = pk.tally(tmp_path, format=format)
        assert t.frame.rows() == [("airline", "org/model", "0", 3, 2), ("airline", "org/model", "12", 2, 0)]
        assert t.provenance.left_out == {"no reward: too_many_errors": 1}


@pytest.mark.filterwarnings("ignore")
def test_evalscope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A module of these tests has the name of one that evalscope needs.
    monkeypatch.setattr(sys, "path", [part for part in sys.path if Path(part) != Path(__file__).parent])
    monkeypatch.delitem(sys.modules, "jsonlines", raising=False)
    evalscope = pytest.importorskip("evalscope")
    from evalscope.api.model import ModelOutput
    from evalscope.models.mockllm import MockLLM

    questions = [{"question": f"{at}?", "A": "4", "B": "6", "answer": letter} for at, letter in enumerate("AB")]
    lines(tmp_path / "mine/default_val.jsonl", questions)
    said = [ModelOutput.from_content(model="mock", content=f"ANSWER: {letter}") for letter in "ABAABA"]
    config = evalscope.TaskConfig(
        model=MockLLM(model_name="org/mock", custom_outputs=said), datasets=["general_mcq"], repeats=3,
        dataset_args={"general_mcq": {"local_path": str(tmp_path / "mine"), "subset_list": ["default"]}},
        eval_batch_size=1, work_dir=str(tmp_path / "out"), no_timestamp=True,
    )  # fmt: skip
    evalscope.run_task(config)
    for format in ("auto", "evalscope"):
        t = pk.tally(tmp_path / "out", format=format)
        group = ("general_mcq_default", "org_mock")
        assert t.frame.rows() == [(*group, 0, 3, 2), (*group, 1, 3, 1)]
    frame = pk.scan(tmp_path / "out", format="evalscope").collect()
    assert frame.select("problem", "sample", "answer").rows() == [
        (at // 3, at % 3, letter) for at, letter in enumerate("ABAABA")
    ]
