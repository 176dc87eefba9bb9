"""The policies that all ways of counting take, and what is wrong with them whatever the log is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passcurve._checks import one_of
from passcurve._choices import OnDuplicate, OnNull, OnNullId, Partial

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = {"on_null": OnNull, "on_null_id": OnNullId, "on_duplicate": OnDuplicate, "partial": Partial}


def check_policies(policies: Mapping[str, object], *, tells_samples: bool) -> None:
    """Fails on a word that is no policy, and on one for copies where samples are not told apart.

    Raises:
        ValueError: such a word.
    """
    for name, words in WORDS.items():
        one_of(name, policies[name], words)
    on_duplicate = policies["on_duplicate"]
    if on_duplicate != "error" and not tells_samples:
        raise ValueError(f"on_duplicate={on_duplicate!r} needs sample=, the column of the sample's index")
