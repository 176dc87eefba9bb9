"""Counts a log in a session whose workers have no Python."""

from __future__ import annotations

import polars as pl
from sparks import agrees, session

import passcurve as pk
import passcurve.spark


def main() -> None:
    spark = session(python="/bin/false")
    frame = pl.DataFrame(
        {
            "problem": ["a", "a", "b", None, "b"],
            "sample": [0, 0, 0, 0, 1],
            "correct": ["y", "y", "n", "y", None],
            "answer": ["1", "1", None, "3", "4"],
            "reward": [1.0, 1.0, 0.5, 0.0, 0.0],
        }
    )
    words = {"sample": "sample", "answer": "answer", "reward": "reward", "on_null": "skip", "on_null_id": "skip"}
    agrees(spark, frame, passing="y", on_duplicate="agree", **words)
    agrees(spark, frame, passing="y", on_duplicate="first", order="answer", **words)
    print("counted")
    try:
        agrees(spark, frame, passing="y", **words)
    except pk.DataError:
        print("refused")
    counts = passcurve.spark.to_frame(pk.Tally.from_counts(pl.DataFrame({"problem": [1], "n": [2], "c": [1]})), spark)
    try:
        counts.select(passcurve.spark.pass_at_k("n", "c", 1)).collect()
    except Exception as error:
        print("no worker" if "worker" in str(error).lower() else error)


if __name__ == "__main__":
    main()
