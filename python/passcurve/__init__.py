"""Exact pass@k, its uncertainty and the learning signal behind it, from massive logs of sampled verdicts.

>>> t = pk.tally(log, problem="problem", verdict="correct", by="model")
>>> t.pass_at_k([1, 2])["estimate"].to_list()
[0.16666666666666666, 0.3333333333333333, 0.5, 0.5]
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from passcurve._core import build_info

__version__: str

if TYPE_CHECKING:
    from passcurve import advantages as advantages
    from passcurve import theory as theory
    from passcurve._merging import merge
    from passcurve._tallying import tally
    from passcurve.accumulator import Accumulator
    from passcurve.compare import Comparison
    from passcurve.concentration import rank_logprobs
    from passcurve.diagnose import Diagnosis
    from passcurve.errors import DataError, Error, InternalError, MemoryLimitError
    from passcurve.estimators import (
        alpha_k,
        alpha_k_plugin,
        g_pass_at_k,
        marginal_gain,
        mg_pass_at_k,
        pass_at_k,
        pass_at_k_plugin,
        pass_at_k_variance,
        pass_gap,
        pass_hat_k,
        signal_mass,
    )
    from passcurve.filtering import filter_correct
    from passcurve.groups import all_correct, informative, zero_signal
    from passcurve.provenance import Provenance, SourceFile
    from passcurve.readers import Format, scan
    from passcurve.samples import best_of_k, maj_at_k, max_at_k, min_at_k
    from passcurve.tally import Tally

__all__ = [
    "Accumulator",
    "Comparison",
    "DataError",
    "Diagnosis",
    "Error",
    "Format",
    "InternalError",
    "MemoryLimitError",
    "Provenance",
    "SourceFile",
    "Tally",
    "__version__",
    "advantages",
    "all_correct",
    "alpha_k",
    "alpha_k_plugin",
    "best_of_k",
    "filter_correct",
    "g_pass_at_k",
    "informative",
    "maj_at_k",
    "marginal_gain",
    "max_at_k",
    "merge",
    "mg_pass_at_k",
    "min_at_k",
    "pass_at_k",
    "pass_at_k_plugin",
    "pass_at_k_variance",
    "pass_gap",
    "pass_hat_k",
    "rank_logprobs",
    "scan",
    "signal_mass",
    "tally",
    "theory",
    "zero_signal",
]

# Where the names are. NumPy, Polars and most of the package are imported by the first use of one.
_MODULES = ("advantages", "errors", "estimators", "samples", "theory")
_PLACES = {
    "Accumulator": "accumulator",
    "Comparison": "compare",
    "Diagnosis": "diagnose",
    "Tally": "tally",
    "filter_correct": "filtering",
    "merge": "_merging",
    "rank_logprobs": "concentration",
    "tally": "_tallying",
    **dict.fromkeys(("DataError", "Error", "InternalError", "MemoryLimitError"), "errors"),
    **dict.fromkeys(("Format", "scan"), "readers"),
    **dict.fromkeys(("Provenance", "SourceFile", "__version__"), "provenance"),
    **dict.fromkeys(("all_correct", "informative", "zero_signal"), "groups"),
    **dict.fromkeys(("best_of_k", "maj_at_k", "max_at_k", "min_at_k"), "samples"),
}
_ESTIMATORS = "estimators"


class _Package(ModuleType):
    """The package, where `tally` is the function although there is a module of this name."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name == "tally" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f"passcurve.{name}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = import_module(f"passcurve.{_PLACES.get(name, _ESTIMATORS)}")
        found = globals()[name] = getattr(module, "VERSION" if name == "__version__" else name)
        return found


def __dir__() -> list[str]:
    return __all__


if build_info()["profile"] == "debug":
    import warnings

    warnings.warn(
        "passcurve is a debug build, many times slower than it should be; build it with `maturin develop --release`",
        RuntimeWarning,
        stacklevel=2,
    )
