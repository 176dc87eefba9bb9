"""Errors as one message on standard error and a status."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

import typer

from passcurve.cli.spelling import in_options
from passcurve.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_DATA, USAGE, INTERRUPTED, NO_READER = 1, 2, 130, 141


@contextlib.contextmanager
def statuses() -> Iterator[None]:
    """Ends the process as a command line should, on the errors that have a status."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # As other tools end, which the signal kills; and nothing may be flushed at exit.
        mute()
        raise typer.Exit(NO_READER) from None
    except (Error, OSError, MemoryError) as error:
        raise _said(error, BAD_DATA) from None
    except (ValueError, TypeError) as error:
        raise _said(error, USAGE) from None


def mute() -> None:
    """Sends the rest of standard output nowhere, so that the interpreter's last flush cannot fail."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _said(error: BaseException, status: int) -> typer.Exit:
    print(f"passcurve: {in_options(_message(error))}", file=sys.stderr)
    return typer.Exit(status)


def warned(message: Warning | str, *_: object) -> None:
    """Says a warning on standard error."""
    print(f"passcurve: warning: {in_options(str(message))}", file=sys.stderr)


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or ("out of memory" if isinstance(error, MemoryError) else type(error).__name__)
