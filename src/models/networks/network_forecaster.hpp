#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "models/networks/network.hpp"
#include "models/sequence/network_options.hpp"
#include "models/sequence/sequence_forecaster.hpp"

namespace clm {

/// A network with its numbers, behind the public interface.
class NetworkForecaster final : public SequenceForecaster {
 public:
  /// `parameters` has network->layout().size() floats.
  NetworkForecaster(NetworkOptions options, std::unique_ptr<Network> network, Floats parameters);

  /// Reads what configuration() and weights() gave. Error `network.load` (integrity).
  static Result<std::unique_ptr<SequenceForecaster>> restore(const Kernels& kernels,
                                                             const nlohmann::json& configuration,
                                                             std::string_view weights);
  /// Reads what save() wrote. Error `network.load` (integrity).
  static Result<std::unique_ptr<SequenceForecaster>> restore(const Kernels& kernels,
                                                             const std::filesystem::path& directory);

  std::string_view type() const override { return network_type(options_); }
  WindowShape shape() const override { return network_->shape(); }
  const std::vector<double>& quantiles() const override { return quantiles_; }
  Status forecast(std::span<const float> inputs, std::size_t windows, std::span<float> out) const override;
  nlohmann::json configuration() const override;
  std::string weights() const override;
  Status save(const std::filesystem::path& directory) const override;

  const NetworkOptions& options() const { return options_; }
  const Floats& parameters() const { return parameters_; }

 private:
  /// Working memory is lent to one call at a time and kept for the next.
  std::unique_ptr<NetworkPass> borrow() const;
  void give_back(std::unique_ptr<NetworkPass> pass) const;

  NetworkOptions options_;
  std::unique_ptr<Network> network_;
  Floats parameters_;
  std::vector<double> quantiles_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<NetworkPass>> idle_;
};

/// Numbers of a network as a safetensors file and back. Reading: error `network.load` (integrity) where a tensor is
/// missing, too many, or of another shape, or a number is not finite.
std::string pack_parameters(const ParameterLayout& layout, std::span<const float> parameters);
Result<Floats> unpack_parameters(const ParameterLayout& layout, std::string_view bytes);

}  // namespace clm
