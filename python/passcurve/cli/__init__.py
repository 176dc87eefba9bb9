"""The entry of the command line. `import passcurve` never comes here, so it needs neither typer nor rich."""

from __future__ import annotations

import sys

NEEDED = ("typer", "rich")


def main() -> None:
    """Runs the command line and exits.

    The status is 0; 1 when the data or a file is bad; 2 when the call is wrong; 130 after Ctrl-C; 141 when
    the reader of the output went away.
    """
    try:
        from passcurve.cli.app import app

        app(prog_name="passcurve")
    except KeyboardInterrupt:
        # Before there is a command that says so: imports take a moment.
        sys.exit(130)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in NEEDED:
            raise
        print("the command line needs the extra: pip install 'passcurve[cli]'", file=sys.stderr)
        sys.exit(2)
