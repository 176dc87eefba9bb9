"""From the LOGS of a command to a tally."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from passcurve._paths import expand, forbid_overwriting
from passcurve.cli import stdin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passcurve.tally import Tally


def load(logs: Sequence[str], output: Path | None, progress: bool | None, **counting: Any) -> Tally:
    """Counts the logs; where the first is a saved tally all must be, and they add up. ``-`` is standard input.

    Raises:
        ValueError: ``output`` is one of the logs, or a saved tally is given together with options that say how to
            count, or ``-`` together with other logs.
    """
    if stdin.SIGN not in logs:
        return _load(logs, output, progress, **counting)
    if len(logs) > 1:
        raise ValueError("- is standard input, and a log by itself; ./- is a file of that name")
    with stdin.as_file(progress) as path:
        # Of rows the folder, which holds nothing else: what is above it is no key. A format reads files of any name.
        log = path if counting.get("format") is not None else str(Path(path).parent)
        return stdin.renamed(_load([log], output, progress, **counting), path)


def _load(logs: Sequence[str], output: Path | None, progress: bool | None, **counting: Any) -> Tally:
    from passcurve._merging import merge
    from passcurve._saved import is_saved
    from passcurve._tallying import tally

    counting = {word: value for word, value in counting.items() if value is not None}
    if "format" in counting:
        return _native(logs, output, progress, **counting)
    if "format_options" in counting:
        raise ValueError("--format-option goes with --format")
    files, _ = expand(logs)
    if output is not None:
        forbid_overwriting(output, files)
    if not is_saved(files[0]):
        # What is pooled is said below the table, so not in a warning too.
        return tally(list(logs), progress=progress, **{"by": [], **counting})
    log = next((file for file in files if Path(file).exists() and not is_saved(file)), None)
    if log is not None:
        raise ValueError(f"{files[0]} is a saved tally and {log} is not; tally the logs with -o, then give all tallies")
    given = ", ".join(f"{word}=" for word in counting if word != "threads")
    if given:
        raise ValueError(f"{files[0]} is a saved tally, whose samples are counted already: leave out {given}")
    return merge(files)


def _native(logs: Sequence[str], output: Path | None, progress: bool | None, **counting: Any) -> Tally:
    """Logs in a format of their own, which also says what tells groups apart."""
    from passcurve._tallying import tally

    options = chosen(counting.pop("format_options", None))
    if output is not None:
        forbid_overwriting(output, logs)
    return tally(list(logs), progress=progress, format_options=options, **counting)


def chosen(words: Sequence[str] | None) -> dict[str, str]:
    """Options of a format, given as name=value.

    Raises:
        ValueError: one without a name or a value.
    """
    options = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise ValueError(f"--format-option takes name=value, such as scorer=match, not {word!r}")
        options[name] = value
    return options
