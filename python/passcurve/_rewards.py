"""Rewards and the ids of their groups as arrays, from what trainers hold them in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from passcurve._checks import LARGEST_COUNT

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = "npt.NDArray[np.float32] | npt.NDArray[np.float64]"

# Device types of DLPack: CPU, and pinned memory of the host.
ON_THE_HOST = (1, 3)
FRAMES = ("DataFrame", "LazyFrame", "Table")


def as_rewards(rewards: object) -> Floats:
    """Rewards as a contiguous array, float32 for float32 and float16, else float64; not copied if it is one."""
    if type(rewards).__name__ in FRAMES:
        raise TypeError(
            f"rewards is a {type(rewards).__name__}, which may be one row a sample or one row a problem; pass a column "
            "of rewards with groups= another (frame['reward'], groups=frame['problem']), or frame.to_numpy() where "
            "each row is a group"
        )
    array = on_host(rewards, "rewards")
    if array.dtype.kind not in "iufb":
        raise TypeError(f"rewards holds {array.dtype}; rewards are floats, integers or booleans{_culprit(array)}")
    if array.ndim == 0:
        raise ValueError("rewards is one number; the last axis of rewards is the group, so pass an array")
    if array.shape[-1] == 0 and array.ndim > 1:
        raise ValueError(f"rewards has shape {array.shape}: a group needs at least one sample")
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        _check_exact(array)
    kind = np.float32 if array.dtype.kind == "f" and array.dtype.itemsize <= 4 else np.float64
    with np.errstate(over="ignore"):  # an infinite reward is found with its place later
        return np.require(array, kind, ["C", "A"])


def number_groups(groups: object, samples: int) -> tuple[Ints, list[Any]]:
    """The number of each sample's group, in order of first appearance, and the groups' ids."""
    ids = _as_ids(groups)
    if len(ids) != samples:
        raise ValueError(f"groups has {len(ids)} ids and rewards {samples} samples; give one id a sample")
    if isinstance(ids, list):
        numbers = {key: number for number, key in enumerate(dict.fromkeys(ids))}
        return np.fromiter(map(numbers.__getitem__, ids), np.int64, samples), list(numbers)
    known, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(known), np.int64)
    rank[order] = np.arange(len(known))
    return rank[inverse], known[order].tolist()


def on_host(value: object, word: str) -> npt.NDArray[Any]:
    """Anything with the values of an array in main memory, as an array; not copied where that can be."""
    if isinstance(value, str | bytes | pl.Expr):
        raise TypeError(f"{word} is a name or an expression; pass the values themselves, such as frame[{word!r}]")
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{word} is a masked array, whose mask would be lost; leave the masked samples out")
    if isinstance(value, pl.Series):
        if value.null_count():
            at = int(value.is_null().arg_max() or 0)
            raise ValueError(f"{word}[{at}] is null; leave such samples out, or fill them")
        return value.to_numpy()
    if hasattr(value, "__dlpack_device__") and not isinstance(value, np.ndarray | np.generic):
        _forbid_device(value, word)
        if hasattr(value, "__dlpack__"):
            return _tensor(value, word)
    if isinstance(value, list | tuple):
        for at, part in enumerate(value):
            if hasattr(part, "__dlpack_device__") and not isinstance(part, np.ndarray | np.generic):
                _forbid_device(part, f"{word}[{at}]")
    try:
        return np.asarray(value)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(
            f"the rows of {word} differ in length; pass one flat list, and groups= with an id for each sample"
        ) from None


def _tensor(value: Any, word: str) -> npt.NDArray[Any]:
    try:
        return np.from_dlpack(value)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        reason = error
    try:
        if hasattr(value, "__array__"):
            return np.asarray(value)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        reason = error
    raise TypeError(
        f"{word} cannot be read as an array: {reason}. NumPy has no bfloat16 and no strided device memory; "
        f"for torch, pass {word}.detach().cpu(), with .float() for bfloat16"
    ) from reason


def _forbid_device(value: Any, word: str) -> None:
    """Fails on a tensor that has a gradient, or lies where NumPy cannot read."""
    if getattr(value, "requires_grad", False):
        raise TypeError(f"{word} requires grad, and what is computed here is constant; pass {word}.detach().cpu()")
    try:
        device = int(value.__dlpack_device__()[0])
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        # Torch refuses to name devices that DLPack has no type for.
        raise TypeError(f"{word} is on a device ({error}); pass {word}.detach().cpu()") from error
    if device not in ON_THE_HOST:
        raise TypeError(f"{word} is on a device (of DLPack's type {device}); pass {word}.detach().cpu()")


def _check_exact(array: npt.NDArray[Any]) -> None:
    if array.size and (int(array.max()) > LARGEST_COUNT or int(array.min()) < -LARGEST_COUNT):
        beyond = (array > LARGEST_COUNT) | (array < -LARGEST_COUNT)
        at = tuple(map(int, np.unravel_index(int(np.argmax(beyond)), array.shape)))
        raise ValueError(f"rewards{list(at)} = {array[at]} is past 2^53, where not every integer is a float")


def _culprit(array: npt.NDArray[Any]) -> str:
    """The first element that is no number, where the array can tell."""
    if array.dtype.kind != "O":
        return ""
    for at in np.ndindex(array.shape):
        if isinstance(array[at], list | tuple | np.ndarray | pl.Series):
            return (
                f"; rewards{list(at) if at else ''} is a list. Lists of one length go as an array "
                "(np.array(rewards.to_list())), others as one flat Series with an id for each sample: explode the "
                "frame by frame.explode('rewards'), and give groups="
            )
        if not isinstance(array[at], int | float | np.number | np.bool_):
            return f"; rewards{list(at) if at else ''} is {array[at]!r}"
    return ""


def _as_ids(groups: object) -> list[Any] | npt.NDArray[Any]:
    if isinstance(groups, list | tuple):
        return _named(list(groups))
    array = on_host(groups, "groups")
    if array.ndim != 1:
        raise ValueError(f"groups has shape {array.shape}; it is one-dimensional, an id for each sample")
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind not in "OUT":
        raise TypeError(f"groups holds {array.dtype}; the ids of groups are integers or strings")
    return _named(array.tolist())


def _named(ids: list[Any]) -> list[Any]:
    if set(map(type, ids)) <= {str, int}:
        return ids
    for at, key in enumerate(ids):
        if isinstance(key, bool) or not isinstance(key, str | int | np.integer):
            raise TypeError(f"groups[{at}] is {key!r}; the ids of groups are integers or strings")
    return ids
