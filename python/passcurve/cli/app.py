"""The commands, put together."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from passcurve.cli.demo import demo
from passcurve.cli.errors import Commands
from passcurve.cli.output import text
from passcurve.cli.pass_ import estimate
from passcurve.cli.report import write as report
from passcurve.cli.tally import count

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Exact pass@k and its uncertainty from massive logs of sampled verdicts.",
    epilog="Example: passcurve pass runs/ --by model,step -k 1,8,64",
)
app.command("pass", epilog="Example: passcurve pass runs/ --by model,step -k 1,8,64 --on-null fail")(estimate)
app.command("tally", epilog="Example: passcurve tally runs/ --by model,step -o counts.parquet")(count)
app.command("report", epilog="Example: passcurve report runs/ --by model,step -o report.html")(report)
app.command("demo", epilog="Example: passcurve demo --keep demo-log")(demo)


def _version(wanted: bool) -> None:
    if wanted:
        text(f"passcurve {version('passcurve')}\n")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...
