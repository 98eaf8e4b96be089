#include "learning/triggers/trigger_types.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"

namespace clm {
namespace {

std::vector<SettingInForce> settings_in_force() {
  LearningOptions options;
  Settings settings;
  add_settings(settings, options);
  return settings.in_force();
}

const SettingInForce& setting(const std::vector<SettingInForce>& all, std::string_view key) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const SettingInForce& one) { return one.key == key; });
  EXPECT_NE(found, all.end()) << key;
  return *found;
}

TEST(TriggerTypes, EveryRowIsWhole) {
  const auto all = settings_in_force();
  std::set<std::string_view> names;
  std::set<TriggerKind> kinds;
  for (const TriggerType& type : trigger_types()) {
    SCOPED_TRACE(std::string(type.name));
    EXPECT_TRUE(names.insert(type.name).second);
    EXPECT_TRUE(kinds.insert(type.kind).second);
    EXPECT_EQ(to_string(type.kind), type.name);
    EXPECT_TRUE(is_listened_to(TriggerOptions(), type.kind)) << "by default";
    EXPECT_NE(setting(all, type.setting).info.meaning.find(type.name), std::string::npos) << type.setting;
  }
  EXPECT_FALSE(kinds.contains(TriggerKind::manual)) << "a person's wish is not asked for";
  EXPECT_EQ(to_string(TriggerKind::manual), "manual");
}

TEST(TriggerTypes, TheSettingNamesEachOfThemAndNoOther) {
  EXPECT_EQ(setting(settings_in_force(), "triggers.kinds").info.choices, trigger_names());
  LearningOptions options;
  Settings settings;
  add_settings(settings, options);
  const auto misspelt = settings.load_toml_text("[triggers]\nkinds = [\"time_based\", \"drift\"]\n", "clm.toml");
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().code, "config.range");
  EXPECT_EQ(misspelt.error().where, "clm.toml:2");
  EXPECT_NE(misspelt.error().remedy.find("drift_detected"), std::string::npos) << misspelt.error().remedy;
}

TEST(TriggerTypes, EachIsAskedAtItsOwnTimes) {
  TriggerOptions options;
  options.performance_hours = 3;
  options.drift_hours = 6;
  std::map<std::string_view, int> asked;
  for (int hour = 1; hour <= 48; ++hour)
    for (const TriggerType& type : trigger_types())
      asked[type.name] +=
          falls_due(type, Timestamp((hour - 1) * 3'600'000LL), Timestamp(hour * 3'600'000LL), options) ? 1 : 0;
  EXPECT_EQ(asked["time_based"], 48);
  EXPECT_EQ(asked["data_volume"], 48);
  EXPECT_EQ(asked["performance_decay"], 16);
  EXPECT_EQ(asked["drift_detected"], 8);
  EXPECT_EQ(asked["regime_shift"], 8);
}

class TriggerChecks : public testing::LearningTest {
 protected:
  TriggerChecks() : life_log_(*LifeCycleLog::open(*database_)) {}
  LifeCycleLog life_log_;
  LearningOptions options_;
};

// A row that is added is asked here without a line of this file being changed.
TEST_F(TriggerChecks, EachSaysWhatItSeesAndOfWhom) {
  options_ = testing::small_trees();
  options_.training.models = {"ridge"};
  options_.deployment.gate = PolicyGate::none;
  cycle(options_, Force::yes, testing::kBars);
  const VersionId active(active_version("ridge"));
  const Manifest manifest = manifest_of(active.str());
  const std::size_t bars = testing::kBars + 10;
  const MarketTape tape = MarketTape::record(*feature_set("classic22"), testing::easy_candles(bars), nullptr,
                                             LabelOptions(), testing::close_of(bars), undisturbed())
                              .value();
  BarMeans means(tape);
  for (const TriggerType& type : trigger_types()) {
    SCOPED_TRACE(std::string(type.name));
    const auto check = type.make({tape, *registry_, life_log_, options_, means});
    const TriggerSubject subject{"ridge", active, manifest.created_as_of, manifest.learned_until, {}, nullptr};
    const auto seen = check->look(subject, tape.bars() - 1);
    ASSERT_TRUE(seen) << to_string(seen.error());
    EXPECT_EQ(seen->trigger.kind, type.kind);
    EXPECT_EQ(seen->trigger.model_type, "ridge");
    EXPECT_FALSE(seen->trigger.reason.empty());
    const auto again = check->look(subject, tape.bars() - 1);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->trigger.reason, seen->trigger.reason) << "the answer does not depend on what was asked before";
    EXPECT_EQ(again->fired, seen->fired);
  }
}

}  // namespace
}  // namespace clm
