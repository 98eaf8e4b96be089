#!/usr/bin/env python3
"""PyTorch's side of the comparison with clm's networks: the seconds of a training step, and of a whole training on ETT.

    pytorch_forecast.py step [--threads 1]
    pytorch_forecast.py train --data DIR [--epochs 10] [--threads 1]

`step` is PatchTST at 64 windows of 42 patches, width 128, 16 heads, 256 hidden, 3 layers, forward, backward and Adam,
without and with dropout .1 (attention weights included), least of 12 runs in CPU time. `train` is PatchTST/42 on ETTh1 at
96 steps with clm's own recipe (one-cycle to 1e-3, batches of 512 windows), all windows, best of validation; it prints
the test MSE after every epoch that was the best so far.
"""
import argparse
import json
import time

import numpy as np
import torch

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


def train(data, epochs, threads, length=336, horizon=96, batch=512):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    table = np.genfromtxt(f"{data}/ETTh1.csv.gz", delimiter=",", skip_header=1, usecols=range(1, 8))
    values = ((table - table[:8640].mean(0)) / table[:8640].std(0)).astype(np.float32)
    sets = [windows(values, *rows, length, horizon) for rows in
            ((0, 8640), (8640 - length, 11520), (11520 - length, 14400))]
    model = PatchTst(length, horizon)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    steps = len(sets[0]) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps * epochs, pct_start=0.3,
                                                   cycle_momentum=False)

    def mse(part):
        model.eval()
        with torch.no_grad():
            total = sum(((model(w[:, :length]) - w[:, length:]) ** 2).sum().item() for w in part.split(1024))
        return total / (len(part) * horizon)

    best, begun, cpu = np.inf, time.time(), time.process_time()
    for epoch in range(1, epochs + 1):
        model.train()
        order = torch.randperm(len(sets[0]))
        for i in range(steps):
            rows = sets[0][order[i * batch : (i + 1) * batch]]
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(rows[:, :length]), rows[:, length:]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        loss = mse(sets[1])
        if loss < best:
            best = loss
            print(json.dumps({"epoch": epoch, "validation_mse": round(loss, 4), "test_mse": round(mse(sets[2]), 4),
                              "seconds": round(time.time() - begun, 1),
                              "cpu_seconds": round(time.process_time() - cpu, 1)}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["step", "train"])
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.what == "step":
        step(arguments.threads)
    else:
        train(arguments.data, arguments.epochs, arguments.threads)
