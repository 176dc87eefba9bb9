"""Logs of evaluation pipelines and trainers, in their own formats."""

from __future__ import annotations

from passcurve.readers._format import Format
from passcurve.readers._scan import scan

__all__ = ["Format", "scan"]
