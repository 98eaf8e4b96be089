#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/verdict/deployment_policy.hpp"
#include "features/inputs/candle_source.hpp"
#include "features/inputs/context_source.hpp"
#include "learning/cycle/forecast_memory.hpp"
#include "learning/cycle/training_folders.hpp"
#include "learning/data/candle_corrections.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/triggers/triggers.hpp"
#include "registry/cycle_log.hpp"
#include "registry/registry.hpp"

namespace clm {

/// `run`: the cycle is part of a `LifeCycle`, which runs the stages between verdict and activation. `none`: a cycle by
/// itself has no live bars for them, so `deploy` activates at once.
enum class Stages { none, run };

/// Where a cycle reads and writes. Everything is borrowed; `lock` proves that no other process trains or decides here.
struct CycleWorkplace {
  const CandleSource& candles;
  const ContextSource* context = nullptr;  ///< may be null
  Registry& registry;
  CycleLog& log;
  const FileLock& lock;
  std::string program_version;
  std::string git_commit;
  TrainingFolders folders = {};
  /// The market of `candles` as it was recorded before, at least up to the cycle's `as_of`, with the workspace's label;
  /// null: the cycle computes features and labels, as it does those that the tape does not hold. A replay shares one
  /// tape among its cycles.
  const MarketTape* tape = nullptr;
  /// What versions said in earlier cycles; null: they are asked again.
  ForecastMemory* said_before = nullptr;
  Stages stages = Stages::none;
  /// Which candles were corrected since versions learned from them, opened before `candles` were read; null where
  /// nothing is: a replay's stay what they are.
  const CandleCorrections* corrections = nullptr;
};

/// What a version's manifest says of the program that made it, and of the candles' log.
void note_circumstances(const CycleWorkplace& place, Manifest& manifest);

/// Whether an ensemble is made even if the active one has the same members.
enum class Force { no, yes };

struct CycleRequest {
  Timestamp as_of;  ///< nothing known later is read
  Force force = Force::no;
  std::string actor;                   ///< who asked: "scheduler", "cli"
  std::vector<Trigger> triggers = {};  ///< what is to be trained, and why
};

/// What became of one recipe.
struct CycleResult {
  std::string model_type;  ///< "lightgbm", "lightgbm/yearly" (`slot_name`)
  VersionId version;       ///< empty if the training failed
  std::string decision;    ///< deploy, canary, keep, reject, failed
  double improvement = 0, lo = 0, hi = 0;
  std::vector<std::string> reasons;
  std::string evidence_json;  ///< judgement and verdict; empty if the training failed
  /// Of a recipe that is accepted by this result: whether the floor is to speak beside it.
  std::optional<BenchmarkSpeaks> floor = {};
};

/// Who would make up an ensemble after the cycle, and whether one was made of them.
struct EnsembleLineup {
  struct LeftOut {
    std::string model_type;
    std::string why;
  };
  std::vector<EnsembleMember> members;  ///< ascending by recipe
  std::vector<LeftOut> left_out;
  std::string why;  ///< a sentence: why one is made, or why not
};

struct CycleReport {
  std::int64_t cycle = 0;
  Timestamp as_of;
  std::vector<Trigger> triggers;
  std::vector<CycleResult> results;  ///< of the triggered recipes, then of the ensemble where one was made
  EnsembleLineup ensemble;
  double seconds = 0;  ///< of the clock on the wall
};

/// One learning cycle: trains the recipes that are asked for side by side, judges each beside the baselines
/// and the active version on rows none of them was trained on, decides by the policy, and moves the aliases, each with
/// its evidence in one transaction. Killed at any moment, the next cycle on the same data ends with the same versions
/// in the same states. The outcome does not depend on `run.jobs`.
///
/// In mode `enforced` a candidate goes where `first_stage` sends it: with `Stages::none`, or without an active version
/// to be held against, a `deploy` verdict makes it active at once and `canary` leaves it to a person; with the stages
/// running it goes into the shadow or the canary. `keep` and `reject` end it. `advisory` leaves every candidate that
/// was not refused to a person; `logging_only` moves nothing.
///
/// After that, where two or more recipes have an active version, they make up an ensemble (`plan_ensemble`): a version
/// of its own, judged on the same rows under the same policy. Without a trigger too, when its members have changed.
Result<CycleReport> run_cycle(CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                              const RunContext& run);

/// {cycle, as_of, triggers, results, ensemble, seconds} as in the manual; `wall_seconds` says what `seconds` are.
nlohmann::json to_json(const CycleReport& report);

}  // namespace clm
