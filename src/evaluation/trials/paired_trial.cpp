#include "evaluation/trials/paired_trial.hpp"

#include <nlohmann/json.hpp>

#include "base/contract.hpp"

namespace clm {
namespace {

SequentialMeanOptions sequence_options(const PairedTrialOptions& options) {
  SequentialMeanOptions sequence;
  sequence.alpha = options.alpha;
  sequence.variance_inflation = overlap_inflation(options.horizon_bars);
  return sequence;
}

}  // namespace

std::string_view to_string(TrialOutcome outcome) {
  switch (outcome) {
    case TrialOutcome::open: return "open";
    case TrialOutcome::better: return "better";
    case TrialOutcome::worse: return "worse";
    case TrialOutcome::ended: return "ended";
  }
  return {};
}

std::optional<TrialOutcome> parse_trial_outcome(std::string_view name) {
  for (const auto outcome : {TrialOutcome::open, TrialOutcome::better, TrialOutcome::worse, TrialOutcome::ended})
    if (to_string(outcome) == name) return outcome;
  return std::nullopt;
}

double overlap_inflation(int horizon_bars) {
  const double h = horizon_bars;
  return 3 * h * h / (2 * h * h + 1);
}

PairedTrial::PairedTrial(const PairedTrialOptions& options)
    : options_(options),
      gain_(sequence_options(options)),
      reference_losses_(options.loss),
      challenger_losses_(options.loss) {
  expects(options.horizon_bars >= 1 && options.margin >= 0, "a trial has a horizon and a margin");
}

void PairedTrial::add(const BarScore& reference, const BarScore& challenger) {
  const auto reference_loss = loss_of(reference, options_.loss);
  const auto challenger_loss = loss_of(challenger, options_.loss);
  if (!reference_loss || !challenger_loss || outcome_ != TrialOutcome::open) return;
  ++bars_;
  reference_sum_ += *reference_loss;
  challenger_sum_ += *challenger_loss;
  reference_losses_.add(*reference_loss);
  challenger_losses_.add(*challenger_loss);
  block_sum_ += *reference_loss - *challenger_loss;
  if (++block_bars_ == options_.horizon_bars) {
    gain_.add(block_sum_ / options_.horizon_bars + options_.margin);
    block_sum_ = 0;
    block_bars_ = 0;
  }
  if (bars_ < options_.min_bars) return;
  if (gain_.above_zero())
    outcome_ = TrialOutcome::better;
  else if (gain_.below_zero())
    outcome_ = TrialOutcome::worse;
  else if (bars_ >= options_.max_bars)
    outcome_ = TrialOutcome::ended;
}

TrialReport PairedTrial::report() const {
  TrialReport report;
  report.outcome = outcome_;
  report.bars = bars_;
  report.observations = gain_.count();
  if (bars_ > 0) {
    const auto bars = static_cast<double>(bars_);
    report.reference_loss = reference_sum_ / bars;
    report.challenger_loss = challenger_sum_ / bars;
    report.gain = report.reference_loss - report.challenger_loss;
  }
  report.distributions = compare_losses(reference_losses_, challenger_losses_, options_.horizon_bars);
  const auto bounds = gain_.bounds();
  report.lo = bounds.lo - options_.margin;
  report.hi = bounds.hi - options_.margin;
  const auto horizon = static_cast<std::size_t>(options_.horizon_bars);
  if (outcome_ == TrialOutcome::open && options_.max_bars > bars_)
    if (const auto left = gain_.expected_remaining((options_.max_bars - bars_) / horizon))
      report.expected_bars =
          std::max(*left * horizon, options_.min_bars > bars_ ? options_.min_bars - bars_ : std::size_t{0});
  return report;
}

nlohmann::json PairedTrial::state() const {
  return {{"gain", gain_.state()},
          {"block_sum", block_sum_},
          {"block_bars", block_bars_},
          {"bars", bars_},
          {"reference_sum", reference_sum_},
          {"challenger_sum", challenger_sum_},
          {"reference_losses", reference_losses_.bins()},
          {"challenger_losses", challenger_losses_.bins()},
          {"outcome", static_cast<int>(outcome_)}};
}

void PairedTrial::restore(const nlohmann::json& state) {
  gain_.restore(state.at("gain").get<std::vector<double>>());
  block_sum_ = state.at("block_sum").get<double>();
  block_bars_ = state.at("block_bars").get<int>();
  bars_ = state.at("bars").get<std::size_t>();
  reference_sum_ = state.at("reference_sum").get<double>();
  challenger_sum_ = state.at("challenger_sum").get<double>();
  // A state that was written before there were distributions has none.
  if (state.contains("reference_losses")) {
    using Bins = std::array<std::uint32_t, LossDistribution::kBins>;
    reference_losses_.restore(state.at("reference_losses").get<Bins>());
    challenger_losses_.restore(state.at("challenger_losses").get<Bins>());
  }
  outcome_ = static_cast<TrialOutcome>(state.at("outcome").get<int>());
}

}  // namespace clm
