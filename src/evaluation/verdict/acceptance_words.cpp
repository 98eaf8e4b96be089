#include "evaluation/verdict/acceptance_words.hpp"

#include <cmath>

#include "base/contract.hpp"
#include "base/number_text.hpp"
#include "base/time.hpp"
#include "evaluation/verdict/verdict_words.hpp"

namespace clm {
namespace {

const Acceptance& acceptance_of(const Judgement& j) {
  expects(j.acceptance.has_value(), "a recipe was asked");
  return *j.acceptance;
}

std::string over_bars(const Acceptance& a) {
  return " over " + std::to_string(a.finding.bars) + " bars since " + to_date_string(Timestamp(a.from_ms));
}

std::string at_any_time(const ShownMean& one) {
  if (!std::isfinite(one.lo)) return "too few blocks of a label's length for a bound";
  return "above " + fixed(one.lo, 4) + " whenever it is looked at (level " + fixed(one.level, 5) + ")";
}

/// What would change a "not shown".
std::string what_would_change(const ShownMean& one) {
  if (one.shown) return {};
  if (one.expected_bars)
    return " If it goes on like this, some " + std::to_string(*one.expected_bars) + " further bars show it.";
  return one.mean > one.least ? " More bars like these would not show it for years."
                              : " It would have to become better to be shown.";
}

std::string names_in_words(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nobody" : text;
}

std::string margin_words(const Acceptance& a) { return fixed(a.margin, 4) + " (policy.margin)"; }

}  // namespace

std::string skill_sentence(const Judgement& j) {
  const Acceptance& a = acceptance_of(j);
  const ShownMean& skill = a.finding.skill;
  return (skill.shown ? "It has foresight: " : "No foresight shown: ") + rank_ic_name(j.candidate) + " " +
         fixed(skill.mean, 4) + over_bars(a) + ", " + at_any_time(skill) + "; recipe " +
         std::to_string(a.budget.order) + " of those first tried in " + std::to_string(a.budget.year) + ", " +
         std::to_string(a.budget.accepted_before) + " of them accepted before, " + fixed(a.budget.a_year, 4) +
         " wrong acceptances a year (policy.acceptance_alpha)" + (skill.shown ? "." : "; above 0 is needed.") +
         what_would_change(skill);
}

std::string lineup_sentence(const Judgement& j) {
  const Acceptance& a = acceptance_of(j);
  const ShownMean& lineup = a.finding.lineup;
  return (lineup.shown ? "What is served ranks no more than " + margin_words(a) + " worse with it than without: "
                       : "That what is served ranks no more than " + margin_words(a) +
                             " worse with it than without is not shown: ") +
         rank_ic_name(j.candidate) + " " + fixed(a.finding.with_it, 4) + " with it, " + fixed(a.finding.without_it, 4) +
         " without (" + names_in_words(a.without) + "), difference " + fixed(lineup.mean, 4) + ", " +
         at_any_time(lineup) + "." + what_would_change(lineup);
}

std::string benchmark_sentence(const Judgement& j) {
  const Acceptance& a = acceptance_of(j);
  if (!a.finding.benchmark || a.without == std::vector{a.benchmark}) return {};
  const ShownMean& against = *a.finding.benchmark;
  return (against.shown
              ? "It ranks no more than " + margin_words(a) + " below " + a.benchmark + " alone: "
              : "That it ranks no more than " + margin_words(a) + " below " + a.benchmark + " alone is not shown: ") +
         fixed(a.finding.with_it, 4) + " against " + fixed(a.finding.benchmark_mean, 4) + ", difference " +
         fixed(against.mean, 4) + ", " + at_any_time(against) + "." + what_would_change(against);
}

std::string beside_benchmark_sentence(const Judgement& j) {
  const Acceptance& a = acceptance_of(j);
  if (a.benchmark_speaks == BenchmarkSpeaks::no || !a.finding.without_benchmark) return {};
  const ShownMean& without = *a.finding.without_benchmark;
  const std::string found = "without " + a.benchmark + " less " + a.benchmark + " alone: " + fixed(without.mean, 4) +
                            ", " + at_any_time(without);
  return (without.shown ? a.benchmark + " need not speak beside it: " + found + "."
                        : a.benchmark + " speaks beside it until the lineup without it is shown to rank no more than " +
                              margin_words(a) + " below it: " + found + ".") +
         what_would_change(without);
}

}  // namespace clm
