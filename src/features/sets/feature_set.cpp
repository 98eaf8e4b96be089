#include "features/sets/feature_set.hpp"

#include <algorithm>

#include "base/contract.hpp"
#include "base/hash.hpp"

namespace clm {

int FeatureSpec::warm_up(Interval interval) const {
  const auto bars = (warm_up_span.count() + interval.ms() - 1) / interval.ms();
  return std::max(warm_up_bars, static_cast<int>(bars));
}

std::size_t FeatureSet::add_specs(const std::vector<FeatureSpec>& specs) {
  const std::size_t first = specs_.size();
  expects(!specs.empty(), "a group has at least one feature");
  for (const FeatureSpec& spec : specs) {
    expects(!spec.name.empty() && !find(spec.name), "feature names of a set are distinct");
    if (spec.over_universe != CrossOperation::none)
      cross_columns_.push_back({specs_.size(), specs_.size(), spec.over_universe});
    specs_.push_back(spec);
  }
  return first;
}

bool FeatureSet::is_of_cross(std::size_t column) const {
  return std::any_of(cross_columns_.begin(), cross_columns_.end(),
                     [&](const CrossColumn& cross) { return cross.column == column; });
}

FeatureSet& FeatureSet::add(SymbolFeatures features) {
  const std::size_t first = add_specs(features.specs);
  symbol_groups_.push_back({first, features.specs.size(), std::move(features.make)});
  return *this;
}

FeatureSet& FeatureSet::add(MarketFeatures features) {
  const std::size_t first = add_specs(features.specs);
  market_groups_.push_back({first, features.specs.size(), std::move(features.make)});
  return *this;
}

FeatureSet& FeatureSet::add(CrossFeature feature) {
  const auto source = find(feature.column);
  expects(source.has_value(), "a cross-section needs its column in the set before it");
  expects(!is_of_cross(*source), "a cross-section of a cross-section is not supported");
  expects(feature.operation != CrossOperation::none, "a cross-section does something");
  const FeatureSpec from = specs_[*source];
  const char* meaning = feature.operation == CrossOperation::rank ? "rank among the symbols present, -1/2 to 1/2"
                                                                  : "difference from the mean over the symbols present";
  const std::size_t column = add_specs(
      {{feature.name, from.warm_up_bars, feature.column, feature.column + ": " + meaning, from.warm_up_span}});
  cross_columns_.push_back({column, *source, feature.operation});
  return *this;
}

std::vector<std::string> FeatureSet::names() const {
  std::vector<std::string> names;
  for (const FeatureSpec& spec : specs_) names.push_back(spec.name);
  return names;
}

std::optional<std::size_t> FeatureSet::find(std::string_view name) const {
  const auto found =
      std::find_if(specs_.begin(), specs_.end(), [&](const FeatureSpec& spec) { return spec.name == name; });
  if (found == specs_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - specs_.begin());
}

std::string FeatureSet::hash() const {
  Sha256 hash;
  // Each text is followed by a byte that no text contains: ("ab", "c") and ("a", "bc") differ.
  const auto text = [&hash](std::string_view part) { hash.update(part).update(std::string_view("\0", 1)); };
  text("engine " + std::to_string(kEngineRevision));
  text(name_);
  for (const FeatureSpec& spec : specs_) {
    text(spec.name);
    text(std::to_string(spec.warm_up_bars));
    text(std::to_string(spec.warm_up_span.count()));
    text(std::to_string(static_cast<int>(spec.over_universe)));
    text(spec.inputs);
    text(spec.meaning);
  }
  return hash.hex_digest();
}

int FeatureSet::warm_up(Interval interval) const {
  int longest = 0;
  for (const FeatureSpec& spec : specs_) longest = std::max(longest, spec.warm_up(interval));
  return longest;
}

std::vector<std::string> feature_set_names() { return {"core", "classic22"}; }

Result<FeatureSet> feature_set(std::string_view name) {
  if (name == "core") return core_feature_set();
  if (name == "classic22") return classic22_feature_set();
  return fail(ErrorKind::usage, "features.unknown_set", "there is no feature set \"" + std::string(name) + "\"", {},
              "Choose core or classic22.");
}

}  // namespace clm
