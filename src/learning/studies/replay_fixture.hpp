#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/studies/replay.hpp"

namespace clm::testing {

/// Held after every bar of a replay: registry and state say the same, nobody serves beside the active version, a type
/// that had an active version has one, whoever is on trial is in the stage that the registry has it in, and nobody
/// forecasts a bar that it could have been fitted on.
class LifeCycleChecker {
 public:
  LifeCycleChecker(const Registry& registry, const LifeCycleLog& log) : registry_(registry), log_(log) {}

  void check(const LifeCycleState& state) {
    const auto versions = registry_.list(Registry::Filter{});
    ASSERT_TRUE(versions) << to_string(versions.error());
    std::map<std::string, std::vector<std::string>> active;  // by recipe
    std::map<std::string, const VersionRecord*> records;
    for (const VersionRecord& record : *versions) {
      records[record.version.str()] = &record;
      if (record.status == VersionStatus::active) active[slot_name(record.slot)].push_back(record.version.str());
      if (record.status == VersionStatus::failed) had_active_.erase(slot_name(record.slot));
    }
    const std::string when = to_string(state.last_close.value_or(Timestamp(0)));
    for (const auto& [type, those] : active) EXPECT_EQ(those.size(), 1U) << type << " at " << when;
    for (const auto& [name, type] : state.types) {
      const std::string known = active.count(name) == 1 ? active[name].front() : "";
      EXPECT_EQ(type.active.str(), known) << name << " at " << when;
      const auto alias = registry_.active(slot_of(name));
      ASSERT_TRUE(alias) << to_string(alias.error());
      EXPECT_EQ(*alias ? (*alias)->record.version.str() : "", known) << name << " at " << when;
      if (!known.empty()) had_active_.insert(name);
      // Unless what was active broke.
      EXPECT_FALSE(known.empty() && had_active_.count(name) == 1) << "nobody is active any more, at " << when;
    }
    for (const Trial& trial : state.trials) {
      const auto challenger = records.find(trial.challenger.str());
      ASSERT_NE(challenger, records.end()) << "a trial of nobody at " << when;
      if (active.count(trial.model_type) == 1) {
        ASSERT_EQ(records.count(trial.reference.str()), 1U) << "a trial against nobody at " << when;
      }
      const VersionStatus expected = trial.stage == Stage::shadow  ? VersionStatus::shadow
                                     : trial.stage == Stage::watch ? VersionStatus::active
                                                                   : VersionStatus::canary;
      EXPECT_EQ(challenger->second->status, expected) << trial.challenger.str() << " at " << when;
    }
    if (!state.last_close) return;
    const auto forecasts = log_.forecasts(*state.last_close, *state.last_close + Duration(1));
    ASSERT_TRUE(forecasts) << to_string(forecasts.error());
    for (const ForecastRow& row : *forecasts) {
      if (row.who == kServed || row.who == kNewest || row.who == kStatic) continue;
      ASSERT_EQ(records.count(row.who), 1U) << when;
      if (data_end_.count(row.who) == 0) {
        const auto manifest = read_manifest(records[row.who]->manifest_json);
        ASSERT_TRUE(manifest) << to_string(manifest.error());
        data_end_[row.who] = manifest->created_as_of;
      }
      EXPECT_GT(row.decided_at, data_end_[row.who]) << row.who << " forecasts what it may have learned from";
    }
  }

 private:
  const Registry& registry_;
  const LifeCycleLog& log_;
  std::set<std::string> had_active_;
  std::map<std::string, Timestamp> data_end_;  // by version
};

/// A workspace that belongs to one replay, which begins when `history` bars have closed.
class ReplayPlace : public LearningTest {
 public:
  explicit ReplayPlace(std::size_t history) : history_(history), life_log_(*LifeCycleLog::open(*database_)) {}
  void TestBody() override {}

  static MarketTape tape_of(const CandleSource& candles, const std::string& features, std::size_t bars,
                            const ScratchSpace& scratch = {}) {
    ManualClock clock{Timestamp(0)};
    CancelToken cancel;
    SilentProgress progress;
    return MarketTape::record(*feature_set(features), candles, nullptr, LabelOptions(), close_of(bars),
                              {clock, cancel, progress, 1, scratch})
        .value();
  }

  /// Up to the close of bar number `to`; stopped after some bars where that is asked for.
  Result<ReplayReport> run(const MarketTape& tape, const CandleSource& candles, const LearningOptions& options,
                           std::size_t to, std::size_t stop_after_bars = 1'000'000) {
    CycleWorkplace place = workplace(candles);
    place.folders.fits = kept_fits_;
    CancelToken cancel;
    const RunContext context{clock_, cancel, progress_, 1};
    std::size_t bars = 0;
    const auto watcher = [&](const LifeCycle& life) {
      checker_.check(life.state());
      if (++bars == stop_after_bars) cancel.request();
    };
    return replay(tape, place, life_log_, {"gated", {close_of(history_), close_of(to)}, options}, context, watcher);
  }
  /// Trains on these candles and serves what came out, as of the beginning.
  VersionId serve_what_learns_from(const CandleSource& candles, LearningOptions options) {
    options.deployment.gate = PolicyGate::none;
    const auto report = attempt(candles, close_of(history_ - 1), options, Force::yes);
    EXPECT_TRUE(report) << to_string(report.error());
    return report->results.front().version;
  }
  /// Text of everything that happened and of everything that was forecast before `end`, and of the regret to the bit.
  std::string memory(Timestamp end = Timestamp::max()) const {
    std::string text;
    const auto events = life_log_.events();
    for (const LifeEvent& event : *events)
      if (event.at < end)
        text += to_string(event.at) + " " + std::string(to_string(event.kind)) + " " + event.version + " " +
                event.text + event.detail_json + "\n";
    const auto forecasts = life_log_.forecasts(Timestamp::min(), end);
    for (const ForecastRow& row : *forecasts)
      text += to_string(row.decided_at) + row.who + ::testing::PrintToString(row.forecast) + "\n";
    const auto span = life_log_.forecast_span();
    // Of days all of whose outcomes were known by then, whoever ran on.
    const Timestamp known_by = *span ? std::min(end, (*span)->to) - kHour * 12 : end;
    const auto regret = life_log_.regret();
    for (const RegretDay& day : *regret)
      if (day.day + kDay <= known_by)
        text += to_string(day.day) + day.forecaster + std::to_string(day.bars) + " " +
                std::to_string(std::bit_cast<std::uint64_t>(day.forecaster_ic)) + " " +
                std::to_string(std::bit_cast<std::uint64_t>(day.served_ic)) + "\n";
    return text;
  }
  std::vector<std::string> kinds_of(const VersionId& version) const {
    std::vector<std::string> kinds;
    const auto events = life_log_.events();
    for (const LifeEvent& event : *events)
      if (event.version == version.str()) kinds.emplace_back(to_string(event.kind));
    return kinds;
  }
  /// Trainings are looked for here, and left here.
  void keep_fits_in(std::filesystem::path directory) { kept_fits_ = std::move(directory); }
  using LearningTest::active_version;
  using LearningTest::attempt;
  using LearningTest::registry_;
  using LearningTest::status;
  using LearningTest::undisturbed;
  const std::size_t history_;
  LifeCycleLog life_log_;
  LifeCycleChecker checker_{*registry_, life_log_};
  std::filesystem::path kept_fits_;
};

}  // namespace clm::testing
