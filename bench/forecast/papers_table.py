#!/usr/bin/env python3
"""The papers' table: every forecaster on ETTh1 and ETTh2 at 96 to 720 steps, all windows, beside the published errors.

    papers_table.py CLM DATA [--time-budget SECONDS] [--models naive,nlinear_ols,dlinear,nhits,patchtst] [--json FILE]

Each cell is a run of `clm bench-forecast` of its own, so that its CPU seconds are known. Two models are known beforehand,
since nothing is drawn in them: the last value repeated, to 4 digits, and NLinear solved by least squares, to 3. The exit
code is 1 if a cell of theirs differs.
"""
import argparse
import json
import resource
import subprocess
import sys

HORIZONS = (96, 192, 336, 720)
# MSE and MAE over all windows. The last value repeated: as LTSF-Linear's table 2 (Zeng et al. 2023), which leaves the
# windows of an incomplete batch out; with these left out, all its cells on ETT come out.
NAIVE = {
    "ETTh1": ((1.2944, 0.7132), (1.3249, 0.7331), (1.3299, 0.7460), (1.3351, 0.7550)),
    "ETTh2": ((0.4317, 0.4216), (0.5337, 0.4725), (0.5973, 0.5109), (0.5945, 0.5190)),
}
# One least-squares map from 336 values to the horizon, fitted on all windows of the training rows, the last value
# subtracted; solved independently of clm.
NLINEAR_OLS = {
    "ETTh1": ((0.3702, 0.3915), (0.4034, 0.4112), (0.4277, 0.4262), (0.4344, 0.4505)),
    "ETTh2": ((0.2726, 0.3352), (0.3343, 0.3762), (0.3588, 0.4004), (0.3930, 0.4346)),
}
KNOWN = {"naive": (NAIVE, 0.5e-4), "nlinear_ols": (NLINEAR_OLS, 0.5e-3)}


def run(arguments, series, horizon, model):
    command = [arguments.clm, "bench-forecast", "--data", arguments.data, "--series", series, "--horizon", str(horizon),
               "--models", model, "--seed", "1", "--time-budget", str(arguments.time_budget), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = json.loads(done.stdout)["results"][0]
    result["cpu_seconds"] = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)
    return result


def pair(errors):
    return "-" if errors is None else f"{errors['mse']:.3f} / {errors['mae']:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clm")
    parser.add_argument("data")
    parser.add_argument("--time-budget", type=float, default=600)
    parser.add_argument("--models", default="naive,nlinear_ols,dlinear,nhits,patchtst")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    results, wrong = [], 0
    print("| series | horizon | model | MSE / MAE | published | windows | epochs | ended by | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for model in arguments.models.split(","):
        for series in ("ETTh1", "ETTh2"):
            for number, horizon in enumerate(HORIZONS):
                result = run(arguments, series, horizon, model)
                results.append(result)
                training = result.get("training", {})
                print(f"| {series} | {horizon} | {model} | {result['mse']:.4f} / {result['mae']:.4f} | "
                      f"{pair(result['published'])} | {result['windows']} | {training.get('epochs', '-')} | "
                      f"{training.get('ended_by', '-')} | {result['cpu_seconds']} |", flush=True)
                if model in KNOWN:
                    values, tolerance = KNOWN[model]
                    for name, expected in zip(("mse", "mae"), values[series][number]):
                        if abs(result[name] - expected) > tolerance * 1.0001:
                            wrong += 1
                            print(f"WRONG: {model} {series} {horizon}: {name} {result[name]:.6f}, known {expected}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
