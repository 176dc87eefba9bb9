"""What a log of any size costs: measured in pieces here, and put together by a simulation."""
