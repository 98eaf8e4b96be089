"""Values for src/models/networks/torch_oracle_test.cpp: what PyTorch computes with fixed weights and inputs.

    python tools/oracles/torch_networks.py > src/models/networks/torch_oracle.hpp

Needs torch (PyPI). The networks are written here from the papers with PyTorch's own modules, independent of the C++ code.
Weights and inputs are a formula of their place, so that only results are stored: for each network the outputs of a
training-mode pass, then the L2 norm and one element of the gradient of every tensor.
"""
import math
import pathlib
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "forecast"))
from pytorch_patchtst import PatchTst  # noqa: E402

torch.set_default_dtype(torch.float64)


def pattern(count, seed):
    """The same numbers as `pattern` in the test."""
    return torch.tensor([math.sin(0.7 * (i + 1) + 1.3 * seed + 0.01 * (i % 17) ** 2) for i in range(count)])


def fill(tensors, scale):
    for index, (_, tensor, transpose) in enumerate(tensors):
        shape = tuple(reversed(tensor.shape)) if transpose else tuple(tensor.shape)
        values = pattern(tensor.numel(), index + 1).reshape(shape) * scale
        with torch.no_grad():
            tensor.copy_(values.T if transpose else values)


def patchtst():
    model = PatchTst(input_length=40, horizon=6, patch=8, stride=4, width=8, heads=2, hidden=12, layers=3, dropout=0.0)
    tensors = [("embedding.weight", model.embed.weight, True), ("embedding.bias", model.embed.bias, False),
               ("position", model.position, False)]
    joined = []
    for index, layer in enumerate(model.layers):
        name = f"layer.{index}."
        for part in ("query", "key", "value"):
            linear = getattr(layer.attention, part)
            joined += [(name + part + ".weight", linear.weight, True), (name + part + ".bias", linear.bias, False)]
        for ours, linear in (("projection", layer.attention.out), ("expand", layer.expand),
                             ("contract", layer.contract)):
            tensors += [(name + ours + ".weight", linear.weight, True), (name + ours + ".bias", linear.bias, False)]
        for ours, norm in (("norm_attention", layer.norm_attention), ("norm_feed_forward", layer.norm_feed_forward)):
            tensors += [(name + ours + ".gain", norm.weight, False), (name + ours + ".shift", norm.bias, False)]
    tensors += joined
    tensors += [("head.weight", model.head.weight, True), ("head.bias", model.head.bias, False)]
    return model, tensors, 40, 6


class NHits(nn.Module):
    """Three blocks of the paper: max pooling, MLP, backcast and interpolated knots."""

    def __init__(self, length, horizon, pools, downsample, hidden):
        super().__init__()
        self.pools, self.horizon, self.length = pools, horizon, length
        self.knots = [max(horizon // r, 1) for r in downsample]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(math.ceil(length / k), hidden), nn.Linear(hidden, hidden), nn.ReLU(),
                          nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, length + knots))
            for k, knots in zip(pools, self.knots))

    def forward(self, x):
        left, path = x.flip(1), x[:, -1:].expand(-1, self.horizon)
        for pool, block in zip(self.pools, self.blocks):
            pooled = nn.functional.max_pool1d(left[:, None], pool, pool, ceil_mode=True)[:, 0]
            theta = block(pooled)
            left = left - theta[:, : self.length].flip(1)  # ours writes the backcast oldest bar first
            path = path + nn.functional.interpolate(theta[:, None, self.length:], size=self.horizon, mode="linear")[:, 0]
        return path


def nhits():
    model = NHits(20, 8, [4, 3, 1], [4, 2, 1], 10)
    tensors = []
    for index, block in enumerate(model.blocks):
        for ours, linear in (("input", block[0]), ("hidden.0", block[1]), ("hidden.1", block[3]), ("theta", block[5])):
            name = f"stack.{index}.block.0.{ours}"
            tensors += [(name + ".weight", linear.weight, True), (name + ".bias", linear.bias, False)]
    return model, tensors, 20, 8


def row(values):
    return "{" + ", ".join(f"{value:.7g}" for value in values) + "}"


def report(name, built):
    model, tensors, length, horizon = built
    fill(tensors, 0.3)
    windows = 5
    x = (pattern(windows * length, 50) + 0.5 * pattern(windows * length, 51).roll(3)).reshape(windows, length)
    target = pattern(windows * horizon, 60).reshape(windows, horizon)
    model.train()
    out = model(x)
    nn.functional.mse_loss(out, target).backward()
    print(f"inline const std::vector<double> k{name}Outputs = {row(out.detach().flatten().tolist())};")
    print(f"inline const std::vector<OracleGradient> k{name}Gradients = {{")
    for tensor_name, tensor, transpose in tensors:
        gradient = (tensor.grad.T if transpose else tensor.grad).flatten()
        print(f'    {{"{tensor_name}", {gradient.norm():.7g}, {gradient[gradient.numel() // 2]:.7g}}},')
    print("};")


print("#pragma once")
print("// Written by tools/oracles/torch_networks.py with PyTorch " + torch.__version__ + ".")
print("#include <vector>\n\nnamespace clm {\n")
print("/// L2 norm and middle element of the gradient of a tensor.")
print("struct OracleGradient {\n  const char* tensor;\n  double norm, middle;\n};\n")
report("PatchTst", patchtst())
report("NHits", nhits())
print("\n}  // namespace clm")
