#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "learning/triggers/trigger_check.hpp"

namespace clm {

enum class ReadsFeatures { no, yes };

/// Everything that the program knows of one trigger. To add one: its file, its row in `trigger_types.cpp`, its name in
/// `TriggerKind`; then the life cycle asks it, `clm triggers` shows it and `triggers.kinds` may name it.
struct TriggerType {
  TriggerKind kind;
  std::string_view name;
  std::string_view setting;  ///< what decides when it fires or is asked, "triggers.retrain_hours"
  /// How often a life cycle asks it, in hours; null: at every bar.
  double TriggerOptions::*period_hours;
  ReadsFeatures reads_features;  ///< no: a tape of bars alone is enough for it
  std::unique_ptr<TriggerCheck> (*make)(const TriggerPlace& place);
};

/// In the order in which they are asked: of two that fire and are as urgent, the earlier one gives its reason.
std::span<const TriggerType> trigger_types();

/// Whether a question that is asked every `period_hours` falls due between two closes: at the multiples of the period
/// since the epoch, so that nobody has to remember when it was asked last. A period of 0: always.
bool falls_due(Timestamp before, Timestamp now, double period_hours);
bool falls_due(const TriggerType& type, Timestamp before, Timestamp now, const TriggerOptions& options);

}  // namespace clm
