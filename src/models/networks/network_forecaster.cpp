#include "models/networks/network_forecaster.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "base/hash.hpp"
#include "models/networks/network_json.hpp"
#include "models/networks/safetensors.hpp"

namespace clm {
namespace {

/// Windows worked on at once: their activations stay in the cache.
constexpr std::size_t kBlock = 32;
constexpr const char* kConfigurationFile = "network.json";
constexpr const char* kWeightsFile = "network.safetensors";
constexpr int kFormat = 1;

tl::unexpected<Error> load_error(std::string message, std::string where = {}) {
  return fail(ErrorKind::integrity, "network.load", std::move(message), std::move(where),
              "Restore the files from a backup, or train again.");
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

std::string pack_parameters(const ParameterLayout& layout, std::span<const float> parameters) {
  std::vector<TensorView> views;
  for (const ParameterLayout::Tensor& tensor : layout.tensors())
    views.push_back({tensor.name, tensor.shape, parameters.subspan(tensor.offset, tensor.size)});
  return write_safetensors(views, {{"format", "clm network " + std::to_string(kFormat)}});
}

Result<Floats> unpack_parameters(const ParameterLayout& layout, std::string_view bytes) {
  Result<TensorFile> file = read_safetensors(bytes);
  if (!file) return load_error(file.error().message);
  Floats parameters(layout.size(), 0.0F);
  for (const ParameterLayout::Tensor& tensor : layout.tensors()) {
    const auto found = file->tensors.find(tensor.name);
    if (found == file->tensors.end()) return load_error("tensor '" + tensor.name + "' is missing");
    if (found->second.shape != tensor.shape) return load_error("tensor '" + tensor.name + "' has another shape");
    if (!all_finite(found->second.values)) return load_error("tensor '" + tensor.name + "' holds no numbers");
    std::copy(found->second.values.begin(), found->second.values.end(),
              parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
  }
  if (file->tensors.size() != layout.tensors().size()) return load_error("there are tensors of no known name");
  return parameters;
}

NetworkForecaster::NetworkForecaster(NetworkOptions options, std::unique_ptr<Network> network, Floats parameters)
    : options_(std::move(options)), network_(std::move(network)), parameters_(std::move(parameters)) {
  expects(parameters_.size() == network_->layout().size(), "as many numbers as the network has");
  if (const FitOptions* fit = fit_options(options_); fit != nullptr && fit->loss == SequenceLoss::quantile)
    quantiles_ = fit->quantiles;
}

std::unique_ptr<NetworkPass> NetworkForecaster::borrow() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto pass = std::move(idle_.back());
      idle_.pop_back();
      return pass;
    }
  }
  return network_->make_pass();
}

void NetworkForecaster::give_back(std::unique_ptr<NetworkPass> pass) const {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(pass));
}

Status NetworkForecaster::forecast(std::span<const float> inputs, std::size_t windows, std::span<float> out) const {
  const std::size_t input_size = shape().input_size(), output_size = network_->output_size();
  expects(inputs.size() == windows * input_size && out.size() == windows * output_size,
          "inputs and paths of every window");
  if (!all_finite(inputs))
    return fail(ErrorKind::data, "network.input", "a window holds a value that is not finite", {},
                "Leave out windows that cross a gap.");
  std::unique_ptr<NetworkPass> pass = borrow();
  for (std::size_t first = 0; first < windows; first += kBlock) {
    const std::size_t count = std::min(kBlock, windows - first);
    const auto paths = pass->forward(parameters_.data(), inputs.data() + first * input_size, count);
    std::copy(paths.begin(), paths.end(), out.begin() + static_cast<std::ptrdiff_t>(first * output_size));
  }
  give_back(std::move(pass));
  if (!all_finite(out))
    return fail(ErrorKind::defect, "network.predict", "the network gave a value that is not finite", {},
                "Please report it.");
  return {};
}

nlohmann::json NetworkForecaster::configuration() const {
  return {{"format", kFormat},
          {"type", type()},
          {"channels", shape().channels},
          {"input_length", shape().input_length},
          {"horizon", shape().horizon},
          {"options", options_json(options_)}};
}

std::string NetworkForecaster::weights() const { return pack_parameters(network_->layout(), parameters_); }

Status NetworkForecaster::save(const std::filesystem::path& directory) const {
  const std::string bytes = weights();
  nlohmann::json written = configuration();
  written["weights_sha256"] = sha256_hex(bytes);
  if (Status done = write_file_atomic(directory / kWeightsFile, bytes); !done) return done;
  return write_file_atomic(directory / kConfigurationFile, written.dump(2) + "\n");
}

Result<std::unique_ptr<SequenceForecaster>> NetworkForecaster::restore(const Kernels& kernels,
                                                                       const nlohmann::json& configuration,
                                                                       std::string_view weights) {
  const auto number = [&](const char* key) -> std::size_t {
    const auto found = configuration.find(key);
    return found != configuration.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
  };
  if (!configuration.is_object() || number("format") != kFormat || !configuration.contains("type") ||
      !configuration["type"].is_string() || !configuration.contains("options"))
    return load_error("the configuration is not that of a network of this program");
  Result<NetworkOptions> options =
      options_of(configuration["type"].get_ref<const std::string&>(), configuration["options"]);
  if (!options) return load_error(options.error().message, options.error().where);
  const WindowShape shape{number("channels"), number("input_length"), number("horizon")};
  Result<std::unique_ptr<Network>> network = make_network(kernels, *options, shape);
  if (!network) return load_error(network.error().message);
  Result<Floats> parameters = unpack_parameters((*network)->layout(), weights);
  if (!parameters) return forward_error(parameters);
  return std::make_unique<NetworkForecaster>(*std::move(options), *std::move(network), *std::move(parameters));
}

Result<std::unique_ptr<SequenceForecaster>> NetworkForecaster::restore(const Kernels& kernels,
                                                                       const std::filesystem::path& directory) {
  const Result<std::string> text = read_file(directory / kConfigurationFile);
  if (!text) return load_error(text.error().message, (directory / kConfigurationFile).string());
  const nlohmann::json configuration = nlohmann::json::parse(*text, nullptr, false);
  if (!configuration.is_object()) return load_error("is not JSON", (directory / kConfigurationFile).string());
  const Result<std::string> bytes = read_file(directory / kWeightsFile);
  if (!bytes) return load_error(bytes.error().message, (directory / kWeightsFile).string());
  if (configuration.value("weights_sha256", nlohmann::json()) != sha256_hex(*bytes))
    return load_error("the weights are not those that were saved", (directory / kWeightsFile).string());
  return restore(kernels, configuration, *bytes);
}

}  // namespace clm
