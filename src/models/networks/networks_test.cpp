// Whole networks: gradients against finite differences, what must hold of every forecaster, files.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "base/random.hpp"
#include "models/networks/network_forecaster.hpp"
#include "models/networks/network_json.hpp"
#include "models/networks/sequence_loss.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

const Kernels& kernels() { return **processor_kernels(); }

NetworkOptions small_nhits(double dropout) {
  NHitsOptions options;
  options.hidden = 20;
  options.blocks = {1, 2, 1};
  options.dropout = dropout;
  return options;
}

NetworkOptions small_patchtst(double dropout) {
  PatchTstOptions options;
  options.patch_length = 8;
  options.stride = 4;
  options.width = 24;
  options.heads = 2;
  options.hidden = 36;
  options.layers = 3;
  options.dropout = dropout;
  options.attention_dropout = dropout;
  options.head_dropout = dropout;
  return options;
}

NetworkOptions small_dlinear() {
  DLinearOptions options;
  options.moving_average = 7;
  return options;
}

NetworkOptions with_quantiles(NHitsOptions options) {
  options.fit.loss = SequenceLoss::quantile;
  options.fit.quantiles = {.1, .5, .9};
  return options;
}

WindowBatch batch_of(const WindowShape& shape, std::size_t windows, std::uint64_t seed) {
  WindowBatch batch;
  batch.resize(shape, windows);
  Random random(seed);
  for (float& value : batch.inputs) value = static_cast<float>(random.normal());
  for (float& value : batch.targets) value = static_cast<float>(random.normal());
  for (float& value : batch.weights) value = static_cast<float>(.5 + random.uniform());
  return batch;
}

struct GradientCase {
  const char* name;
  NetworkOptions options;
  std::size_t channels;
};

class Gradients : public ::testing::TestWithParam<GradientCase> {};

// The loss along a random direction of all parameters, and along one tensor at a time, moves as the gradient says.
TEST_P(Gradients, EqualFiniteDifferences) {
  const GradientCase& test = GetParam();
  const WindowShape shape{test.channels, 50, 11};
  const auto network = make_network(kernels(), test.options, shape);
  ASSERT_TRUE(network) << to_string(network.error());
  const ParameterLayout& layout = (*network)->layout();
  const auto pass = (*network)->make_pass();
  Floats parameters(layout.size());
  Random random(3);
  (*network)->initialise(random, parameters);
  const WindowBatch batch = batch_of(shape, 9, 4);
  FitOptions loss;
  loss.loss = SequenceLoss::mse;
  constexpr std::uint64_t kKey = 12;

  const auto loss_at = [&](const Floats& at) {
    Floats copy = at;  // the running statistics move
    return sequence_loss(loss, batch, pass->forward_training(copy.data(), batch.inputs.data(), batch.windows, kKey),
                         {});
  };
  Floats gradient(layout.trained_size()), d_outputs;
  {
    Floats copy = parameters;
    const auto outputs = pass->forward_training(copy.data(), batch.inputs.data(), batch.windows, kKey);
    d_outputs.resize(outputs.size());
    sequence_loss(loss, batch, outputs, d_outputs);
    pass->backward(copy.data(), d_outputs.data(), gradient.data());
  }
  for (const ParameterLayout::Tensor& tensor : layout.tensors()) {
    if (tensor.offset >= layout.trained_size()) continue;
    double slope = 0;
    Floats up = parameters, down = parameters;
    // Along the sign of the gradient, so that nothing cancels; a few elements at a time keep the curvature small.
    const double step = 2e-3 / std::sqrt(static_cast<double>(tensor.size));
    double moved = 0;
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      const double sign = gradient[i] < 0 ? -1 : 1;
      up[i] = static_cast<float>(static_cast<double>(parameters[i]) + sign * step);
      down[i] = static_cast<float>(static_cast<double>(parameters[i]) - sign * step);
      slope += static_cast<double>(gradient[i]) * (static_cast<double>(up[i]) - static_cast<double>(down[i]));
      moved += std::abs(static_cast<double>(gradient[i]));
    }
    const double difference = loss_at(up) - loss_at(down);
    // A shift before a batch norm has no effect at all: both are nothing but rounding.
    EXPECT_NEAR(difference, slope, 0.02 * std::abs(slope) + 4e-6) << tensor.name;
  }
}
INSTANTIATE_TEST_SUITE_P(
    Networks, Gradients,
    ::testing::Values(GradientCase{"nlinear", NLinearOptions{}, 1}, GradientCase{"nlinear2", NLinearOptions{}, 2},
                      GradientCase{"dlinear", small_dlinear(), 1}, GradientCase{"nhits", small_nhits(0), 1},
                      GradientCase{"nhits_dropout", small_nhits(.2), 3}, GradientCase{"patchtst", small_patchtst(0), 1},
                      GradientCase{"patchtst_dropout", small_patchtst(.2), 1},
                      GradientCase{"patchtst_channels", small_patchtst(0), 3}),
    [](const auto& each) { return each.param.name; });

