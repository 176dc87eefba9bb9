"""The formats that are known by name, in the order in which a log is held against them."""

from __future__ import annotations

from passcurve.readers._format import Format
from passcurve.readers.formats import agents, code, evals, nemo_skills, rl, suites

FORMATS: dict[str, Format] = {
    one.name: one for module in (code, evals, agents, rl, nemo_skills, suites) for one in module.FORMATS
}
