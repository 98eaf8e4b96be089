"""PatchTST in plain PyTorch, written from the paper (Nie et al. 2023, ICLR): what `clm` is compared with.

The encoder is that of the paper's supervised model: instance normalisation without affine, end padding by one stride,
patches of 16 every 8, a learned position, post-norm layers with batch norm, attention scores handed on from layer to
layer (RealFormer), GELU, and one linear head over all patches.
"""
import math

import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.on_weights = nn.Dropout(dropout)

    def forward(self, x, previous):
        batch, patches, width = x.shape
        split = (batch, patches, self.heads, width // self.heads)
        q = self.query(x).view(split).transpose(1, 2)
        k = self.key(x).view(split).permute(0, 2, 3, 1)
        v = self.value(x).view(split).transpose(1, 2)
        scores = q @ k / math.sqrt(width // self.heads)
        if previous is not None:
            scores = scores + previous
        mixed = self.on_weights(scores.softmax(-1)) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, patches, width)), scores


class Layer(nn.Module):
    def __init__(self, width, heads, hidden, dropout, attention_dropout):
        super().__init__()
        self.attention = Attention(width, heads, attention_dropout)
        self.after_projection = nn.Dropout(dropout)
        self.after_attention = nn.Dropout(dropout)
        self.norm_attention = nn.BatchNorm1d(width)
        self.expand, self.contract = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.inside, self.after_feed_forward = nn.Dropout(dropout), nn.Dropout(dropout)
        self.norm_feed_forward = nn.BatchNorm1d(width)

    @staticmethod
    def normed(norm, x):
        return norm(x.transpose(1, 2)).transpose(1, 2)

    def forward(self, x, previous):
        mixed, scores = self.attention(x, previous)
        x = self.normed(self.norm_attention, x + self.after_attention(self.after_projection(mixed)))
        fed = self.contract(self.inside(nn.functional.gelu(self.expand(x))))
        return self.normed(self.norm_feed_forward, x + self.after_feed_forward(fed)), scores


class PatchTst(nn.Module):
    def __init__(self, input_length=336, horizon=96, patch=16, stride=8, width=16, heads=4, hidden=128, layers=3,
                 dropout=0.3, head_dropout=0.0, attention_dropout=0.0):
        super().__init__()
        self.patch, self.stride = patch, stride
        patches = (input_length - patch) // stride + 2
        self.embed = nn.Linear(patch, width)
        self.position = nn.Parameter(torch.empty(patches, width).uniform_(-0.02, 0.02))
        self.after_embedding = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(width, heads, hidden, dropout, attention_dropout) for _ in range(layers))
        self.head = nn.Linear(width * patches, horizon)
        self.on_head = nn.Dropout(head_dropout)

    def forward(self, series):
        """[windows, input_length] -> [windows, horizon]"""
        mean = series.mean(1, keepdim=True)
        sd = torch.sqrt(series.var(1, keepdim=True, unbiased=False) + 1e-5)
        series = (series - mean) / sd
        padded = torch.cat([series, series[:, -1:].expand(-1, self.stride)], 1)
        x = self.after_embedding(self.embed(padded.unfold(1, self.patch, self.stride)) + self.position)
        scores = None
        for layer in self.layers:
            x, scores = layer(x, scores)
        # The paper flattens feature by feature: [width, patches].
        return self.on_head(self.head(x.transpose(1, 2).flatten(1))) * sd + mean
