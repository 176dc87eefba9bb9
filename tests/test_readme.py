"""What the README shows of the command line is what the command line prints."""

import doctest
import re
from pathlib import Path

from clitools import run

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_table_is_the_one_that_is_printed(tmp_path, monkeypatch):
    shown = re.search(r"^    \$ passcurve (pass runs .*)\n((?:    .*\n)+)", README, re.MULTILINE)
    assert shown is not None
    # The first block makes the log.
    block = README.split("```python\n")[1]
    first = "".join(example.source for example in doctest.DocTestParser().get_examples(block))
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(first.replace("Path(scratch.name, ", "Path("), names)
    names["scratch"].cleanup()
    printed = run(*shown[1].split()).stdout
    assert [line.removeprefix("    ") for line in shown[2].splitlines()] == printed.splitlines()
