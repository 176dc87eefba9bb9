"""What pass@k does as an objective, in closed form and in small simulations. No log is needed.

It follows Yu, *Pass@k metric for RLVR: a diagnostic tool of exploration, but not an objective*; docs/paper.md goes
through the paper statement by statement.

>>> pk.theory.curves(4, p=[0.1, 0.5]).select("p", "pass_at_k", "alpha_k")["alpha_k"].round(3).to_list()
[2.916, 0.5]
"""

from passcurve.theory._curves import curves
from passcurve.theory._discovery import discovery, discovery_bounds, draws_for_discovery, unseen_mass
from passcurve.theory._simulation import batches, simulate

__all__ = ["batches", "curves", "discovery", "discovery_bounds", "draws_for_discovery", "simulate", "unseen_mass"]


def __dir__() -> list[str]:
    return __all__
