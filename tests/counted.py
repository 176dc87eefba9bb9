"""What a tally must come to, row by row in a dict."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def counted(
    rows: Iterable[tuple[Any, bool | None]], on_null: str, on_null_id: str
) -> dict[Any, tuple[int, int]] | None:
    """n and c of each key, from keys (None for a null id) and verdicts; None where a policy makes the log an error."""
    counts: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for key, verdict in rows:
        if key is None:
            if on_null_id == "error":
                return None
            continue
        if verdict is None and on_null == "error":
            return None
        if verdict is None and on_null == "skip":
            continue
        count = counts[key]
        count[0] += 1
        count[1] += bool(verdict)
    return {key: (n, c) for key, (n, c) in counts.items()}
