"""Measures what a log of any size costs: `python -m bench.scale` writes its sections of bench/RESULTS.md.

The measurements go to bench/scale/measured.json, from which the simulation starts.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path

from bench import report
from bench.scale.costs import MEASURED
from bench.scale.layouts import measured as layouts
from bench.scale.merging import counts, merges
from bench.scale.tables import sections

RESULTS = Path(__file__).parent.parent / "RESULTS.md"
BEFORE = "## Where the time of a tally goes\n"
"""The last part of the results, which is written by hand."""


def run(folder: Path) -> str:
    """Measures, keeps the measurements, and returns both sections."""
    measured = {"layouts": layouts(folder), "merges": merges(), "counts": counts(folder)}
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return sections(measured)


def spliced(results: str, text: str) -> str:
    """The results with these sections in place of those that they had."""
    rest = re.sub(r"^## Scale(, simulated)?\n(?:(?!## ).*\n)*", "", results, flags=re.MULTILINE)
    head, before, tail = rest.partition(BEFORE)
    return f"{head.rstrip()}\n\n{text.rstrip()}\n\n{before}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    logs = Path(tempfile.gettempdir())
    parser.add_argument("--data", type=Path, default=logs, help="where the logs are made, kept and found again")
    parser.add_argument("--tables", action="store_true", help="measure nothing, and write the tables anew")
    options = parser.parse_args()
    facts, start = report.facts("python -m bench.scale"), time.perf_counter()
    if options.tables:
        text = sections(json.loads(MEASURED.read_text(encoding="utf-8")))
        kept = re.search(r"^## Scale\n\n((?:- .*\n)+)", RESULTS.read_text(encoding="utf-8"), re.MULTILINE)
        facts = kept[1] if kept else facts
    else:
        text = run(options.data)
        print(f"{text}\nThis took {time.perf_counter() - start:.0f} s.")
    text = text.replace("## Scale\n", f"## Scale\n\n{facts.rstrip()}\n", 1)
    RESULTS.write_text(spliced(RESULTS.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
