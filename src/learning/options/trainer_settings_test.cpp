// A setting that is accepted and then not used is worse than one that is refused.
#include <algorithm>
#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "learning/data/protocol.hpp"
#include "learning/options/learning_options.hpp"
#include "models/model_type.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

/// What a manifest keeps of how a version was made, as far as the settings decide it; nothing where they are refused.
std::optional<std::string> making(const std::string& model_type, const LearningOptions& options) {
  Protocol protocol;
  protocol.interval = Interval::one_hour();
  protocol.training = options.training;
  const auto trainer = make_trainer(model_type, options.trainers);
  if (!trainer) return std::nullopt;
  return (*trainer)->parameters().dump() + to_json(protocol).dump() + to_json(options.label).dump();
}

std::string section_of(const std::string& key) { return key.substr(0, key.find('.')); }

/// Another making of `model_type`, by another value of this setting; nothing where no value at hand is legal.
std::optional<std::string> making_with_another(const SettingInForce& setting, const std::string& model_type) {
  std::vector<std::string> values{"true", "false", "2", "3", "0.25", "0.75", "8", "12", "16", "5", "32", "2000"};
  for (const auto& choice : setting.info.choices) values.push_back("\"" + choice + "\"");
  for (const auto& value : values) {
    LearningOptions options;
    Settings settings;
    add_settings(settings, options);
    const std::string name = setting.key.substr(setting.key.find('.') + 1);
    if (!settings.load_toml_text("[" + section_of(setting.key) + "]\n" + name + " = " + value + "\n", "test")) continue;
    const auto all = settings.in_force();
    const bool changed = std::any_of(all.begin(), all.end(), [&](const SettingInForce& one) {
      return one.key == setting.key && one.value != setting.value;
    });
    if (!changed) continue;
    if (auto made = making(model_type, options)) return made;
  }
  return std::nullopt;
}

TEST(FreqaiDefects, NoSettingOfATrainingIsIgnored) {
  // Which types there are, and what a network begins with, is said by the version itself; seed and threads are fields
  // of the manifest of their own; how many fits judge a recipe, and how long they may take, is no part of any of them.
  const std::vector<std::string> elsewhere{"training.models",  "training.warm_start",      "training.seed",
                                           "training.origins", "training.origins_minutes", "training.threads"};
  std::size_t tried = 0;
  LearningOptions defaults;
  Settings all;
  add_settings(all, defaults);
  for (const SettingInForce& setting : all.in_force()) {
    const std::string section = section_of(setting.key);
    const bool of_trainer = find_model_type(section) != nullptr;
    if (!of_trainer && section != "label" && section != "training") continue;
    if (std::find(elsewhere.begin(), elsewhere.end(), setting.key) != elsewhere.end()) continue;
    const std::string model_type = of_trainer ? section : "xgboost";
    const auto made = making_with_another(setting, model_type);
    ASSERT_TRUE(made) << setting.key << " = " << setting.value;
    EXPECT_NE(made, making(model_type, LearningOptions())) << setting.key << " is read and not used";
    ++tried;
  }
  EXPECT_GT(tried, 60U);
}

}  // namespace
}  // namespace clm
