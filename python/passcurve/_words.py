"""The keyword arguments that the tables of a tally share, said once."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from passcurve._choices import Method, OnKGtN, Over
from passcurve._estimate import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    Table = TypeVar("Table", bound=Callable[..., Any])


class TableWords(TypedDict, total=False):
    """As in `Tally.pass_hat_k`."""

    method: Method
    confidence_level: float
    over: Over
    cluster: str | Sequence[str] | None
    on_k_gt_n: OnKGtN
    n_resamples: int
    rng: int | np.random.Generator
    threads: int | None


def as_words(given: TableWords) -> Words:
    """The words that were given, and the defaults of the others."""
    return Words(**given)


def shows_words(function: Table) -> Table:
    """Makes ``**words: Unpack[TableWords]`` appear as the arguments that they are, in help and completion."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    words = list(inspect.signature(Words).parameters.values())

    @wraps(function)
    def shown(*args: Any, **kwargs: Any) -> Any:
        unknown = kwargs.keys() - {p.name for p in (*own, *words)}
        if unknown:
            raise TypeError(f"{function.__name__}() got an unexpected keyword argument {min(unknown)!r}")
        return function(*args, **kwargs)

    shown.__signature__ = signature.replace(parameters=[*own, *words])  # type: ignore[attr-defined]
    return shown  # type: ignore[return-value]
