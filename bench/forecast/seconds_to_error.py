#!/usr/bin/env python3
"""CPU seconds to a test error, clm beside plain PyTorch, in one run and with one thread each.

    seconds_to_error.py CLM DATA [--models nhits,patchtst]

ETTh1, 96 steps, all windows, the same structure, batches, loss and learning rates. clm's seconds are those of its whole
process, reading and testing included; PyTorch's are those of training and validation up to the end of the first epoch
whose test error is low enough. N-HiTS learns at a constant rate, so that a training of fewer epochs is the beginning of a
longer one: clm's is the shortest that reaches the error. One-cycle rates are planned for all epochs. How soon an error is
reached differs from seed to seed; the seconds per epoch beside it do not. The exit code is 1 if clm misses an error or takes
more than half of PyTorch's seconds to it.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

# Test MSE to reach, and passes over the training windows: clm's trials, of which PyTorch is given the last.
DEMANDED = {"nhits": (0.400, (1, 2, 3, 4)), "patchtst": (0.382, (5,))}


def of_clm(clm, data, model, epochs):
    command = [clm, "bench-forecast", "--data", data, "--series", "ETTh1", "--horizon", "96", "--models", model,
               "--seed", "1", "--time-budget", "100000", "--settings", json.dumps({model: {"epochs": epochs}}), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout)["results"][0]["mse"], seconds


def of_pytorch(data, model, epochs, bound):
    """MSE, seconds and number of the first epoch that reaches the bound, or of the last that was the best so far."""
    command = [sys.executable, str(Path(__file__).with_name("pytorch_forecast.py")), "train", "--model", model,
               "--data", data, "--epochs", str(epochs)]
    line = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}) as port:
        for text in port.stdout:
            print(f"  PyTorch, {model}: {text.strip()}", flush=True)
            line = json.loads(text)
            if line["test_mse"] <= bound:
                port.terminate()
                break
    if line is None:
        raise SystemExit(f"PyTorch's training of {model} gave nothing")
    return line["test_mse"], line["cpu_seconds"], line["epoch"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clm")
    parser.add_argument("data")
    parser.add_argument("--models", default="nhits,patchtst")
    arguments = parser.parse_args()
    missed = 0
    for model in arguments.models.split(","):
        bound, trials = DEMANDED[model]
        for epochs in trials:
            error, seconds = of_clm(arguments.clm, arguments.data, model, epochs)
            print(f"  clm, {model}: test MSE {error:.4f}, {seconds:.1f} CPU s, {epochs} epochs", flush=True)
            if error <= bound:
                break
        their_error, their_seconds, their_epochs = of_pytorch(arguments.data, model, trials[-1], bound)
        reached = "reaches" if their_error <= bound else "does not reach"
        print(f"{model}: {seconds:.1f} s to {error:.4f}; PyTorch {reached} {bound} and has {their_error:.4f} after "
              f"{their_seconds:.1f} s; ratio {seconds / their_seconds:.2f}, of seconds per epoch "
              f"{seconds / epochs / (their_seconds / their_epochs):.2f}", flush=True)
        missed += error > bound or seconds > 0.5 * their_seconds
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
