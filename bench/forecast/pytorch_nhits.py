"""N-HiTS in plain PyTorch, written from the paper (Challu et al. 2023, AAAI): what `clm` is compared with.

One block per stack: the window is pooled by its maximum, a perceptron gives a backcast of the window and a few knots of
the forecast, and the knots are interpolated linearly. What a block explains is taken off the window before the next one
sees it. The forecast begins at the last value. Windows may be normalised before and scaled back after, as clm's are.
"""
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, length, horizon, pool, downsample, hidden, hidden_layers, dropout):
        super().__init__()
        self.length, self.horizon = length, horizon
        self.pool = nn.MaxPool1d(pool, pool, ceil_mode=True)
        knots = max(horizon // downsample, 1)
        layers = [nn.Linear(-(-length // pool), hidden)]
        for _ in range(hidden_layers):
            layers += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)]
        self.perceptron = nn.Sequential(*layers, nn.Linear(hidden, length + knots))

    def forward(self, window):
        theta = self.perceptron(self.pool(window.unsqueeze(1)).squeeze(1))
        knots = theta[:, self.length :].unsqueeze(1)
        forecast = nn.functional.interpolate(knots, size=self.horizon, mode="linear", align_corners=False)
        return theta[:, : self.length], forecast.squeeze(1)


class NHits(nn.Module):
    def __init__(self, input_length=336, horizon=96, pool_kernel=(2, 2, 1), freq_downsample=(4, 2, 1), hidden=512,
                 hidden_layers=2, dropout=0.0):
        super().__init__()
        self.blocks = nn.ModuleList(Block(input_length, horizon, pool, downsample, hidden, hidden_layers, dropout)
                                    for pool, downsample in zip(pool_kernel, freq_downsample))

    def forward(self, series):
        """[windows, input_length] -> [windows, horizon]"""
        mean = series.mean(1, keepdim=True)
        sd = torch.sqrt(series.var(1, keepdim=True, unbiased=False) + 1e-5)
        residual = ((series - mean) / sd).flip(1)  # newest first, so that a short group of the pooling is the oldest
        forecast = residual[:, :1]
        for block in self.blocks:
            backcast, part = block(residual)
            residual = residual - backcast
            forecast = forecast + part
        return forecast * sd + mean
