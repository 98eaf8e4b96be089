#include "learning/life_cycle/skill_watch.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

EDetectorOptions detector_options(const SkillWatchOptions& options) {
  EDetectorOptions out;
  out.sigma = options.sigma;
  out.run_length = options.run_length;
  out.largest_bet = 0.5;
  return out;
}

}  // namespace

SkillWatch::SkillWatch(WatchedFor side, const SkillWatchOptions& options)
    : side_(side), options_(options), detector_(detector_options(options)) {}

void SkillWatch::add(Timestamp decided_at, double rank_ic) {
  if (!std::isfinite(rank_ic)) return;
  if (block_bars_ == 0) block_began_ = decided_at;
  block_sum_ += rank_ic;
  if (++block_bars_ == options_.horizon_bars) close_block();
}

void SkillWatch::close_block() {
  const double mean = block_sum_ / block_bars_, sign = side_ == WatchedFor::harm ? 1 : -1;
  block_sum_ = 0;
  block_bars_ = 0;
  // The first alarm stands until it is answered: what begins anew after it knows of no change before it.
  if (detector_.update(sign * mean) != DriftSignal::drift || alarm_) return;
  const std::uint64_t blocks = std::max<std::uint64_t>(detector_.values_since_change(), 1);
  const auto bars_before = static_cast<std::int64_t>(blocks - 1) * options_.horizon_bars;
  alarm_ = Alarm{block_began_ - options_.interval.length() * bars_before, sign * detector_.mean_since_change(), blocks,
                 detector_.evidence()};
}

double SkillWatch::nearness() const {
  if (alarm_) return 1;
  return std::clamp(std::log(std::max(detector_.evidence(), 1.0)) / std::log(options_.run_length), 0.0, 1.0);
}

nlohmann::json SkillWatch::state() const {
  nlohmann::json state{{"side", side_ == WatchedFor::harm ? "harm" : "recovery"},
                       {"sigma", options_.sigma},
                       {"run_length", options_.run_length},
                       {"detector", detector_.state()},
                       {"block", {block_bars_, block_sum_, block_began_.ms()}}};
  if (alarm_) state["alarm"] = {alarm_->changed_at.ms(), alarm_->mean_rank_ic, alarm_->blocks, alarm_->evidence};
  return state;
}

Result<SkillWatch> SkillWatch::from_state(const nlohmann::json& state, int horizon_bars, Interval interval) {
  const SkillWatchOptions options{state.at("sigma").get<double>(), state.at("run_length").get<double>(), horizon_bars,
                                  interval};
  if (!(options.sigma > 0) || !(options.run_length > 1))
    return fail(ErrorKind::integrity, "drift.state", "the stored state of a watch is none: " + state.dump(), {},
                "Restore clm.db from a copy.");
  SkillWatch watch(state.at("side").get<std::string>() == "harm" ? WatchedFor::harm : WatchedFor::recovery, options);
  if (auto restored = watch.detector_.restore(state.at("detector").get<std::vector<double>>()); !restored)
    return forward_error(restored);
  const auto& block = state.at("block");
  watch.block_bars_ = block.at(0).get<int>();
  watch.block_sum_ = block.at(1).get<double>();
  watch.block_began_ = Timestamp(block.at(2).get<std::int64_t>());
  if (const auto alarm = state.find("alarm"); alarm != state.end())
    watch.alarm_ = Alarm{Timestamp(alarm->at(0).get<std::int64_t>()), alarm->at(1).get<double>(),
                         alarm->at(2).get<std::uint64_t>(), alarm->at(3).get<double>()};
  return watch;
}

}  // namespace clm
