#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "registry/registry.hpp"
#include "serving/bar_inputs.hpp"
#include "serving/canary_share.hpp"
#include "serving/predictor.hpp"

namespace clm {

/// How somebody wants to be served.
struct ServingRules {
  std::vector<std::string> model_types;
  PredictorOptions options;
};

/// Everything that serves a universe at one moment of the registry, loaded: the active versions, and each symbol that
/// belongs to a canary's share is forecast with it in the place of its type's active version, and says so. With an
/// active ensemble only the canary of another ensemble counts: its members' own types do not serve by themselves. A
/// canary that is broken abstains and leaves its share to the active version. Immutable and thread-safe: swapped as one
/// object, no answer mixes two moments.
class ServingBundle {
 public:
  /// Errors: those of `Predictor::load`; `serving.moving` (locked) if versions are moved again and again meanwhile.
  /// Cost: reads, verifies and loads every version that serves; a set of canaries costs as much once more.
  static Result<std::shared_ptr<const ServingBundle>> load(const Registry& registry, const ServingRules& rules,
                                                           std::vector<CanaryShare> canaries,
                                                           const std::vector<Symbol>& symbols);

  /// `Registry::generation` when it was loaded.
  std::int64_t generation() const { return generation_; }
  const std::vector<CanaryShare>& canaries() const { return canaries_; }
  /// What all of them have to be shown.
  const InputNeeds& needs() const { return needs_; }

  /// `inputs` are of the symbols given to load() (contract).
  Forecasts predict(const BarInputs& inputs) const;
  /// What predict() says about `symbols`, and what moved it there: a symbol of a canary's share is explained by the
  /// canary. Error `predict.unknown_symbol` (usage).
  Result<Explanations> explain(const BarInputs& inputs, const std::vector<Symbol>& symbols) const;

 private:
  /// Who serves the symbols of one set of canaries.
  struct CanaryGroup {
    std::vector<VersionId> canaries;
    std::vector<std::size_t> places;  ///< in the symbols
    Predictor predictor;
  };
  explicit ServingBundle(Predictor active) : active_(std::move(active)) {}
  Status add_canaries(const Registry& registry, const ServingRules& rules, const std::vector<Symbol>& symbols);
  void note_broken(Prediction& prediction) const;

  std::int64_t generation_ = 0;
  std::vector<CanaryShare> canaries_;
  std::vector<std::pair<CanaryShare, std::string>> broken_;  ///< each with why it says nothing
  Predictor active_;
  std::vector<CanaryGroup> groups_;
  InputNeeds needs_;
};

}  // namespace clm
