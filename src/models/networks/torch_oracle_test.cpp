// Whole networks against an independent implementation in PyTorch on fixed weights: outputs of a training pass and the
// gradient of every tensor. Values and their script: torch_oracle.hpp.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "models/networks/network_json.hpp"
#include "models/networks/sequence_loss.hpp"
#include "models/networks/torch_oracle.hpp"

namespace clm {
namespace {

/// The same numbers as `pattern` in the script.
double pattern(std::size_t i, std::size_t seed) {
  const auto ripple = static_cast<double>((i % 17) * (i % 17));
  return std::sin(.7 * static_cast<double>(i + 1) + 1.3 * static_cast<double>(seed) + .01 * ripple);
}

/// Where element i of a tensor of the script lies among our parameters.
class Places {
 public:
  Places(const ParameterLayout& layout, std::size_t width, std::size_t patches)
      : layout_(layout), width_(width), patches_(patches) {}

  const ParameterLayout::Tensor& find(const std::string& name) const {
    for (const auto& tensor : layout_.tensors())
      if (tensor.name == name) return tensor;
    ADD_FAILURE() << name << " is not there";
    return layout_.tensors().front();
  }

  /// Elements of the script's tensor.
  std::size_t size(const std::string& name) const {
    return part_of(name) < 3 ? find(joined(name)).size / 3 : find(name).size;
  }

  std::size_t at(const std::string& name, std::size_t i) const {
    if (const std::size_t part = part_of(name); part < 3) {
      // Query, key and value are one matrix of ours, side by side.
      const auto& tensor = find(joined(name));
      const std::size_t row = i / width_, column = i % width_;
      return tensor.offset + row * 3 * width_ + part * width_ + column;
    }
    const auto& tensor = find(name);
    if (name != "head.weight") return tensor.offset + i;
    // The script's head reads feature by feature, ours token by token.
    const std::size_t outputs = tensor.shape[1], input = i / outputs;
    return tensor.offset + (input % patches_ * width_ + input / patches_) * outputs + i % outputs;
  }

 private:
  static std::size_t part_of(const std::string& name) {
    const std::string parts[] = {".query.", ".key.", ".value."};
    std::size_t part = 0;
    while (part < 3 && name.find(parts[part]) == std::string::npos) ++part;
    return part;
  }
  static std::string joined(const std::string& name) {
    const std::size_t layer = name.find('.', name.find('.') + 1);
    return name.substr(0, layer) + ".query_key_value" + name.substr(name.rfind('.'));
  }

  const ParameterLayout& layout_;
  std::size_t width_, patches_;
};

void compare(const NetworkOptions& options, const WindowShape& shape, std::size_t width, std::size_t patches,
             const std::vector<double>& outputs, const std::vector<OracleGradient>& gradients) {
  constexpr std::size_t kWindows = 5;
  const auto network = *make_network(**processor_kernels(), options, shape);
  const Places places(network->layout(), width, patches);
  Floats parameters(network->layout().size());
  Random random(1);
  network->initialise(random, parameters);  // for what the script leaves as it is: running statistics
  for (std::size_t index = 0; index < gradients.size(); ++index)
    for (std::size_t i = 0; i < places.size(gradients[index].tensor); ++i)
      parameters[places.at(gradients[index].tensor, i)] = static_cast<float>(.3 * pattern(i, index + 1));

  WindowBatch batch;
  batch.resize(shape, kWindows);
  const std::size_t size = batch.inputs.size();
  for (std::size_t i = 0; i < size; ++i)
    batch.inputs[i] = static_cast<float>(pattern(i, 50) + .5 * pattern((i + size - 3) % size, 51));
  for (std::size_t i = 0; i < batch.targets.size(); ++i) batch.targets[i] = static_cast<float>(pattern(i, 60));

  const auto pass = network->make_pass();
  const auto got = pass->forward_training(parameters.data(), batch.inputs.data(), kWindows, 1);
  ASSERT_EQ(got.size(), outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_NEAR(static_cast<double>(got[i]), outputs[i], 5e-6) << i;

  Floats d_outputs(got.size()), gradient(network->layout().trained_size());
  sequence_loss(FitOptions{}, batch, got, d_outputs);
  pass->backward(parameters.data(), d_outputs.data(), gradient.data());
  for (const OracleGradient& expected : gradients) {
    const std::size_t count = places.size(expected.tensor);
    double squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<double>(gradient[places.at(expected.tensor, i)]);
      squares += value * value;
    }
    EXPECT_NEAR(std::sqrt(squares), expected.norm, 1e-6 + 1e-5 * expected.norm) << expected.tensor;
    EXPECT_NEAR(static_cast<double>(gradient[places.at(expected.tensor, count / 2)]), expected.middle,
                1e-6 + 1e-5 * expected.norm)
        << expected.tensor;
  }
}

TEST(TorchOracle, PatchTstGivesWhatPyTorchGives) {
  PatchTstOptions options;
  options.patch_length = 8;
  options.stride = 4;
  options.width = 8;
  options.heads = 2;
  options.hidden = 12;
  options.dropout = 0;
  compare(options, {1, 40, 6}, 8, 10, kPatchTstOutputs, kPatchTstGradients);
}

TEST(TorchOracle, NHitsGivesWhatPyTorchGives) {
  NHitsOptions options;
  options.pool_kernel = {4, 3, 1};
  options.freq_downsample = {4, 2, 1};
  options.hidden = 10;
  options.normalise_window = false;
  compare(options, {1, 20, 8}, 0, 0, kNHitsOutputs, kNHitsGradients);
}

}  // namespace
}  // namespace clm
