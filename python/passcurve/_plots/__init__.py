"""The charts of `Tally.plot`. All that needs Altair is in here."""
