#!/usr/bin/env python3
"""PyTorch's side of the comparison with clm's networks: the seconds of a training step, and of a whole training on ETT.

    pytorch_forecast.py step [--threads 1]
    pytorch_forecast.py train --model patchtst|nhits --data DIR --epochs N [--threads 1]

`step` is PatchTST at 64 windows of 42 patches, width 128, 16 heads, 256 hidden, 3 layers, forward, backward and Adam,
without and with dropout .1 (attention weights included), least of 12 runs in CPU time. `train` is PatchTST/42 or N-HiTS on
ETTh1 at 96 steps with the settings of `clm bench-forecast`, all windows, best of validation; it prints the test MSE after
every epoch that was the best so far. Seconds are those of training and validation, without reading and testing.
"""
import argparse
import json
import time

import numpy as np
import torch

from pytorch_nhits import NHits
from pytorch_patchtst import PatchTst


def step(threads):
    torch.set_num_threads(threads)
    for dropout in (0.0, 0.1):
        torch.manual_seed(1)
        model = PatchTst(336, 96, width=128, heads=16, hidden=256, dropout=dropout, attention_dropout=dropout)
        optimizer = torch.optim.Adam(model.parameters(), 1e-4)
        x, y = torch.randn(64, 336), torch.randn(64, 96)
        seconds = []
        for _ in range(14):
            begun = time.process_time()
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
            seconds.append(time.process_time() - begun)
        print(json.dumps({"torch": torch.__version__, "dropout": dropout, "ms": round(1e3 * min(seconds[2:]), 1)}))


def windows(values, begin, end, length, horizon):
    """Every window of every column inside rows [begin, end): [count, length + horizon]."""
    cut = np.lib.stride_tricks.sliding_window_view(values[begin:end], length + horizon, axis=0)
    return torch.from_numpy(np.ascontiguousarray(cut.reshape(-1, length + horizon)))


LENGTH, HORIZON = 336, 96
SQUARED, ABSOLUTE = torch.nn.functional.mse_loss, torch.nn.functional.l1_loss


def one_cycle(optimizer, steps):
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps, pct_start=0.3, cycle_momentum=False)


def constant(optimizer, steps):
    return torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0, steps)


# Model, windows a step, learning rate, loss, schedule: as apps/clm/commands/cmd_bench_forecast.cpp has them.
RECIPES = {
    "patchtst": (lambda: PatchTst(LENGTH, HORIZON), 512, 1e-3, SQUARED, one_cycle),
    "nhits": (lambda: NHits(LENGTH, HORIZON, (8, 4, 1), (24, 12, 1), hidden=256, dropout=0.3), 256, 2e-4, ABSOLUTE,
              constant),
}


def mean_over(model, part, loss):
    model.eval()
    with torch.no_grad():
        total = sum(loss(model(w[:, :LENGTH]), w[:, LENGTH:], reduction="sum").item() for w in part.split(1024))
    return total / (len(part) * HORIZON)


def train(name, data, epochs, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    table = np.genfromtxt(f"{data}/ETTh1.csv.gz", delimiter=",", skip_header=1, usecols=range(1, 8))
    values = ((table - table[:8640].mean(0)) / table[:8640].std(0)).astype(np.float32)
    training, validation, test = (windows(values, *rows, LENGTH, HORIZON) for rows in
                                  ((0, 8640), (8640 - LENGTH, 11520), (11520 - LENGTH, 14400)))
    make, batch, rate, loss, schedule_of = RECIPES[name]
    model = make()
    optimizer = torch.optim.Adam(model.parameters(), rate)
    steps = len(training) // batch
    schedule = schedule_of(optimizer, steps * epochs)
    best, cpu = np.inf, 0.0
    for epoch in range(1, epochs + 1):
        begun = time.process_time()
        model.train()
        order = torch.randperm(len(training))
        for i in range(steps):
            rows = training[order[i * batch : (i + 1) * batch]]
            optimizer.zero_grad()
            loss(model(rows[:, :LENGTH]), rows[:, LENGTH:]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        reached = mean_over(model, validation, loss)
        cpu += time.process_time() - begun
        if reached < best:
            best = reached
            print(json.dumps({"epoch": epoch, "validation_loss": round(reached, 4),
                              "test_mse": round(mean_over(model, test, SQUARED), 4), "cpu_seconds": round(cpu, 1)}),
                  flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["step", "train"])
    parser.add_argument("--data")
    parser.add_argument("--model", choices=list(RECIPES), default="patchtst")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.what == "step":
        step(arguments.threads)
    else:
        train(arguments.model, arguments.data, arguments.epochs, arguments.threads)
