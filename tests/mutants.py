"""Damages valid log files and tallies what comes of it, in this process: run it in one of its own.

python mutants.py FORMAT SEED COUNT: prints a line of JSON with what became of COUNT mutants of a format.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import mutant_logs
import passcurve as pk
from mutant_logs import ROWS, Log
from passcurve import _roles

ADDRESS_SPACE = 6 << 30
FAIR = {"refused", "conserved", "the same"}
ANY = bytes(range(256))
JSON = b' \t\r\n"\\{}[]:,0123456789-+.eEutrfalsn'
# Mutants of one file.
EACH = 50


def mutant(draw: random.Random, content: bytes, alphabet: bytes = ANY) -> bytes:
    """The file with one to four small wounds, most of them near its metadata."""
    damaged = bytearray(content)
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        near_end = draw.random() < 0.4
        at = len(damaged) - 1 - draw.randrange(min(600, len(damaged))) if near_end else draw.randrange(len(damaged))
        match draw.randrange(6):
            case 0:
                damaged[at] ^= 1 << draw.randrange(8)
            case 1:
                damaged[at] = draw.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF] if alphabet is ANY else alphabet)
            case 2:
                damaged[at : at + 1] = bytes([damaged[at]]) * draw.choice([0, 2, 5])
            case 3:
                length = draw.randrange(1, 9)
                damaged[at : at + length] = bytes(draw.choices(alphabet, k=length))
            case 4:
                damaged[at : at + 4] = draw.choice([2**31 - 1, 2**32 - 1, 2**30, 10**6]).to_bytes(4, "little")
            case _:
                other = draw.randrange(len(damaged))
                length = draw.randrange(1, 40)
                damaged[at : at + length] = damaged[other : other + length]
    return bytes(damaged)


def damaged(draw: random.Random, log: Log) -> bytes:
    """A mutant of the file, or a whole file of a mutant of what it holds."""
    text = log.suffix.startswith((".js", ".ndjson", ".eval"))
    if log.packed is None:
        return mutant(draw, log.content, JSON if text else ANY)
    if draw.random() < 0.5:
        return log.packed(mutant(draw, log.content, JSON))
    return mutant(draw, log.packed(log.content))


def fate(path: Path, log: Log) -> str:
    """What a tally makes of a file: refused, conserved, the same as elsewhere, or a word for what must not be."""
    try:
        found = pk.tally(path, threads=1, progress=False, **log.words)
    except pk.InternalError as error:
        return f"panic: {error}"
    except (pk.DataError, ValueError) as error:
        if "decoder failed" in str(error):
            return f"panic: {error}"
        return "refused" if str(path) in str(error) else f"no file in: {error}"
    expected = log.other(path)
    if expected is None:
        rows = int(found.frame["n"].sum()) + found.provenance.null_ids
        return "conserved" if rows == ROWS else f"{rows} rows"
    nulls = found.provenance.nulls if log.words["on_null"] == "skip" else 0
    counted = sorted(row for row in found.frame.rows() if row[-2] > 0), found.provenance.null_ids + nulls
    return "the same" if counted == expected else f"another count: {str(expected)[:200]}"


def main() -> None:
    """Makes and tallies mutants; fails when one came to what must not be."""
    kind, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    warnings.filterwarnings("ignore", "not one sample passed|the log has no rows")
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    draw, fates = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for at in range(count):
            if at % EACH == 0:
                log = mutant_logs.FORMATS[kind](draw)
                path = Path(folder) / f"mutant{log.suffix}"
                path.write_bytes(log.packed(log.content) if log.packed else log.content)
                assert fate(path, log) in {"conserved", "the same"}, fate(path, log)
            # Parts of lines, from a few bytes to all of them.
            _roles.RANGE_BYTES = draw.choice([None, 100, 4000])
            path.write_bytes(damaged(draw, log))
            outcome = fate(path, log)
            if outcome not in FAIR:
                keep = Path(tempfile.gettempdir()) / f"mutant-{seed}-{at}{log.suffix}"
                keep.write_bytes(path.read_bytes())
                outcome = f"{outcome} ({keep})"
            fates[outcome] += 1
    print(json.dumps(fates))
    sys.exit(not fates.keys() <= FAIR)


if __name__ == "__main__":
    main()