class Forecasters : public ::testing::TestWithParam<GradientCase> {
 protected:
  std::unique_ptr<SequenceForecaster> make(const WindowShape& shape) const {
    auto network = *make_network(kernels(), GetParam().options, shape);
    Floats parameters(network->layout().size());
    Random random(3);
    network->initialise(random, parameters);
    return std::make_unique<NetworkForecaster>(GetParam().options, std::move(network), std::move(parameters));
  }
};

TEST_P(Forecasters, GiveAWindowTheSameBitsWhateverStandsBesideIt) {
  const WindowShape shape{GetParam().channels, 50, 11};
  const auto forecaster = make(shape);
  const WindowBatch batch = batch_of(shape, 45, 8);
  const std::size_t size = forecaster->paths() * shape.horizon;
  std::vector<float> together(45 * size), alone(size);
  ASSERT_TRUE(forecaster->forecast(batch.inputs, 45, together));
  for (std::size_t window = 0; window < 45; ++window) {
    ASSERT_TRUE(forecaster->forecast(
        std::span<const float>(batch.inputs).subspan(window * shape.input_size(), shape.input_size()), 1, alone));
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(alone[i], together[window * size + i]) << window;
  }
}

TEST_P(Forecasters, ComeBackFromTheirFilesToTheSameBits) {
  const WindowShape shape{GetParam().channels, 50, 11};
  const auto forecaster = make(shape);
  const testing::TempDirectory directory;
  ASSERT_TRUE(forecaster->save(directory.path()));
  const auto restored = NetworkForecaster::restore(kernels(), directory.path());
  ASSERT_TRUE(restored) << to_string(restored.error());
  EXPECT_EQ((*restored)->configuration(), forecaster->configuration());
  EXPECT_EQ((*restored)->weights(), forecaster->weights());
  const WindowBatch batch = batch_of(shape, 3, 9);
  std::vector<float> before(3 * forecaster->paths() * shape.horizon), after(before.size());
  ASSERT_TRUE(forecaster->forecast(batch.inputs, 3, before));
  ASSERT_TRUE((*restored)->forecast(batch.inputs, 3, after));
  EXPECT_EQ(before, after);
}

TEST_P(Forecasters, RefuseWhatIsNotFinite) {
  const WindowShape shape{GetParam().channels, 50, 11};
  const auto forecaster = make(shape);
  WindowBatch batch = batch_of(shape, 2, 9);
  batch.inputs[7] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> out(2 * forecaster->paths() * shape.horizon);
  const Status refused = forecaster->forecast(batch.inputs, 2, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "network.input");
}

TEST_P(Forecasters, FollowAConstantSeries) {
  // Nothing to learn from: no division by zero; untrained networks stay finite and near the level.
  const WindowShape shape{GetParam().channels, 50, 11};
  const auto forecaster = make(shape);
  std::vector<float> inputs(shape.input_size(), 5.0F), out(forecaster->paths() * shape.horizon);
  ASSERT_TRUE(forecaster->forecast(inputs, 1, out));
}

INSTANTIATE_TEST_SUITE_P(Networks, Forecasters,
                         ::testing::Values(GradientCase{"nlinear_ols", NLinearOlsOptions{}, 1},
                                           GradientCase{"nlinear", NLinearOptions{}, 2},
                                           GradientCase{"dlinear", small_dlinear(), 1},
                                           GradientCase{"nhits", small_nhits(.1), 3},
                                           GradientCase{"nhits_quantiles", with_quantiles(NHitsOptions{}), 1},
                                           GradientCase{"patchtst", small_patchtst(.1), 2}),
                         [](const auto& each) { return each.param.name; });

