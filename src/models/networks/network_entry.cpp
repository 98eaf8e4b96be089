// The door of the shared library; everything else comes from the static one behind it.
#include "models/sequence/network_entry.hpp"

#include "models/networks/network_forecaster.hpp"
#include "models/networks/network_json.hpp"
#include "models/networks/network_trainer.hpp"

namespace clm {
namespace {

class Library final : public NetworkLibrary {
 public:
  explicit Library(const Kernels& kernels) : kernels_(kernels) {}

  Result<std::unique_ptr<SequenceTrainer>> make_trainer(const NetworkOptions& options) const override {
    if (Status checked = check_network_options(options); !checked) return forward_error(checked);
    return make_network_trainer(kernels_, options);
  }
  Result<std::unique_ptr<SequenceTrainer>> make_trainer(std::string_view type,
                                                        const nlohmann::json& parameters) const override {
    Result<NetworkOptions> options = options_of(type, parameters);
    if (!options) return forward_error(options);
    return make_network_trainer(kernels_, *std::move(options));
  }
  Result<std::unique_ptr<SequenceForecaster>> restore(const nlohmann::json& configuration,
                                                      std::string_view weights) const override {
    return NetworkForecaster::restore(kernels_, configuration, weights);
  }
  Result<std::unique_ptr<SequenceForecaster>> restore(const std::filesystem::path& directory) const override {
    return NetworkForecaster::restore(kernels_, directory);
  }
  std::string device() const override { return network_device(kernels_); }

 private:
  const Kernels& kernels_;
};

}  // namespace
}  // namespace clm

extern "C" __attribute__((visibility("default"))) clm::Result<const clm::NetworkLibrary*> clm_network_library_1() {
  using namespace clm;
  static const Result<const Kernels*> kernels = processor_kernels();
  if (!kernels) return forward_error(kernels);
  static const Library library(**kernels);
  return &library;
}
