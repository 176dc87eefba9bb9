"""What every command that reads logs is asked: which logs, how they are counted, and where the result goes."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, get_type_hints

from passcurve._progress import Stages
from passcurve.cli import options as opt
from passcurve.cli import output as out
from passcurve.cli.logs import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from passcurve.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Counting:
    """The words of `passcurve.tally`, as options."""

    by: opt.By = None
    problem: opt.Problem = None
    verdict: opt.Verdict = None
    sample: opt.Sample = None
    answer: opt.Answer = None
    reward: opt.Reward = None
    threshold: opt.Threshold = None
    passing: opt.Passing = None
    failing: opt.Failing = None
    on_null: opt.NullPolicy = None
    on_null_id: opt.NullIdPolicy = None
    on_duplicate: opt.DuplicatePolicy = None
    partial: opt.PartialPolicy = None
    format: opt.Format = None
    format_options: opt.FormatOptions = None
    threads: opt.Threads = None
    memory_limit: opt.MemoryLimit = None


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Whether the counting is shown."""

    progress: opt.ShowProgress = None


@dataclass(frozen=True, kw_only=True)
class Output(Watching):
    """How the result is given."""

    as_json: opt.Json = False
    as_csv: opt.Csv = False
    output: opt.Output = None


@dataclass(frozen=True)
class Asked:
    """The logs of a call and the options that all commands on logs share."""

    logs: list[str]
    counting: Counting
    watching: Watching

    def tally(self, output: Path | None = None) -> Tally:
        """Counts the logs; ``output`` is a file that is none of them."""
        words = {field.name: getattr(self.counting, field.name) for field in fields(self.counting)}
        return load(self.logs, output, self.watching.progress, **words)

    def stages(self, parts: int = 1) -> Stages:
        """A bar over what follows the counting."""
        return Stages(self.watching.progress, parts)


@dataclass(frozen=True)
class AskedForData(Asked):
    """As `Asked`, of a command whose result may be data."""

    data: out.Data

    def tally(self, output: Path | None = None) -> Tally:
        """Counts the logs, of which the output is none."""
        return super().tally(output or self.data.file)


def reads_logs(function: Callable[..., None]) -> Callable[..., None]:
    """Makes ``function(asked, *, own options)`` a command, with the logs and shared options in place of ``asked``."""

    def asked(logs: list[str], counting: Counting, output: Output) -> AskedForData:
        return AskedForData(logs, counting, output, out.Data(output.as_json, output.as_csv, output.output))

    return _command(function, Output, asked)


def counts_logs(function: Callable[..., None]) -> Callable[..., None]:
    """As `reads_logs`, for a command that says itself where its result goes."""
    return _command(function, Watching, Asked)


def _command(function: Callable[..., None], last: type, make: Callable[..., Asked]) -> Callable[..., None]:
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    logs = inspect.Parameter("logs", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=opt.Logs)
    shown = [logs, *own, *_parameters(Counting), *_parameters(last)]

    @wraps(function)
    def command(**given: Any) -> None:
        counting, watching = (
            kind(**{field.name: given.pop(field.name) for field in fields(kind)}) for kind in (Counting, last)
        )
        function(make(given.pop("logs"), counting, watching), **given)

    # typer reads both.
    command.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return command


def _parameters(kind: type) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(kind)
    ]
