"""Where results go: standard output holds the result alone, standard error what is said about it."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import typer
from rich.console import Console

from passcurve import _atomic
from passcurve.cli.errors import mute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from passcurve.provenance import Provenance
    from passcurve.tally import Tally

SUFFIXES = (".parquet", ".csv", ".json")


@dataclass(frozen=True)
class Data:
    """A result as data: printed, written, both, or neither, which leaves a table to be printed.

    What cannot be written is refused here, before a row is read.
    """

    json: bool
    csv: bool
    file: Path | None

    def __post_init__(self) -> None:
        if self.json and self.csv:
            raise typer.BadParameter("only one of them can be printed", param_hint="--json / --csv")
        if self.file is not None and self.file.suffix.lower() not in SUFFIXES:
            raise typer.BadParameter(f"{self.file} must end in {', '.join(SUFFIXES)}", param_hint="-o")

    def __bool__(self) -> bool:
        return self.json or self.csv or self.file is not None

    def emit(self, kind: str, result: pl.DataFrame | Tally, provenance: Provenance) -> None:
        """Writes and prints the result; ``kind`` names the schema of its JSON."""
        frame = result if isinstance(result, pl.DataFrame) else result.frame
        if self.file is not None:
            _write(self.file, kind, result, provenance)
        if self.json:
            text(_document(kind, frame, provenance))
        elif self.csv:
            text(frame.write_csv())


def _write(file: Path, kind: str, result: pl.DataFrame | Tally, provenance: Provenance) -> None:
    suffix = file.suffix.lower()
    if not isinstance(result, pl.DataFrame):
        if suffix == ".parquet":
            result.write_parquet(file)
            return
        result = result.frame
    content = io.BytesIO()
    if suffix == ".parquet":
        result.write_parquet(content, metadata={"passcurve.provenance": json.dumps(provenance.to_dict())})
    elif suffix == ".csv":
        result.write_csv(content)
    else:
        content.write(_document(kind, result, provenance).encode())
    _atomic.write(file, content.getvalue())


def _document(kind: str, frame: pl.DataFrame, provenance: Provenance) -> str:
    content = {"schema": f"passcurve.{kind}/1", "rows": frame.to_dicts(), "provenance": provenance.to_dict()}
    # Dates have no form of their own in JSON.
    return json.dumps(content, indent=1, default=str) + "\n"


def width() -> int:
    """Of the terminal, else 80."""
    return Console().width


def show(content: RenderableType) -> None:
    """Prints a table or text, in colour on a terminal; nothing is cut, not even on a narrow one."""
    console = Console()
    with console.capture() as printed:
        console.print(content, crop=False)
    # Cells are padded to the width of their column; at the end of a line that is noise.
    text("".join(f"{line.rstrip()}\n" for line in printed.get().splitlines()))


def text(content: str) -> None:
    """Prints to standard output; at once, so that a failure is seen here and not when Python ends."""
    try:
        sys.stdout.write(content)
        sys.stdout.flush()
    except OSError:
        mute()
        raise


def notes(lines: Iterable[str]) -> None:
    """Prints lines to standard error."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    for line in lines:
        console.print(line, style="dim")
