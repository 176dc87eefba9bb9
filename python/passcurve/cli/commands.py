"""What typer's commands do otherwise here: errors have statuses, and help has its options in order."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from passcurve.cli.errors import statuses, warned
from passcurve.cli.options import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable


class Command(TyperCommand):
    """A command whose --help comes last."""

    def get_params(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Its options, for the parser and for help."""
        return _in_order(super().get_params(ctx))


class Commands(TyperGroup):
    """The commands, with their errors turned to statuses and their warnings to lines."""

    def get_params(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """The options of the program itself."""
        return _in_order(super().get_params(ctx))

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Runs a command."""
        with statuses(), warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = warned  # type: ignore[assignment]  # it needs the message alone
            try:
                return super().invoke(ctx)
            except typer.BadParameter as error:
                # So typer passes on what pydantic says.
                error.message = error.message.removeprefix("Value error, ")
                raise


def _in_order(options: Iterable[Any]) -> list[Any]:
    """The options, those of the output last and --help beside them; flags have no value in help."""
    found = list(options)
    for option in found:
        if getattr(option, "is_flag", False) and option.metavar is None:
            option.metavar = ""
        if option.name == "help" and any(_panel(other) == OUTPUT for other in found):
            option.rich_help_panel = OUTPUT
    return sorted(found, key=lambda option: _panel(option) == OUTPUT)


def _panel(option: Any) -> str | None:
    return getattr(option, "rich_help_panel", None)
