"""Where results go: standard output holds the result alone, standard error what is said about it."""

from __future__ import annotations

import io
import json
import os
import sys
import textwrap
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import typer
from rich.console import Console
from rich.text import Text

from passcurve.cli.errors import mute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import polars as pl
    from rich.console import RenderableType

    from passcurve.provenance import Provenance
    from passcurve.tally import Tally

Part: TypeAlias = "pl.DataFrame | Sequence[str] | None"
VERSION = 1
"""Of the JSON: one more when a key goes or changes its meaning, the same when one is added."""
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

    def emit(self, kind: str, result: pl.DataFrame | Tally, provenance: Provenance, **more: Part) -> None:
        """Writes and prints the result; ``kind`` names the schema of its JSON, which alone has ``more`` in it."""
        import polars as pl

        frame = result if isinstance(result, pl.DataFrame) else result.frame
        document = partial(_document, kind, {"rows": frame, **more, "provenance": provenance.to_dict()})
        if self.file is not None:
            _write(self.file, result, provenance, document)
        if self.json:
            text(document())
        elif self.csv:
            text(frame.write_csv())


def address(file: Path) -> Path | str:
    """The place of a file, which may be in a store: of ``s3://bucket/name`` a path has one slash left."""
    from passcurve._stores import SCHEMES

    scheme, colon, rest = file.as_posix().partition(":/")
    return f"{scheme}://{'/' if scheme == 'file' else ''}{rest}" if colon and scheme in SCHEMES else file


def _write(file: Path, result: pl.DataFrame | Tally, provenance: Provenance, document: Callable[[], str]) -> None:
    suffix = file.suffix.lower()
    import polars as pl

    from passcurve._paths import write

    if not isinstance(result, pl.DataFrame):
        if suffix == ".parquet":
            result.write_parquet(address(file))
            return
        result = result.frame
    content = io.BytesIO()
    if suffix == ".parquet":
        result.write_parquet(content, metadata={"passcurve.provenance": json.dumps(provenance.to_dict())})
    elif suffix == ".csv":
        result.write_csv(content)
    else:
        content.write(document().encode())
    write(address(file), content.getvalue())


def _document(kind: str, parts: Mapping[str, Part | dict[str, Any]]) -> str:
    import polars as pl

    content = {name: _rows(part) if isinstance(part, pl.DataFrame) else part for name, part in parts.items()}
    # Dates have no form of their own in JSON, and NaN and infinity have none at all.
    return json.dumps({"schema": schema(kind), **content}, indent=1, default=str, allow_nan=False) + "\n"


def schema(kind: str) -> str:
    """The name and version of the JSON of a command."""
    return f"passcurve.{kind}/{VERSION}"


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    import polars as pl
    import polars.selectors as cs

    floats = cs.float()
    return frame.with_columns(pl.when(floats.is_finite()).then(floats)).to_dicts()


def console(*, stderr: bool = False) -> Console:
    """Where tables and notes are printed: in colour on a terminal, or with FORCE_COLOR; never with NO_COLOR."""
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(stderr=stderr, color_system=None if plain else "auto", highlight=False, markup=False, emoji=False)


def width() -> int:
    """Of the terminal, else 80."""
    return console().width


def show(content: RenderableType) -> None:
    """Prints a table or text, in colour on a terminal; nothing is cut, not even on a narrow one."""
    printer = console()
    with printer.capture() as printed:
        printer.print(content, crop=False)
    # Cells are padded to the width of their column; at the end of a line that is noise.
    text("".join(f"{line.rstrip()}\n" for line in printed.get().splitlines()))


def heading(title: str) -> None:
    """Prints a line above what follows."""
    text("\n")
    show(Text(title, style="bold"))


def bullets(texts: Iterable[str]) -> None:
    """Prints sentences, each with a dash before it."""
    wrap = textwrap.TextWrapper(width(), initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
    for sentence in texts:
        text(wrap.fill(sentence) + "\n")


def text(content: str) -> None:
    """Prints to standard output; at once, so that a failure is seen here and not when Python ends."""
    try:
        sys.stdout.write(content)
        sys.stdout.flush()
    except OSError:
        mute()
        raise


def notes(lines: Iterable[str]) -> None:
    """Prints lines to standard error; they are wrapped on a terminal alone, and can be searched elsewhere."""
    printer = console(stderr=True)
    for line in lines:
        printer.print(line, style="dim", soft_wrap=not printer.is_terminal)
