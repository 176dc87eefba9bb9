"""The report of a tally: one HTML page that needs nothing else."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from passcurve import _atomic
from passcurve._keyed import Keyed
from passcurve._paths import forbid_overwriting
from passcurve._progress import Stages

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex

    import numpy as np

    from passcurve._choices import Method, OnKGtNOfReport, Over
    from passcurve.tally import Tally

NEEDED = ("altair", "vl_convert")


class Reporting(Keyed):
    """The report of a tally."""

    __slots__ = ()

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        k: SupportsIndex | Iterable[SupportsIndex] | None = None,
        diagnose_k: int | None = None,
        group_size: int | None = None,
        along: str | None = None,
        compare: Any | Sequence[Any] | None = None,
        method: Method = "auto",
        confidence_level: float = 0.95,
        over: Over = "problems",
        cluster: str | Sequence[str] | None = None,
        on_k_gt_n: OnKGtNOfReport = "error",
        rng: int | np.random.Generator = 0,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> None:
        """Writes one HTML page with the tables, curves, comparison, diagnosis, problems, data quality and methods.

        The page is one file that loads nothing from elsewhere. A reader of ``path`` sees the old file or the whole new
        one. The same tally and words give the same bytes.

        Args:
            path: where to, such as ``"report.html"``.
            title: of the page. None: "pass@k report".
            k: draws of the tables and curves, one or several, to which 1 is added. None: powers of two up to the
                smallest n, and that n.
            diagnose_k: the draws of the diagnosis and of the table of problems. None: the largest of ``k`` up to 8.
            group_size: the samples of a training group, as in `Tally.diagnose`.
            along: the ``by`` column of training steps, numbers or dates. None: the one called step, checkpoint,
                global_step, training_step or epoch, if any.
            compare: the groups that are compared: a value each, or a tuple of values where there are several ``by``
                columns. The first is the one that the others are compared with; alone, with up to 6 others. None: the
                first group, in the order of the table.
            method: the interval of pass@k, as this and the next three are in `Tally.pass_at_k`.
            confidence_level: between 0 and 1.
            over: "problems" or "samples".
            cluster: key column or columns that name families of problems.
            on_k_gt_n: what k > n is: "error", "drop" (that k, in the groups it concerns) or "skip" (those problems).
            rng: the seed of what is drawn: the bands of comparisons, and "bootstrap" and "studentized".
            threads: None for ``RAYON_NUM_THREADS`` or else all cores; the page does not depend on it.
            progress: None shows a bar on a terminal when the work takes longer than 1.5 seconds; False never; True at
                once.

        Raises:
            ImportError: Altair or vl-convert is not installed.
            ValueError: there is no problem; a word is wrong; ``path`` is one of the files that were counted; and what
                `Tally.pass_at_k`, `Tally.compare` and `Tally.diagnose` refuse.

        Warns:
            UserWarning: what they warn of; the page says it too.

        >>> import tempfile
        >>> from pathlib import Path
        >>> t = pk.tally(log, problem="problem", verdict="correct", by="model")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     t.report(Path(folder, "report.html"), title="p1 and p2")
        ...     Path(folder, "report.html").read_text(encoding="utf-8").count("<h1>p1 and p2</h1>")
        1
        """
        check()
        from passcurve.report.asked import asked  # noqa: PLC0415 (with Altair, which is an extra and slow to import)
        from passcurve.report.page import PARTS, page  # noqa: PLC0415

        tally = cast("Tally", self)
        forbid_overwriting(path, (file.path for file in tally.provenance.files))
        words = asked(
            self.frame,
            self._key(),
            title=title,
            k=k,
            diagnose_k=diagnose_k,
            group_size=group_size,
            along=along,
            compare=compare,
            method=method,
            confidence_level=confidence_level,
            over=over,
            cluster=cluster,
            on_k_gt_n=on_k_gt_n,
            rng=rng,
            threads=threads,
        )
        with Stages(progress, len(PARTS) + 1) as begins:
            content = page(tally, words, begins)
        _atomic.write(path, content.encode())


def check() -> None:
    """Fails where the charts of a report cannot be drawn."""
    missing = next((name for name in NEEDED if find_spec(name) is None), None)
    if missing is not None:
        raise ImportError("a report needs Altair and vl-convert: pip install 'passcurve[report]'", name=missing)
