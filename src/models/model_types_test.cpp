#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "models/model_type.hpp"
#include "models/warm_start.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

TEST(ModelTypes, EveryRowIsWholeAndOfItsName) {
  std::set<std::string_view> names;
  const testing::TempDirectory empty;
  for (const ModelType& type : model_types()) {
    SCOPED_TRACE(std::string(type.name));
    EXPECT_TRUE(names.insert(type.name).second) << "twice";
    EXPECT_EQ(find_model_type(type.name), &type);
    const auto trainer = type.make(TrainerOptions());
    ASSERT_TRUE(trainer) << to_string(trainer.error());
    EXPECT_EQ((*trainer)->type(), type.name);
    const auto again = type.make_again((*trainer)->parameters());
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ((*again)->type(), type.name);
    EXPECT_EQ((*again)->parameters(), (*trainer)->parameters());
    EXPECT_EQ(type.load(empty.path()).error().code, "model.load");
    EXPECT_EQ(can_start_warm(type.name), type.warm_started != nullptr);
  }
  EXPECT_EQ(find_model_type("oracle"), nullptr);
}

/// A text of TOML for the setting at one end of its range.
std::string at_end(const SettingInForce& setting, double end) {
  const auto dot = setting.key.find('.');
  const bool whole = setting.value.find_first_of(".e") == std::string::npos;
  const std::string number = whole ? std::to_string(static_cast<std::int64_t>(end)) : nlohmann::json(end).dump();
  return "[" + setting.key.substr(0, dot) + "]\n" + setting.key.substr(dot + 1) + " = " + number + "\n";
}

// lightgbm.max_depth: the settings took 64 levels at most, the trainer 1,000. patchtst.layers: the settings took 16, of
// which the trainer refused all above 8.
TEST(ModelTypes, WhatTheSettingsTakeTheTrainerTakes) {
  TrainerOptions defaults;
  Settings listed;
  add_settings(listed, defaults);
  std::size_t tried = 0;
  for (const SettingInForce& setting : listed.in_force()) {
    const std::string section = setting.key.substr(0, setting.key.find('.'));
    ASSERT_NE(find_model_type(section), nullptr) << setting.key;
    for (const double end : {setting.info.minimum, setting.info.maximum}) {
      if (!std::isfinite(end)) continue;
      TrainerOptions options;
      Settings settings;
      add_settings(settings, options);
      const auto read = settings.load_toml_text(at_end(setting, end), "test");
      ASSERT_TRUE(read) << to_string(read.error());
      const auto made = make_trainer(section, options);
      // Some ends contradict another default, such as a stride above the patch; none is out of its own range.
      if (!made) {
        EXPECT_EQ(made.error().message.find("out of range"), std::string::npos) << to_string(made.error());
      }
      ++tried;
    }
  }
  EXPECT_GT(tried, 80U);
}

}  // namespace
}  // namespace clm
