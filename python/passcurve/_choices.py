"""The words that calls choose among: all that the help of the command line needs to know of the functions."""

from __future__ import annotations

from typing import Literal, TypeAlias

Method: TypeAlias = Literal[
    "auto", "t", "percentile", "basic", "bca", "lattice", "studentized", "wilson", "gamma", "beta", "bayes", "bootstrap"
]
PairedMethod: TypeAlias = Literal["auto", "t", "mover", "percentile", "lattice", "bca"]
Over: TypeAlias = Literal["problems", "samples"]
OnKGtN: TypeAlias = Literal["error", "drop", "skip"]
OnKGtNOrBeyond: TypeAlias = Literal["error", "drop", "skip", "extrapolate"]
OnKGtNOfReport: TypeAlias = Literal["error", "drop", "skip"]
Unmatched: TypeAlias = Literal["error", "drop"]
Mixed: TypeAlias = Literal["error", "majority"]
Ties: TypeAlias = Literal["fair", "wrong", "right"]
OnNull: TypeAlias = Literal["error", "fail", "skip"]
OnNullId: TypeAlias = Literal["error", "skip"]
OnDuplicate: TypeAlias = Literal["error", "agree", "first"]
Partial: TypeAlias = Literal["error", "skip"]
OnRepeat: TypeAlias = Literal["error", "count"]

LABELS = {
    "pass_at_k": "pass@k",
    "pass_hat_k": "pass^k",
    "alpha_k": "alpha_k",
    "g_pass_at_k": "G-Pass@k",
    "mg_pass_at_k": "mG-Pass@k",
}
"""Those that have another name in a table than in a program."""
SAMPLED_LABELS = {"max_at_k": "max@k", "min_at_k": "min@k", "best_of_k": "best-of-k", "maj_at_k": "maj@k"}
STEPS = ("step", "checkpoint", "global_step", "training_step", "epoch")
"""What columns of training steps are called."""
