"""Dumps of verl's own trainers, the one with sessions and the one before it, without the training."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

import passcurve as pk

PROMPTS = ["user\nwhat is 1+1?", "user\nwhat is 2+2? 「é」"]
ACCURATE = {10: [[True, False, True], [False, False, False]], 20: [[True, True, True], [False, True, False]]}


# The grammars of configurations need another antlr4 than lighteval, and no configuration is read here.
UNUSED = (
    "omegaconf.grammar_parser", "omegaconf.grammar_visitor", "omegaconf.grammar.gen.OmegaConfGrammarLexer",
    "omegaconf.grammar.gen.OmegaConfGrammarParser", "omegaconf.grammar.gen.OmegaConfGrammarParserVisitor",
    "hydra", "hydra.utils", "hydra.core", "hydra.core.config_store",
)  # fmt: skip


def dumped(name: str, folder: Path, extra: dict[int, dict[str, list[Any]]], **columns: list[Any]) -> Path:
    """A dump a step, by the trainer's own methods for it."""
    if importlib.util.find_spec("verl") is None:
        pytest.skip("verl is not installed")
    for unused in UNUSED:
        sys.modules.setdefault(unused, MagicMock())
    trainers = importlib.import_module(name)
    # The class of both modules that dumps; made without __init__, which would start workers.
    cls = next(one for one in vars(trainers).values() if isinstance(one, type) and "_dump_generations" in vars(one))
    plain: Any = type("Plain", (cls,), {"__init__": lambda self: None})
    plain.__abstractmethods__ = frozenset()
    for step, more in extra.items():
        trainer = plain()
        trainer.global_steps = step
        trainer._init_dump_executor()
        trainer._dump_generations(dump_path=str(folder), reward_extra_infos_dict=more, **columns)
        trainer._shutdown_dump_executor()
    return folder


def repeated(values: list[Any], times: int) -> list[Any]:
    return [value for value in values for _ in range(times)]


COLUMNS: dict[str, list[Any]] = {
    "inputs": repeated(PROMPTS, 3),
    "outputs": ["so it is 2"] * 6,
    "gts": repeated(["2", "4"], 3),
    "scores": [0.25] * 6,
}
TRAINERS = ["verl.trainer.ppo.ray_trainer", "verl.trainer.ppo.v1.trainer_base"]
COUNTS = [(10, 3, 0), (10, 3, 2), (20, 3, 1), (20, 3, 3)]


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("kind", [bool, float, int, np.bool_, np.float32])
@pytest.mark.filterwarnings("ignore")
def test_verl(tmp_path: Path, trainer: str, kind: type) -> None:
    flat = {step: [kind(one) for problem in accurate for one in problem] for step, accurate in ACCURATE.items()}
    extra = {
        step: {"reward": COLUMNS["scores"], "acc": acc, "pred": ["2"] * 6, "partial": [1]} for step, acc in flat.items()
    }
    log = dumped(trainer, tmp_path / "val", extra, **COLUMNS)
    for format in ("auto", "verl"):
        t = pk.tally(log, format=format)
        assert t.by == ("step",)
        assert sorted(t.frame.select("step", "n", "c").rows()) == COUNTS
        assert t.frame["problem"].n_unique() == 2
    frame = pk.scan(log, format="verl").collect()
    assert (frame["answer"].unique().to_list(), frame["reward"].unique().to_list()) == (["2"], [0.25])


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("kind", [float, np.float32])
@pytest.mark.filterwarnings("ignore")
def test_scores_without_a_verdict(tmp_path: Path, trainer: str, kind: type) -> None:
    scores = [kind(score) for score in (1, -1, 1, -1, -1, 1)]
    log = dumped(trainer, tmp_path / "val", {10: {}}, **COLUMNS | {"scores": scores})
    with pytest.raises(pk.DataError, match="say threshold="):
        pk.tally(log, format="verl")
    t = pk.tally(log, format="verl", threshold=1)
    assert sorted(t.frame.select("n", "c").rows()) == [(3, 1), (3, 2)]
    assert pk.scan(log, format="verl", threshold=1).collect()["reward"].to_list() == [1, -1, 1, -1, -1, 1]


@pytest.mark.filterwarnings("ignore")
def test_sessions_with_several_outputs(tmp_path: Path) -> None:
    # Two prompts with three sessions each, of which every second has two outputs; these share the last one's verdict.
    order = [(at, session, output) for at in range(2) for session in range(3) for output in range(1 + session % 2)]
    columns = {
        "inputs": [PROMPTS[at] if output == 0 else f"{PROMPTS[at]}\nand then?" for at, _, output in order],
        "outputs": ["o"] * len(order),
        "gts": [["2", "4"][at] for at, _, _ in order],
        "scores": [0.5] * len(order),
    }
    uids = [f"6f0c-{at}_{session}_{output}" for at, session, output in order]
    extra = {
        step: {"acc": [acc[at][session] for at, session, _ in order], "uid": uids} for step, acc in ACCURATE.items()
    }
    log = dumped(TRAINERS[1], tmp_path / "val", extra, **columns)
    t = pk.tally(log, format="auto")
    assert sorted(t.frame.select("step", "n", "c").rows()) == COUNTS
    assert t.provenance.left_out == {"an earlier output of its session": 4}
