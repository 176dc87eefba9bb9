"""Exact pass@k, its uncertainty and the learning signal behind it, from massive logs of sampled verdicts.

>>> t = pk.tally(log, problem="problem", verdict="correct", by="model")
>>> t.pass_at_k([1, 2])["estimate"].to_list()
[0.16666666666666666, 0.3333333333333333, 0.5, 0.5]
"""

from passcurve import _core, advantages, theory
from passcurve._tallying import tally
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
from passcurve.provenance import VERSION, Provenance, SourceFile
from passcurve.readers import Format, scan
from passcurve.samples import best_of_k, maj_at_k, max_at_k, min_at_k
from passcurve.tally import Tally

__version__ = VERSION

__all__ = [
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


def __dir__() -> list[str]:
    return __all__


if _core.build_info()["profile"] == "debug":
    import warnings

    warnings.warn(
        "passcurve is a debug build, many times slower than it should be; build it with `maturin develop --release`",
        RuntimeWarning,
        stacklevel=2,
    )
