"""How `passcurve.ray` uses Ray, which nothing else imports."""
