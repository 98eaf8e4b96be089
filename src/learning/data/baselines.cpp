#include "learning/data/baselines.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>

namespace clm {
namespace {

constexpr std::string_view kPastReturnPrefix = "log_return_";

/// "log_return_24" of the frame whose span is nearest to the horizon; of two equally near, the longer.
std::optional<std::string> past_return_column(const FeatureFrame& frame, int horizon_bars) {
  std::optional<std::string> nearest;
  int nearest_distance = 0;
  for (const auto& name : frame.names) {
    if (!name.starts_with(kPastReturnPrefix)) continue;
    int bars = 0;
    const auto [rest, code] = std::from_chars(name.data() + kPastReturnPrefix.size(), name.data() + name.size(), bars);
    if (code != std::errc{} || rest != name.data() + name.size()) continue;
    const int distance = std::abs(bars - horizon_bars);
    if (!nearest || distance <= nearest_distance) {
      nearest = name;
      nearest_distance = distance;
    }
  }
  return nearest;
}

}  // namespace

Result<std::vector<std::unique_ptr<Trainer>>> baseline_trainers(const FeatureFrame& frame, const LabelOptions& label,
                                                                const TrainerOptions& options) {
  std::vector<std::string> types{"zero", "majority_sign", "ridge"};
  TrainerOptions own = options;
  if (const auto column = past_return_column(frame, label.horizon_bars)) {
    own.past_return.column = *column;
    types.insert(types.end(), {"momentum", "reversal"});
  }
  std::vector<std::unique_ptr<Trainer>> trainers;
  for (const auto& type : types) {
    auto trainer = make_trainer(type, own);
    if (!trainer) return forward_error(trainer);
    trainers.push_back(std::move(*trainer));
  }
  return trainers;
}

}  // namespace clm
