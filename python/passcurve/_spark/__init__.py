"""Logs in Spark: what `passcurve.spark` is made of. PySpark is imported where it is first needed, and not before."""
