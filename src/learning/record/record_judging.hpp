#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/run_context.hpp"
#include "evaluation/verdict/judgement.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/record/record.hpp"
#include "registry/registry.hpp"

namespace clm {

/// A vintage and how many of the judged bars it spoke at; of what was served, at how many it was the newest in service.
struct JudgedVintage {
  VersionId version;
  Timestamp created_as_of, learned_until;
  std::size_t bars = 0;
};

/// A record held against what came of it, beside the baselines.
struct RecordJudgement {
  std::string name;      ///< recipe, or `kServed`
  std::size_t bars = 0;  ///< with a known outcome
  std::size_t bars_not_known = 0;
  std::size_t bars_of_another_label = 0;  ///< left out
  std::vector<JudgedVintage> vintages;    ///< in the order in which they spoke first
  Judgement judgement;
};

/// {name, bars, bars_not_known, bars_of_another_label, vintages: [{version, created_as_of, learned_until, bars}],
/// judgement}
nlohmann::json to_json(const RecordJudgement& record);

/// Holds what was logged against the outcomes in `data`, which are of the label and of the features of the vintages;
/// nothing that a vintage says is computed again. The baselines have no log: at every vintage each is fitted on exactly
/// the rows of the vintage's protocol in `data`, known at its time, and speaks at the bars where the vintage does. It
/// is scaled by what a fit on the older rows alone was worth on the newest `validation_share` of them, known at that
/// time too. Forecasts of recipes are judged as they were scaled; their probabilities, which are not logged, as
/// `cross_fitted_up_probability`. Does not depend on `run.jobs`. Errors: `record.no_outcomes` (data) where none is
/// known; those of the registry, of training and of `judge`. Cost: two fits of every baseline a vintage.
Result<RecordJudgement> judge_record(const std::string& name, const std::vector<RecordedBar>& bars,
                                     const LearningData& data, const Registry& registry, const LearningOptions& options,
                                     const RunContext& run);

}  // namespace clm
