"""What holds of a classic session holds over Connect, in a process of its own: one has either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sparks import IS_CONNECT

HERE = Path(__file__).parent
# What types there are, and what is said of bad ones, is the same code.
FEWER = "not types and (not bad_data or copy or verdict or struct)"
FILES = ["test_spark.py", "test_spark_errors.py", "test_spark_counts.py"]


@pytest.mark.skipif(IS_CONNECT, reason="this is that process")
def test_connect():
    # Importing PySpark's Connect warns of pandas 3.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore::FutureWarning"]
    done = subprocess.run(
        [*command, *FILES, "-k", FEWER],
        cwd=HERE,
        env=os.environ | {"PASSCURVE_SPARK": "connect", "PASSCURVE_SPARK_ROWS": "80000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
