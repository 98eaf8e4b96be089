#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/life_cycle_state.hpp"

namespace clm {

/// What follows from a trial as it stands.
enum class StageMove {
  stay,
  go_on,    ///< to the next stage, or out of the watch
  refuse,   ///< a candidate is rejected
  retreat,  ///< a canary is taken back
  undo      ///< a promotion is rolled back
};

struct StageDecision {
  StageMove move = StageMove::stay;
  std::string reason;  ///< a sentence with its numbers, and what would have changed it
};

/// A pure function of the trial and the limits.
/// Shadow: better goes on, worse or undecided to the end is refused. Canary: worse, or misbehaviour, retreats; the
/// share's bars gone by go on. Watch: worse, or misbehaviour, undoes; the watch's end goes on.
StageDecision decide_stage(const Trial& trial, const StageOptions& stages, const LabelOptions& label,
                           Interval interval);

/// {stage, challenger, reference, started, trial: {...}, behaviour: {...}}: what a decision rests on.
nlohmann::json evidence_of(const Trial& trial);
/// "gain .012 [-.003, .027] in rank loss over 240 bars (48 observations)"
std::string describe(const TrialReport& report, BarLoss loss);

}  // namespace clm