TEST(NetworkFiles, RefuseEveryAlteredByte) {
  auto network = *make_network(kernels(), NLinearOptions{}, {1, 4, 2});
  Floats parameters(network->layout().size());
  Random random(1);
  network->initialise(random, parameters);
  const NetworkForecaster forecaster(NLinearOptions{}, std::move(network), std::move(parameters));
  const testing::TempDirectory directory;
  ASSERT_TRUE(forecaster.save(directory.path()));
  const auto path = directory.path() / "network.safetensors";
  const std::string good = *read_file(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    ASSERT_TRUE(write_file_unsynced(path, bad));
    const auto read = NetworkForecaster::restore(kernels(), directory.path());
    ASSERT_FALSE(read) << at;
    EXPECT_EQ(read.error().code, "network.load");
    EXPECT_EQ(read.error().kind, ErrorKind::integrity);
  }
  for (const std::string& cut : {std::string(), good.substr(0, good.size() - 1)}) {
    ASSERT_TRUE(write_file_atomic(path, cut));
    EXPECT_FALSE(NetworkForecaster::restore(kernels(), directory.path()));
  }
}

TEST(NetworkOptionsJson, RoundTripsAndNamesWhatIsWrong) {
  for (const NetworkOptions& options :
       {NetworkOptions(NLinearOlsOptions{}), NetworkOptions(NLinearOptions{}), small_dlinear(), small_nhits(.2),
        small_patchtst(.3), with_quantiles(NHitsOptions{})}) {
    const auto back = options_of(network_type(options), options_json(options));
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(options_json(*back), options_json(options));
  }
  const auto where = [](const char* type, const nlohmann::json& written) {
    const auto read = options_of(type, written);
    return read ? std::string("accepted") : read.error().where;
  };
  EXPECT_EQ(where("patchtst", {{"widht", 16}}), "widht");
  EXPECT_EQ(where("patchtst", {{"width", 18}}), "width");
  EXPECT_EQ(where("patchtst", {{"stride", 17}}), "stride");
  EXPECT_EQ(where("nhits", {{"dropout", 1}}), "dropout");
  EXPECT_EQ(where("nhits", {{"pool_kernel", {1, 2}}}), "blocks");
  EXPECT_EQ(where("nhits", {{"loss", "quantile"}}), "quantiles");
  EXPECT_EQ(where("nhits", {{"epochs", 2.5}}), "epochs");
  EXPECT_EQ(where("dlinear", {{"moving_average", 24}}), "moving_average");
  EXPECT_EQ(options_of("lstm", nlohmann::json::object()).error().code, "model.type");
}

// Literal values of one block worked out by hand: pooling keeps the largest of a group counted from the newest bar,
// knots are interpolated as PyTorch does, the path starts at the last value.
TEST(NHits, PoolsInterpolatesAndStartsAtTheLastValue) {
  NHitsOptions options;
  options.pool_kernel = {2};
  options.freq_downsample = {2};
  options.blocks = {1};
  options.hidden = 3;
  options.normalise_window = false;
  options.hidden_layers = 0;
  const auto network = *make_network(kernels(), options, {1, 5, 4});
  Floats parameters(network->layout().size(), 0.0F);
  const auto tensor = [&](const std::string& name) {
    for (const auto& each : network->layout().tensors())
      if (each.name == name) return parameters.data() + each.offset;
    return static_cast<float*>(nullptr);
  };
  // Pooled: max(x4, x3), max(x2, x1), x0 -> each goes to one hidden unit -> knots: unit 0 and unit 1 - unit 2.
  float* input = tensor("stack.0.block.0.input.weight");
  for (std::size_t i = 0; i < 3; ++i) input[i * 3 + i] = 1;
  float* theta = tensor("stack.0.block.0.theta.weight");  // [3][5 backcast + 2 knots]
  theta[0 * 7 + 5] = 1;
  theta[1 * 7 + 6] = 1;
  theta[2 * 7 + 6] = -1;
  const float x[] = {10, 3, 4, 7, 6};
  const auto pass = network->make_pass();
  const auto out = pass->forward(parameters.data(), x, 1);
  // Knots 7 and 4 - 10 = -6; steps lie at -.25 (held at 0), .25, .75, 1.25 (held at the last) knots.
  const float expected[] = {6 + 7, 6 + 7 - .25F * 13, 6 + 7 - .75F * 13, 6 - 6};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(out[i], expected[i]);
}

TEST(DLinear, SplitsOffAMovingAverageWithItsEndsRepeated) {
  DLinearOptions options;
  options.moving_average = 3;
  const auto network = *make_network(kernels(), options, {1, 4, 1});
  Floats parameters(network->layout().size(), 0.0F);
  for (const auto& each : network->layout().tensors())
    if (each.name == "trend.weight") parameters[each.offset] = 1;  // the trend at the oldest bar
  const float x[] = {3, 6, 9, 1};
  const auto pass = network->make_pass();
  EXPECT_FLOAT_EQ(pass->forward(parameters.data(), x, 1)[0], (3 + 3 + 6) / 3.0F);
}

}  // namespace
}  // namespace clm
