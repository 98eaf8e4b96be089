#!/usr/bin/env python3
"""What a forecast costs as a whole process: `bench/predict_time.py CLM PANEL [OTHER_CLM]`.

Makes a workspace of the panel (a folder of candles), trains the four model types on it, makes them the active ones, and
runs `clm predict` in turns with OTHER_CLM, another build of the program, where one is given. Prints the least and the
median of wall and CPU milliseconds. Trees of the usual size and networks trained for one epoch: what a forecast costs
does not depend on it.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 25
MODELS = "lightgbm,nhits,patchtst,xgboost"


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    clm, panel, others = sys.argv[1], sys.argv[2], sys.argv[3:]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CLM_")}
    environment |= {"CLM_TRAINING_MODELS": MODELS, "CLM_NHITS_EPOCHS": "1", "CLM_PATCHTST_EPOCHS": "1",
                    "CLM_POLICY_MODE": "logging_only"}

    with tempfile.TemporaryDirectory() as place:
        def run(program, *arguments):
            return subprocess.run([program, *arguments, "--workspace", place + "/w", "--json"], env=environment,
                                  check=True, capture_output=True, text=True).stdout

        subprocess.run([clm, "init", place + "/w", "-q"], check=True, capture_output=True)
        run(clm, "import", panel)
        run(clm, "cycle", "--force")
        for model in json.loads(run(clm, "models"))["models"]:
            if model["status"] == "candidate":
                run(clm, "promote", model["version"], "--reason", "to be measured")
        took = {program: ([], []) for program in [clm, *others]}
        for _ in range(RUNS):
            for program, (wall, cpu) in took.items():
                before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
                document = json.loads(run(program, "predict"))
                wall.append(1e3 * (time.monotonic() - start))
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu.append(1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
        voters = sum(len(vote.get("members", [vote])) for vote in document["predictions"][0]["votes"].values())
        print(f"{len(document['predictions'])} symbols, {voters} models, {RUNS} runs, milliseconds")
        for program, (wall, cpu) in took.items():
            print(f"  {program}: wall {min(wall):.0f} least, {statistics.median(wall):.0f} median; "
                  f"CPU {min(cpu):.0f} least, {statistics.median(cpu):.0f} median")


main()
