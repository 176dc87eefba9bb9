"""Evaluation harnesses: Inspect, lm-evaluation-harness, lighteval."""

from __future__ import annotations

from passcurve.readers.formats.inspect_ai import INSPECT
from passcurve.readers.formats.lighteval import LIGHTEVAL
from passcurve.readers.formats.lm_eval import LM_EVAL

FORMATS = (INSPECT, LM_EVAL, LIGHTEVAL)
