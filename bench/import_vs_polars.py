"""Importing gzip CSV into the store against polars merely reading it: the same files, in turns, one thread each.

    python bench/import_vs_polars.py build/release/clm DIRECTORY
"""
import json
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import polars

ROUNDS = 5
PRICES = ("open", "high", "low", "close", "volume")
COLUMNS = {"open_time": polars.Int64} | {name: polars.Float64 for name in PRICES}


def polars_reads(files):
    """Wall and CPU seconds, and the rows read: the figure to compare with."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = sum(polars.read_csv(f, schema_overrides=COLUMNS).height for f in files)
    return time.perf_counter() - wall, time.process_time() - cpu, rows


def clm_imports(program, directory):
    workspace = tempfile.mkdtemp(prefix="clm-bench-")
    try:
        subprocess.run([program, "init", "--workspace", workspace], check=True, capture_output=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter()
        done = subprocess.run([program, "import", directory, "--workspace", workspace, "--jobs", "1", "--json"],
                              check=True, capture_output=True, text=True)
        wall = time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return wall, cpu, json.loads(done.stdout)["rows_stored"]
    finally:
        shutil.rmtree(workspace)


def main():
    program, directory = sys.argv[1:]
    files = sorted(pathlib.Path(directory).glob("*.csv.gz"))
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(polars_reads(files))
        ours.append(clm_imports(program, directory))
        assert ours[-1][2] == theirs[-1][2], "both see the same rows"
    for name, column in (("wall", 0), ("cpu", 1)):
        a = statistics.median(row[column] for row in ours)
        b = statistics.median(row[column] for row in theirs)
        print(f"{name}: clm import {a:.3f} s, polars read {b:.3f} s, ratio {a / b:.2f} (medians of {ROUNDS}, {ours[0][2]:,} rows)")


if __name__ == "__main__":
    main()
