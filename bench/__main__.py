"""Runs the benchmarks: `python -m bench` runs all and writes bench/RESULTS.md.

python -m bench estimators                  one subject, to the terminal only
python -m bench tally --rows 10000000       smaller logs
python -m bench tally -o results.md         to a file of its own
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import time
from pathlib import Path

from bench import (
    advantages,
    compare,
    estimators,
    expressions,
    extrapolate,
    growth,
    inference,
    logs,
    native,
    ray,
    report,
    samples,
    spark,
    tally,
)
from bench.scale.__main__ import run as run_scale

SUBJECTS = (
    "estimators",
    "expressions",
    "tally",
    "growth",
    "native",
    "ray",
    "spark",
    "inference",
    "compare",
    "extrapolate",
    "advantages",
    "samples",
    "scale",
)
RESULTS = Path(__file__).parent / "RESULTS.md"
PROFILE = Path(__file__).parent / "PROFILE.md"
"""Written by hand, from a profiler: where the time of a tally goes."""


def main(arguments: list[str]) -> None:
    options = _parse(arguments)
    parts = [report.header(" ".join(["python -m bench", *map(shlex.quote, arguments)]))]
    print(parts[0])
    for subject in options.subjects or SUBJECTS:
        start = time.perf_counter()
        text = _run(subject, options)
        parts.append(f"{text}\nThis part took {time.perf_counter() - start:.0f} s.\n")
        print(f"\n{parts[-1]}", flush=True)
    if "tally" in (options.subjects or SUBJECTS):
        parts.append(PROFILE.read_text(encoding="utf-8"))
    output = options.output or (None if options.subjects else RESULTS)
    if output:
        output.write_text("\n".join(parts), encoding="utf-8")
        print(f"written to {output}")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"any of {', '.join(SUBJECTS)}; none: all")
    parser.add_argument(
        "--rows", type=_rows, default=100_000_000, help="rows of a log of the tally (default: 100000000)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="where the logs are made, kept and found again",
    )
    parser.add_argument("-o", "--output", type=Path, help="the report (default for a run of all: bench/RESULTS.md)")
    options = parser.parse_args(arguments)
    for subject in options.subjects:
        if subject not in SUBJECTS:
            parser.error(f"no subject is called {subject!r}; there are {', '.join(SUBJECTS)}")
    return options


def _rows(text: str) -> int:
    rows = int(text)
    if rows < logs.KEYS or rows % logs.KEYS:
        raise argparse.ArgumentTypeError(f"a multiple of {logs.KEYS} (models x problems), not {rows}")
    return rows


def _run(subject: str, options: argparse.Namespace) -> str:
    if subject == "tally":
        return tally.run(options.data, options.rows)
    others = {"growth": growth.run, "native": native.run, "ray": ray.run, "spark": spark.run, "scale": run_scale}
    if subject in others:
        return others[subject](options.data)
    runs = {
        "estimators": estimators.run,
        "expressions": expressions.run,
        "inference": inference.run,
        "compare": compare.run,
        "extrapolate": extrapolate.run,
        "advantages": advantages.run,
        "samples": samples.run,
    }
    return runs[subject]()


if __name__ == "__main__":
    main(sys.argv[1:])
