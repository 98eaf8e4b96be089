#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "models/sequence/network_options.hpp"
#include "models/sequence/sequence_forecaster.hpp"

namespace clm {

/// The networks live in a shared library of their own that is mapped when the first one is trained or read: who uses
/// trees only never pays for it.
class NetworkLibrary {
 public:
  virtual ~NetworkLibrary() = default;

  /// Maps the library, once per process; later calls are free. Thread-safe. Errors `network.library` (unavailable: not
  /// beside the program, or of another build), `network.cpu` (unavailable: the processor lacks AVX2 or FMA).
  static Result<const NetworkLibrary*> load();

  /// Error `train.options` (usage) names a value out of range.
  virtual Result<std::unique_ptr<SequenceTrainer>> make_trainer(const NetworkOptions& options) const = 0;
  /// The inverse of `SequenceTrainer::parameters()`: an absent field takes its default, an unknown one or one of a
  /// wrong type is an error. Errors `model.type`, `train.options` (usage).
  virtual Result<std::unique_ptr<SequenceTrainer>> make_trainer(std::string_view type,
                                                                const nlohmann::json& parameters) const = 0;
  /// Reads what `configuration()` and `weights()` gave. Error `network.load` (integrity).
  virtual Result<std::unique_ptr<SequenceForecaster>> restore(const nlohmann::json& configuration,
                                                              std::string_view weights) const = 0;
  /// Reads what `SequenceForecaster::save` wrote; bytes that are not those are refused. Error `network.load`
  /// (integrity).
  virtual Result<std::unique_ptr<SequenceForecaster>> restore(const std::filesystem::path& directory) const = 0;

  /// What computes, and with which instructions: "cpu (avx512)". The bits of a training do not depend on it.
  virtual std::string device() const = 0;
};

}  // namespace clm
