"""Functions of the Rust core as Polars expressions, over the plugin interface."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.plugins import register_plugin_function

from passcurve import _core

if TYPE_CHECKING:
    from collections.abc import Mapping

# Polars 2.1 asks, so that equal calls are computed once; older ones have no such word.
_DETERMINISTIC: dict[str, Any] = (
    {"is_deterministic": True} if "is_deterministic" in inspect.signature(register_plugin_function).parameters else {}
)


def expression(name: str, inputs: Mapping[str, object], *, tau: float | None = None, or_null: bool = False) -> pl.Expr:
    """The function ``name`` of the core over columns, under its own name.

    Raises:
        TypeError: an input is neither a column's name, an expression, a Series nor a number.
    """
    columns = [_as_column(word, value) for word, value in inputs.items()]
    if tau is not None:
        columns.append(pl.lit(tau, dtype=pl.Float64))
    return register_plugin_function(
        plugin_path=_core.__file__,
        function_name=f"{name}_or_null" if or_null else name,
        args=columns,
        is_elementwise=True,
        **_DETERMINISTIC,
    ).alias(name)


def _as_column(word: str, value: object) -> pl.Expr:
    if isinstance(value, pl.Expr):
        return value
    if isinstance(value, str):
        return pl.col(value)
    if isinstance(value, pl.Series):
        return pl.lit(value)
    # A count is an integer of any kind, or a float with an integral value; the core says what it is not.
    if getattr(value, "ndim", 0) == 0 and (hasattr(value, "__index__") or hasattr(value, "__float__")):
        return pl.lit(int(value) if hasattr(value, "__index__") else float(value))  # type: ignore[arg-type]
    raise TypeError(
        f"{word} is {type(value).__name__}, which does not go with column names and expressions; pass one {word}, or a "
        f'column of them (for several, one expression each: [pk.pass_at_k("n", "c", k).alias(f"pass@{{k}}") '
        f"for k in (1, 8)])"
    )
