"""Tasks of Ray: how they are started, waited for and cancelled, and what they raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import ray

from passcurve._sharding.driving import OURS, attempt
from passcurve._warnings import warn
from passcurve.errors import MemoryLimitError


@dataclass
class Running:
    """What was started, for tasks that take so many CPUs each."""

    num_cpus: float
    remote_args: Mapping[str, Any]
    refs: list[Any] = field(default_factory=list)

    @property
    def options(self) -> dict[str, Any]:
        """What each task asks for."""
        return {"num_cpus": self.num_cpus, **self.remote_args}

    @property
    def threads(self) -> int:
        """The threads of a task."""
        return max(1, int(self.num_cpus))

    def slots(self) -> tuple[int, int]:
        """How many tasks run at once in the whole cluster, and on the machine that runs the most."""
        if not ray.is_initialized():
            ray.init()
        alive = [node.get("Resources", {}).get("CPU", 0) for node in ray.nodes() if node.get("Alive")]
        at_once = [int(cpus // self.num_cpus) for cpus in alive]
        if not any(at_once):
            warn(
                f"no machine of the Ray cluster has num_cpus={self.num_cpus:g}, but {max(alive, default=0):g} at most: "
                "the tasks wait until one joins that has"
            )
        return max(1, sum(at_once)), max(1, *at_once, 1)

    def start(self, work: Callable[..., Any], *args: Any, returns: int = 1) -> list[Any]:
        """Starts a task; a reference for each thing that it returns."""
        options = {"scheduling_strategy": "SPREAD", "name": f"passcurve {work.__name__}", **self.options}
        refs = ray.remote(attempt).options(num_returns=returns, **options).remote(work, returns, *args)
        refs = [refs] if returns == 1 else list(refs)
        self.refs.append(refs[0])
        return refs

    def cancel(self) -> None:
        """Cancels what is not done."""
        if self.refs:
            # Ray may end the process that cancels a task which is just about to end.
            for ref in ray.wait(self.refs, num_returns=len(self.refs), timeout=0.1, fetch_local=False)[1]:
                with suppress(Exception):
                    ray.cancel(ref)

    def got(self, ref: Any, name: str) -> Any:
        """What a task returned.

        Raises:
            What it raised, as if it had been raised here; what Ray says of workers that were lost too often.
        """
        try:
            found = ray.get(ref)
        except ray.exceptions.OutOfMemoryError as error:
            first = str(error).strip().partition("\n")[0]
            raise MemoryLimitError(
                f"{name}: Ray ended the worker, for its machine ran out of memory; say more shards=, or a larger "
                f"num_cpus= so that fewer run at once ({first})"
            ) from None
        except ray.exceptions.RayError as error:
            cause = _cause(error)
            if isinstance(cause, OURS) and not isinstance(cause, ray.exceptions.RayError):
                raise cause from None
            error.add_note(name)
            raise
        if isinstance(found, BaseException):
            raise found
        return found


@contextmanager
def running(num_cpus: float, remote_args: Mapping[str, Any] | None) -> Iterator[Running]:
    """Tasks that are cancelled on Ctrl-C."""
    started = Running(num_cpus, dict(remote_args or {}))
    try:
        yield started
    except KeyboardInterrupt:
        started.cancel()
        raise


def _cause(error: BaseException) -> BaseException:
    # A task whose input failed says so by an error around the first one.
    while isinstance(error, ray.exceptions.RayTaskError) and isinstance(error.cause, BaseException):
        error = error.cause
    return error
