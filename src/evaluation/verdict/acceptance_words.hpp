#pragma once
#include <string>

#include "evaluation/verdict/judgement.hpp"

namespace clm {

/// The sentences of an acceptance: each question with its figure, the bound that holds at every look, how surely, what
/// is asked, and what would change the answer. `judgement` holds an acceptance (contract).

/// "It has foresight: rank IC 0.0612 over 4,320 bars since 2022-01-01, above 0.0402 whenever it is looked at (level
/// 0.00050: the 1st recipe tried in 2022, of 0.0050 wrong acceptances a year)."
std::string skill_sentence(const Judgement& judgement);
/// "What is served ranks no more than 0.0030 (policy.margin) worse with it than without: ..."
std::string lineup_sentence(const Judgement& judgement);
/// The same beside the benchmark alone; empty where there is none, or where it is what would speak without it.
std::string benchmark_sentence(const Judgement& judgement);
/// Whether the benchmark goes on speaking beside it, and until when; empty where it does not speak.
std::string beside_benchmark_sentence(const Judgement& judgement);

}  // namespace clm
