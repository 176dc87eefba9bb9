"""A run of TRL's own GRPO trainer with a model of a few random numbers, against what its reward functions returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import passcurve as pk

CHARACTERS = "0123456789+="
CHAT = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def tiny() -> tuple[Any, Any]:
    """A model and a tokenizer that need no download."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    words = {word: at for at, word in enumerate(["<pad>", "<eos>", "<unk>", *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Qwen2Config(
        vocab_size=len(words), num_key_value_heads=2, bos_token_id=None, eos_token_id=1, pad_token_id=0, **shape
    )
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=CHAT, **special)
    return Qwen2ForCausalLM(config), wrapped


class Run:
    """A trainer, all that its reward functions returned, and how much of it there was at each log."""

    def __init__(self, folder: Path, *, chat: bool, evaluate: bool = False, **settings: Any) -> None:
        pytest.importorskip("trl")
        from datasets import Dataset
        from transformers import TrainerCallback
        from trl import GRPOConfig, GRPOTrainer

        self.rewarded: list[tuple[str, float, float | None]] = []
        self.logged: dict[int, int] = {}
        outer = self

        class Watch(TrainerCallback):
            def on_log(self, args: Any, state: Any, control: Any, **more: Any) -> None:
                outer.logged[state.global_step] = len(outer.rewarded)

        def text(part: Any) -> str:
            return part if isinstance(part, str) else part[-1]["content"]

        def even(prompts: list[Any], completions: list[Any], **more: Any) -> list[float]:
            found = [float(any(digit in text(one) for digit in "02468")) for one in completions]
            applied = [1.0 if "1" in text(prompt) else None for prompt in prompts]
            outer.rewarded += zip(map(text, prompts), found, applied, strict=True)
            return found

        def length(completions: list[Any], **more: Any) -> list[float]:
            return [len(text(one)) / 8 for one in completions]

        def only_ones(prompts: list[Any], **more: Any) -> list[float | None]:
            return [1.0 if "1" in text(prompt) else None for prompt in prompts]

        prompts = [f"{a}+{b}=" for a in "12" for b in "34"]
        rows = [{"prompt": [{"role": "user", "content": one}] if chat else one} for one in prompts]
        model, tokenizer = tiny()
        config = GRPOConfig(
            output_dir=str(folder), log_completions=True, num_generations=4, max_completion_length=6, use_cpu=True,
            bf16=False, report_to="none", save_strategy="no", logging_steps=1, num_completions_to_print=0,
            disable_tqdm=True, eval_strategy="steps" if evaluate else "no", eval_steps=2, **settings,
        )  # fmt: skip
        trainer = GRPOTrainer(
            model=model, reward_funcs=[even, length, only_ones], args=config, train_dataset=Dataset.from_list(rows),
            eval_dataset=Dataset.from_list(rows), processing_class=tokenizer, callbacks=[Watch()],
        )  # fmt: skip
        self.kept = config.generation_batch_size
        trainer.train()

    def counts(self, column: int) -> list[tuple[int, int, int]]:
        """Step, n and c of each prompt in what was logged, a completion under the first step that it was logged at."""
        rows: list[tuple[int, str, float]] = []
        before = 0
        for step, after in sorted(self.logged.items()):
            fresh = self.rewarded[max(before, after - self.kept) : after]
            rows += [(step, row[0], row[column]) for row in fresh if row[column] is not None]
            before = after
        frame = pl.DataFrame(rows, ["step", "prompt", "reward"], orient="row")
        counted = frame.group_by("step", "prompt").agg(n=pl.len(), c=pl.col("reward").sum().cast(pl.Int64))
        return sorted(counted.select("step", "n", "c").rows())


def shown(t: pk.Tally) -> list[tuple[object, ...]]:
    return sorted(t.frame.select("step", "n", "c").rows())


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_each_generation_is_logged_twice(tmp_path: Path, chat: bool) -> None:
    run = Run(tmp_path, chat=chat, per_device_train_batch_size=4, steps_per_generation=2, max_steps=6)
    assert len(list(tmp_path.glob("completions/completions_*.parquet"))) == 6
    with pytest.raises(pk.DataError, match="with one of: even, length, only_ones"):
        pk.tally(tmp_path / "completions", format="trl")
    t = pk.tally(tmp_path, format="trl", format_options={"verdict": "even"})
    assert t.frame["n"].sum() == len(run.rewarded) == 24
    assert shown(t) == run.counts(1)
    assert t.provenance.left_out == {"logged again under a later step": 24}
    # The prompt is the problem: it has the same name at each step.
    assert t.frame["problem"].n_unique() == len({prompt for prompt, _, _ in run.rewarded}) == 4


@pytest.mark.filterwarnings("ignore")
def test_a_reward_of_some_prompts(tmp_path: Path) -> None:
    run = Run(tmp_path, chat=False, per_device_train_batch_size=8, max_steps=4)
    options = {"verdict": "only_ones"}
    with pytest.raises(pk.DataError, match="has no verdict"):
        pk.tally(tmp_path, format="trl", format_options=options)
    t = pk.tally(tmp_path, format="auto", format_options=options, on_null="skip")
    assert shown(t) == run.counts(2)
    assert t.provenance.nulls == sum(applied is None for _, _, applied in run.rewarded) > 0


@pytest.mark.filterwarnings("ignore")
def test_validation_writes_over_the_same_files(tmp_path: Path) -> None:
    settings = {"per_device_train_batch_size": 8, "per_device_eval_batch_size": 4, "max_steps": 4}
    run = Run(tmp_path, chat=False, evaluate=True, **settings)
    t = pk.tally(tmp_path, format="trl", format_options={"verdict": "even"})
    assert shown(t) == run.counts(1)
