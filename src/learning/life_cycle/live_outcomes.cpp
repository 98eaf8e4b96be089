#include "learning/life_cycle/live_outcomes.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "evaluation/trials/bar_score.hpp"
#include "learning/data/label_overlap.hpp"

namespace clm {
namespace {

/// What became of the symbols at a bar, as far as it is known at `now`; NaN: nothing yet.
std::vector<float> labels_of(const MarketTape& tape, std::size_t bar, Timestamp now) {
  const Dataset& rows = tape.rows();
  std::vector<float> labels(tape.symbols().size(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t row = tape.row_begin(bar); row < tape.row_end(bar); ++row)
    if (rows.known_at_ms[row] <= now.ms()) labels[rows.symbol[row]] = rows.label[row];
  return labels;
}

/// `score_of`: of a version at that moment; null: it said nothing.
template <typename ScoreOf>
void tell_watches(Timestamp decided_at, const ScoreOf& score_of, LifeCycleState& state) {
  if (state.served_watch)
    if (const BarScore* score = score_of(VersionId(kServed))) state.served_watch->add(decided_at, score->rank_ic);
  for (auto& [version, watch] : state.voter_watches)
    if (const BarScore* score = score_of(version)) watch.add(decided_at, score->rank_ic);
  for (Withdrawal& withdrawal : state.withdrawals) {
    if (decided_at <= withdrawal.found_at) continue;
    double sum = 0;
    int heard = 0;
    for (const VersionId& version : withdrawal.heard) {
      const BarScore* score = score_of(version);
      if (score == nullptr || std::isnan(score->rank_ic)) continue;
      sum += score->rank_ic;
      ++heard;
    }
    if (heard > 0) withdrawal.recovery.add(decided_at, sum / heard);
  }
}

}  // namespace

void LiveOutcomes::wait_for(std::size_t bar, std::vector<ForecastRow> rows) {
  if (!rows.empty()) waiting_.push_back({bar, std::move(rows)});
}

Status LiveOutcomes::restore(const ForecastHistory& history, Timestamp last) {
  const Timestamp from = last - (label_end(last, options_.label, tape_.interval()) - last);
  const auto rows = history.forecasts(from, last + Duration(1), {});
  if (!rows) return forward_error(rows);
  for (const ForecastRow& row : *rows) {
    const std::size_t bar = tape_.bar_at_or_after(row.decided_at);
    if (bar == tape_.bars() || tape_.close(bar) != row.decided_at || tape_.known_at(bar) <= last) continue;
    if (waiting_.empty() || waiting_.back().bar != bar) waiting_.push_back({bar, {}});
    waiting_.back().rows.push_back(row);
  }
  return {};
}

Status LiveOutcomes::add_known(Timestamp now, LifeCycleState& state, RegretTally& regret) {
  for (; !waiting_.empty() && tape_.known_at(waiting_.front().bar) <= now; waiting_.pop_front()) {
    const Waiting& due = waiting_.front();
    if (auto counted = regret.add(due.bar, due.rows, now); !counted) return counted;
    const std::vector<float> labels = labels_of(tape_, due.bar, now);
    std::map<VersionId, BarScore> scores;
    const auto score_of = [&](const VersionId& version) -> const BarScore* {
      const auto known = scores.find(version);
      if (known != scores.end()) return &known->second;
      const ForecastRow* said = row_of(due.rows, version);
      if (said == nullptr) return nullptr;
      return &scores.emplace(version, score_bar(said->forecast, labels, options_.judging.min_symbols)).first->second;
    };
    const Timestamp decided_at = tape_.close(due.bar);
    for (auto& [name, type] : state.types) {
      if (!type.chart || decided_at <= type.charted_since) continue;
      const VersionId& charted = vintage_at(type.earlier_charted, type.charted, decided_at);
      if (const BarScore* score = score_of(charted)) type.chart->add(*score);
    }
    tell_watches(decided_at, score_of, state);
    for (Trial& trial : state.trials) {
      if (decided_at <= trial.started) continue;
      const BarScore* challenger = score_of(trial.challenger);
      const BarScore* reference = score_of(vintage_at(trial.earlier_references, trial.reference, decided_at));
      if (challenger == nullptr || reference == nullptr) continue;
      trial.losses.add(*reference, *challenger);
      trial.challenger_behaviour.add(*challenger);
      trial.reference_behaviour.add(*reference);
    }
  }
  const Timestamp oldest = waiting_.empty() ? now : tape_.close(waiting_.front().bar);
  for (auto& [name, type] : state.types) forget_before(oldest, type.earlier_charted);
  for (Trial& trial : state.trials) forget_before(oldest, trial.earlier_references);
  return {};
}

}  // namespace clm
