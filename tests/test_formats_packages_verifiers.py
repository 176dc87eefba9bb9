"""Traces that verifiers scores and appends itself, of tasks that are solved without a model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import passcurve as pk

ANSWERS = {"2+2": ["4", "5", "4"], "3+3": ["9", "9"], "1+1": ["2", "two"]}


def written(folder: Path, *, durable: bool = False, single: bool = False, formatted: float = 0.0) -> Path:
    """A folder with traces.jsonl. The answer "two" makes the scoring break off."""
    vf = pytest.importorskip("verifiers.v1")
    from verifiers.v1.utils import trace_store

    class Data(vf.TaskData):
        answer: str

    class Sum(vf.Task[Data]):
        @property
        def key(self) -> str:
            return f"sum/{self.data.prompt}" if durable else self.hash

        @vf.reward
        async def correct(self, trace: Any) -> float:
            return float(int(trace.info["reply"]) == int(self.data.answer))

        @vf.reward(weight=formatted)
        async def short(self, trace: Any) -> float:
            return float(len(trace.info["reply"]) == 1)

    async def write() -> None:
        lock = asyncio.Lock()
        for prompt, replies in ANSWERS.items():
            for reply in replies:
                task = Sum(Data(prompt=prompt, answer=str(eval(prompt))))
                about = vf.TraceTask(type="Sum", data=task.data, key=task.key, hash=task.hash)
                agent = vf.AgentInfo(config=vf.AgentConfig(model="org/model"))
                trace = vf.Trace(task=about, agent=agent, info={"reply": reply})
                try:
                    await task.score(trace)
                    trace.ok = True
                except vf.TaskError as error:
                    trace.errors.append(vf.Error(type="TaskError", message=str(error)))
                if single:
                    await trace_store.append_trace(folder, trace, lock, env="sums")
                    continue
                judge = vf.Trace(task=about, agent=vf.AgentInfo(config=vf.AgentConfig(model="other"), name="judge"))
                episode = vf.Episode(env=vf.EnvInfo(id="sums"), task=about, traces=[trace, judge], ok=trace.ok)
                await trace_store.append_episode(folder, episode, lock)
        lost = vf.Episode(env=vf.EnvInfo(id="sums"), task=about, errors=[vf.Error(type="EnvError", message="boom")])
        await trace_store.append_episode(folder, lost, lock)

    asyncio.run(write())
    return folder


@pytest.mark.filterwarnings("ignore")
def test_episodes(tmp_path: Path) -> None:
    log = written(tmp_path, durable=True)
    for format in ("auto", "verifiers"):
        t = pk.tally(log, format=format)
        assert t.by == ("dataset", "model")
        group = ("sums", "org/model")
        assert sorted(t.frame.rows()) == [
            (*group, "sum/1+1", 1, 1),
            (*group, "sum/2+2", 3, 2),
            (*group, "sum/3+3", 2, 0),
        ]
        # The judge's own traces have no rewards, and neither has the answer that could not be scored.
        assert t.provenance.left_out == {"not scored": 8, "an episode without a trace": 1}


@pytest.mark.filterwarnings("ignore")
def test_tasks_that_are_known_by_their_hash(tmp_path: Path) -> None:
    t = pk.tally(written(tmp_path, single=True), format="verifiers")
    assert sorted(t.frame.select("n", "c").rows()) == [(1, 1), (2, 0), (3, 2)]
    assert all(len(problem) == 64 for problem in t.frame["problem"])


@pytest.mark.filterwarnings("ignore")
def test_weighted_rewards_need_a_threshold(tmp_path: Path) -> None:
    log = written(tmp_path, single=True, formatted=0.25)
    with pytest.raises(pk.DataError, match=r"the verdict [01]\.25 .*say threshold="):
        pk.tally(log, format="verifiers")
    assert pk.tally(log, format="verifiers", threshold=1).frame["c"].sum() == 3
    assert pk.scan(log, format="verifiers", threshold=1).collect()["reward"].to_list() == [
        1.25,
        0.25,
        1.25,
        0.25,
        0.25,
        1.25,
    ]
