#pragma once
#include <string>

#include "base/time.hpp"
#include "report/evaluation.hpp"

namespace clm::app {

/// What the evaluation comes to: the heading of its verdict, its colour ("good", "plain" or "bad"), and a sentence each
/// on foresight, baselines, late entry, profit and constancy.
struct EvaluationSummary {
  std::string heading;
  std::string_view kind;
  std::vector<std::string> sentences;
};
EvaluationSummary summarize(const Evaluation& evaluation);

/// One page: the summary, models and baselines side by side, the plots of the judgement, what the models look at, and
/// how to run it again. `source` names the document. Says what an older document lacks.
std::string evaluation_report(const Evaluation& evaluation, const std::string& source, Timestamp made_at);

}  // namespace clm::app
