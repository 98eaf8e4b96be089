#pragma once
#include <limits>
#include <string_view>

namespace clm {

/// Range of a number, both ends included unless `above` excludes the lower or `below` the upper one.
struct OptionRange {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool above = false, below = false;

  bool holds(double value) const {
    return (above ? value > least : value >= least) && (below ? value < most : value <= most);
  }
};

/// One parameter of a model type. This is the only place that knows its range: what is trained, what a manifest is read
/// back from and what the settings accept are all checked against it. A field with a meaning is a setting, named
/// "type.name"; settings have closed ranges.
struct OptionField {
  std::string_view name;
  OptionRange range = {};
  std::string_view unit = {};
  std::string_view meaning = {};  ///< empty: not a setting

  bool is_setting() const { return !meaning.empty(); }
};

}  // namespace clm
