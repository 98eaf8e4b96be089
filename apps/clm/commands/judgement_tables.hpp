#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "evaluation/verdict/judgement.hpp"

/// What a judgement says, for a person at a terminal of so many cells; 0: as wide as it gets.
namespace clm::app {

/// What a baseline is called: a model may be of the same kind.
std::string baseline_name(const std::vector<ModelJudgement>& models, const std::string& name);

/// Foresight, then money: each figure with its interval, and money with the number of rebalances or trades; no figure
/// of trades that are too few for an interval. `models`: those judged by themselves; of one alone the candidate is it.
std::string forecasters_tables(const Judgement& judgement, const std::vector<ModelJudgement>& models,
                               std::size_t width);

/// What could not be measured in this universe, and what it would take.
std::string measured_words(const Judgement& j);

}  // namespace clm::app
