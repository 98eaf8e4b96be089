// A training step of each network (forward, backward, optimizer), beside the matrix products in it alone, and forecasts
// of one window and of many. One thread. bench/run forecast_step sets the same steps in PyTorch beside them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"
#include "models/networks/network_json.hpp"

namespace clm {
namespace {

struct Step {
  std::unique_ptr<Network> network;
  std::unique_ptr<NetworkPass> pass;
  Floats parameters, gradient, first, second, inputs, d_outputs;
  std::size_t windows;

  Step(const NetworkOptions& options, const WindowShape& shape, std::size_t count)
      : network(*make_network(**processor_kernels(), options, shape)),
        pass(network->make_pass()),
        parameters(network->layout().size()),
        gradient(network->layout().trained_size()),
        first(gradient.size()),
        second(gradient.size()),
        inputs(count * shape.input_size()),
        d_outputs(count * network->output_size()),
        windows(count) {
    Random random(1);
    network->initialise(random, parameters);
    for (float& value : inputs) value = static_cast<float>(random.normal());
    for (float& value : d_outputs) value = static_cast<float>(random.normal() * 1e-3);
  }

  void run(std::size_t step) {
    benchmark::DoNotOptimize(pass->forward_training(parameters.data(), inputs.data(), windows, step).data());
    pass->backward(parameters.data(), d_outputs.data(), gradient.data());
    (*processor_kernels())
        ->adam({.count = gradient.size(),
                .parameters = parameters.data(),
                .gradient = gradient.data(),
                .first_moment = first.data(),
                .second_moment = second.data(),
                .rate = 1e-4F});
  }
};

/// The products of linear layers in a training step: forward, and backward by weights and (but for the first) inputs.
struct Products {
  struct Layer {
    std::size_t rows, inputs, outputs;
    bool first;
  };
  std::vector<Layer> layers;
  Floats x, w, y;

  explicit Products(std::vector<Layer> of) : layers(std::move(of)) {
    std::size_t inputs = 0, weights = 0, outputs = 0;
    for (const Layer& layer : layers) {
      inputs = std::max(inputs, layer.rows * layer.inputs);
      weights = std::max(weights, layer.inputs * layer.outputs);
      outputs = std::max(outputs, layer.rows * layer.outputs);
    }
    x.assign(inputs, .5F);
    w.assign(weights, .25F);
    y.assign(outputs, .125F);
  }

  void run() {
    const Kernels& kernels = **processor_kernels();
    for (const Layer& l : layers) {
      kernels.multiply({.m = l.rows,
                        .n = l.outputs,
                        .k = l.inputs,
                        .a = x.data(),
                        .a_stride = l.inputs,
                        .b = w.data(),
                        .b_stride = l.outputs,
                        .c = y.data(),
                        .c_stride = l.outputs});
      kernels.multiply({.m = l.inputs,
                        .n = l.outputs,
                        .k = l.rows,
                        .a = x.data(),
                        .a_stride = l.inputs,
                        .a_transposed = Transposed::yes,
                        .b = y.data(),
                        .b_stride = l.outputs,
                        .c = w.data(),
                        .c_stride = l.outputs});
      std::fill(w.begin(), w.end(), 1e-3F);
      if (!l.first)
        kernels.multiply({.m = l.rows,
                          .n = l.inputs,
                          .k = l.outputs,
                          .a = y.data(),
                          .a_stride = l.outputs,
                          .b = w.data(),
                          .b_stride = l.outputs,
                          .b_transposed = Transposed::yes,
                          .c = x.data(),
                          .c_stride = l.inputs});
      std::fill(x.begin(), x.begin() + 16, 1e-3F);
    }
  }
};

double least(const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); }

PatchTstOptions large_patchtst(double dropout) {
  PatchTstOptions options;
  options.width = 128;
  options.heads = 16;
  options.hidden = 256;
  options.dropout = dropout;
  options.attention_dropout = dropout;
  return options;
}

constexpr WindowShape kShape{1, 336, 96};

void patchtst_step(benchmark::State& state) {
  Step step(large_patchtst(static_cast<double>(state.range(0)) / 100), kShape, 64);
  std::size_t at = 0;
  step.run(++at);  // the memory of the pass is mapped here
  for (auto _ : state) step.run(++at);
}
BENCHMARK(patchtst_step)
    ->ArgName("dropout_percent")
    ->Arg(0)
    ->Arg(10)
    ->Unit(benchmark::kMillisecond)
    ->ComputeStatistics("least", least);

void patchtst_products(benchmark::State& state) {
  const std::size_t tokens = 64 * 42;
  std::vector<Products::Layer> layers{{tokens, 16, 128, true}};
  for (int layer = 0; layer < 3; ++layer) {
    layers.push_back({tokens, 128, 384, false});
    layers.push_back({tokens, 128, 128, false});
    layers.push_back({tokens, 128, 256, false});
    layers.push_back({tokens, 256, 128, false});
  }
  layers.push_back({64, 42 * 128, 96, false});
  Products products(layers);
  for (auto _ : state) products.run();
}
BENCHMARK(patchtst_products)->Unit(benchmark::kMillisecond)->ComputeStatistics("least", least);

void nhits_step(benchmark::State& state) {
  Step step(NHitsOptions{}, kShape, 256);
  std::size_t at = 0;
  step.run(++at);  // the memory of the pass is mapped here
  for (auto _ : state) step.run(++at);
}
BENCHMARK(nhits_step)->Unit(benchmark::kMillisecond)->ComputeStatistics("least", least);

void nhits_products(benchmark::State& state) {
  std::vector<Products::Layer> layers;
  for (std::size_t block = 0; block < 3; ++block) {
    const std::size_t pooled = block < 2 ? 168 : 336, knots = 96 / (std::size_t{4} >> block);
    layers.push_back({256, pooled, 512, block == 0});
    layers.push_back({256, 512, 512, false});
    layers.push_back({256, 512, 512, false});
    layers.push_back({256, 512, 336 + knots, false});
  }
  Products products(layers);
  for (auto _ : state) products.run();
}
BENCHMARK(nhits_products)->Unit(benchmark::kMillisecond)->ComputeStatistics("least", least);

void forecast(benchmark::State& state, const NetworkOptions& options) {
  const auto windows = static_cast<std::size_t>(state.range(0));
  Step step(options, kShape, windows);
  for (auto _ : state) {
    for (std::size_t first = 0; first < windows; first += 32)
      benchmark::DoNotOptimize(step.pass
                                   ->forward(step.parameters.data(), step.inputs.data() + first * kShape.input_size(),
                                             std::min<std::size_t>(32, windows - first))
                                   .data());
  }
}
void patchtst_forecast(benchmark::State& state) { forecast(state, PatchTstOptions{}); }
void nhits_forecast(benchmark::State& state) { forecast(state, NHitsOptions{}); }
BENCHMARK(patchtst_forecast)->ArgName("windows")->Arg(1)->Arg(566)->Unit(benchmark::kMicrosecond);
BENCHMARK(nhits_forecast)->ArgName("windows")->Arg(1)->Arg(566)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clm
