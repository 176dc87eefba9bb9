"""Errors as one message on standard error and a status."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

import typer

from passcurve.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_DATA, USAGE, INTERRUPTED, NO_READER = 1, 2, 130, 141
POLICY = re.compile(
    r'\b(on_null|on_null_id|on_duplicate|partial|on_k_gt_n|method|over|mixed|unmatched)=["\']?([a-z]+)["\']?'
)
NAMES = re.compile(r"\b(problem|by)=\[('[^\]]*')\]")
VALUE = re.compile(r"^(?:(a|b)=(?=\S+ is not in )|(along)=(?='))")
FORMAT_OPTION = re.compile(r'format_options=\{"(\w+)": \.\.\.\}')
WORD = re.compile(
    r"\b(problem|verdict|by|sample|answer|reward|threshold|passing|failing|on_null|on_null_id|on_duplicate|partial|threads|"
    r"memory_limit|format|confidence_level|n_resamples|cluster|rng|a|b|n|on|along|group_size|compare|diagnose_k|half_width|difference|power|"
    r"problems|correlation)=(?=[\s:;,.)]|$)"
)


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


def in_options(message: str) -> str:
    """A message of the Python face, with its keywords as options.

    >>> in_options('the verdict is null; say on_null="fail"')
    'the verdict is null; say --on-null fail'
    """
    message = FORMAT_OPTION.sub(lambda match: f"--format-option {match[1]}=", message)
    message = message.replace("format_options= has", "--format-option has")
    message = POLICY.sub(lambda match: f"{_option(match[1])} {match[2]}", message)
    message = NAMES.sub(lambda match: f"{_option(match[1])} {_with_commas(match[2])}", message)
    message = VALUE.sub(lambda match: f"{_option(match[1] or match[2])} ", message)
    return WORD.sub(lambda match: _option(match[1]), message)


def _with_commas(names: str) -> str:
    return shlex.quote(names[1:-1].replace("', '", ","))


def _option(word: str) -> str:
    if len(word) == 1:
        return f"-{word}"
    return "--seed" if word == "rng" else "--" + word.replace("_", "-")
