"""What doctests and tests share."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import passcurve as pk

# They change the process that they run in (signals, open files), and run in one of their own: `make formats`.
collect_ignore_glob = [] if "PASSCURVE_FORMATS" in os.environ else ["tests/test_formats_packages*.py"]
# They need Ray, Spark and a server of objects, which are in an environment of their own: `make engines`.
OF_ENGINES = ["tests/engines/*", "docs/ray.md", "docs/spark.md", "docs/cloud.md"]
OF_ENGINES += ["python/passcurve/ray.py", "python/passcurve/_ray/*"]
OF_ENGINES += ["python/passcurve/spark.py", "python/passcurve/_spark/*"]
if "PASSCURVE_ENGINES" not in os.environ:
    collect_ignore_glob += OF_ENGINES
elif not (shutil.which("java") or "JAVA_HOME" in os.environ or os.environ.get("CI") == "true"):
    print("Spark is left out: there is no Java, of which it needs 17", file=sys.stderr)
    collect_ignore_glob += ["tests/engines/test_spark*", "tests/engines/spark*"]
    collect_ignore_glob += ["docs/spark.md", "python/passcurve/spark.py", "python/passcurve/_spark/*"]

SHARED = Path(os.environ.get("PASSCURVE_SHARED", Path(__file__).parent.parent / "shared"))


@pytest.fixture(autouse=True)
def _names_of_examples(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any], tmp_path: Path) -> None:
    # A page that imports the package runs as a reader would run it: with what it defines itself.
    if request.path.suffix == ".md" and "import passcurve" in request.path.read_text(encoding="utf-8"):
        doctest_namespace.clear()
        return
    doctest_namespace |= {
        "pk": pk,
        "pl": pl,
        "np": np,
        "tmp": tmp_path,
        "log": pl.DataFrame(
            {
                "model": ["base"] * 6 + ["rl"] * 6,
                "problem": ["p1", "p1", "p1", "p2", "p2", "p2"] * 2,
                "sample": [0, 1, 2] * 4,
                "correct": [True, False, False, False, False, False, True, True, True, False, False, False],
            }
        ),
    }


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of golden vectors and real logs beside the checkout."""
    if not SHARED.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no shared folder at {SHARED}")
        pytest.skip(f"no shared folder at {SHARED}; set PASSCURVE_SHARED")
    return SHARED
