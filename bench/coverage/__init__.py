"""How often the intervals hold the truth, over populations of problems; see `python -m bench.coverage --help`."""
