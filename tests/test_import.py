"""What `import passcurve` imports, and that names which are imported later are the right ones."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import passcurve as pk

LATER = ("numpy", "polars", "altair", "typer", "rich", "scipy", "pyarrow", "pandas")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_import_is_of_the_core_alone():
    loaded = python("import sys, passcurve; print(*sorted(n for n in sys.modules if n.startswith('passcurve')))")
    assert loaded.split() == ["passcurve", "passcurve._core"]
    assert python(f"import sys, passcurve; print(set({LATER}) & set(sys.modules))") == "set()\n"


def test_a_tally_needs_polars_and_numpy_alone():
    code = f"import sys, passcurve as pk; pk.tally; pk.theory; print(*sorted(set({LATER}) & set(sys.modules)))"
    assert python(code).split() == ["numpy", "polars"]


def test_a_type_checker_is_told_of_the_places_that_are_used():
    package = ast.parse(Path(pk.__file__).read_text(encoding="utf-8"))
    typed = next(node for node in package.body if isinstance(node, ast.If))
    told = {alias.name: node.module for node in typed.body for alias in node.names}
    assert set(told) | {"__version__"} == set(pk.__all__)
    for name, place in told.items():
        assert getattr(pk, name) is getattr(import_module(place), name)


@pytest.mark.parametrize(
    "first",
    [
        "import passcurve.tally",
        "from passcurve.tally import Tally",
        "import passcurve; passcurve.Tally",
        "import passcurve; passcurve.tally; import passcurve.tally",
        "from passcurve import *",
    ],
)
def test_tally_is_the_function_whatever_is_imported_before(first):
    assert python(f"{first}\nimport passcurve as pk; print(pk.tally.__module__)") == "passcurve._tallying\n"


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'passcurve' has no attribute 'nonsense'"):
        _ = pk.nonsense
    assert not hasattr(pk, "np")
    assert dir(pk) == sorted(pk.__all__)


def test_names_can_be_replaced(monkeypatch):
    monkeypatch.setattr(pk, "tally", len)
    assert pk.tally is len


def test_any_name_may_be_the_first():
    """No order of imports inside the package is needed; each is tried in a package that is imported anew."""
    code = """
import sys
from pathlib import Path
import passcurve
folder = Path(passcurve.__file__).parent
files = [file.relative_to(folder.parent).with_suffix("") for file in folder.rglob("*.py") if file.stem != "__init__"]
steps = [f"import passcurve; passcurve.{name}" for name in passcurve.__all__]
# What runs on Ray imports it, and is imported where it is there.
steps += ["import " + ".".join(file.parts) for file in files if "_ray" not in file.parts]
for step in steps:
    for name in [name for name in sys.modules if name.startswith("passcurve") and name != "passcurve._core"]:
        del sys.modules[name]
    try:
        exec(step, {})
    except ModuleNotFoundError as error:
        # The engines have an environment of their own.
        if (error.name or "").partition(".")[0] not in {"ray", "pyspark"}:
            raise
print(len(steps))
"""
    assert int(python(code)) > len(pk.__all__) + 60


@pytest.mark.parametrize("asked", ["--help", "--version", "pass --help", "schema pass", "--show-completion"])
def test_help_and_completion_wait_for_neither_polars_nor_numpy(asked):
    code = f"""
import sys
sys.argv = ["passcurve", *{asked.split()!r}]
from passcurve.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
print("imported:", *sorted({{"polars", "numpy", "altair"}} & set(sys.modules)))
"""
    assert python(code).splitlines()[-1] == "imported:"
