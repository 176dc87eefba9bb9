"""Messages of the Python face in the words of the command line."""

from __future__ import annotations

import re
import shlex
from functools import cache

OTHERWISE = {"rng": "seed"}
"""Keywords that are called otherwise here."""
PYTHON_ALONE = (
    (re.compile(r" in passcurve\.tally\(\.\.\.\)"), ""),
    (re.compile(r", a pk\.Format,"), ","),
    (re.compile(r", or describe it by pk\.Format\(\.\.\.\)"), ""),
    (re.compile(r"; describe another one by pk\.Format\(\.\.\.\), or leave"), "; leave"),
    (re.compile(r", or name each tally with t\.with_by\(model=\.\.\.\) and merge them"), ""),
    (re.compile(r", plan (with a smaller k), or leave out such problems \(Tally\.from_counts [^)]*\)"), r" or plan \1"),
    (re.compile(r", or Tally\.from_counts of the filtered frame, leaves"), " leaves"),
    (re.compile(r"; pass a file object that fsspec or pyarrow opens, or a LazyFrame"), "; copy the files"),
    (re.compile(r", or say storage_options="), ""),
    (re.compile(r'say on_repeat="count" to count both'), "count both by passcurve merge --on-repeat count"),
    (re.compile(r"; counts are read with Tally\.read_parquet or Tally\.from_counts"), ""),
    (re.compile(r", with (pl\.col\('[^']*'\)\.cast\(pl\.Int64\) or \.str\.to_date\(\))"), r" (in Polars \1)"),
    (re.compile(r"bound_lower and bound_upper of Tally\.extrapolate"), "the bounds of Tally.extrapolate in Python"),
)
"""Ways out that need a program, and what is left of the sentence without them."""
KEYWORD = re.compile(
    r"""(?<![\w.'`"-])(?P<word>[a-z]\w*)=(?:
        \{"(?P<name>\w+)":\ \.\.\.\}
      | \[(?P<names>'[^\]]*')\]
      | "(?P<value>[^"]*)"
      | (?=[\s:;,.)]|$)
    )""",
    re.VERBOSE,
)
POLICY = re.compile(r"\b(?P<word>on_\w+|mixed|unmatched|partial)='(?P<value>[^']*)'")
"""A keyword with its value; other words in such quotes may be columns of the log."""
FIRST = re.compile(
    r"^(?:(?P<word>a|b|along)=(?=\S+ is not in |'\S+ is no column|'\S+ holds )|(?P<by>by)='(?P<value>[^']*)'(?=: ))"
)
ALONE = re.compile(r"(?:^|(?<=Lower ))(?P<word>[a-z]+(?:_[a-z]+)+)(?= = | of \d|,)")


def in_options(message: str) -> str:
    """A message of the Python face, with its keywords as options.

    >>> in_options('the verdict is null; say on_null="fail"')
    'the verdict is null; say --on-null fail'
    >>> in_options('say format_options={"scorer": ...} with one of: a, b; cluster= goes with method= one of t')
    'say --format-option scorer= with one of: a, b; --cluster goes with --method one of t'
    """
    for words, instead in PYTHON_ALONE:
        message = words.sub(instead, message)
    for pattern in (KEYWORD, POLICY, FIRST, ALONE):
        message = pattern.sub(_said, message)
    return message


def _said(match: re.Match[str]) -> str:
    found = {"by": None, "name": None, "names": None, "value": None} | match.groupdict()
    option = options().get(found["word"] or found["by"] or "")
    if option is None:
        return match[0]
    if found["name"]:
        return f"{option} {found['name']}="
    if found["names"]:
        found["value"] = found["names"][1:-1].replace("', '", ",")
    if found["value"] is not None:
        return f"{option} {shlex.quote(found['value'])}"
    return f"{option} " if match[0].endswith("=") and match.re is FIRST else option


@cache
def options() -> dict[str, str]:
    """Every option of every command, by its keyword in Python."""
    from typer.main import get_command

    from passcurve.cli.app import app

    found = {}
    for command in get_command(app).commands.values():  # type: ignore[attr-defined]
        for option in command.params:
            if option.param_type_name == "option":
                found[option.name] = max(option.opts, key=len)
    return found | {word: found[name] for word, name in OTHERWISE.items()}
