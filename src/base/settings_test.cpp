#include "base/settings.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace clm {
namespace {

struct Options {
  double fee_bps = 5;
  std::int64_t rounds = 500;
  bool relative = true;
  std::string mode = "enforced";
  std::vector<std::string> models{"a", "b"};
};

Settings settings_of(Options& o) {
  Settings settings;
  settings.add("costs.fee_bps", &o.fee_bps, {"bps", "Taker fee a side.", 0, 100, {}, {}});
  settings.add("train.rounds", &o.rounds, {"rounds", "Boosting rounds.", 1, 10'000, {}, {"QT_CLM_ROUNDS"}});
  settings.add("train.relative", &o.relative, {"", "Relative labels.", {}, {}, {}, {}});
  settings.add("policy.mode", &o.mode, {"", "Who decides.", {}, {}, {"enforced", "advisory"}, {}});
  settings.add("train.models", &o.models, {"", "Types.", {}, {}, {}, {}});
  return settings;
}

TEST(Settings, ReadWhatTheyWrite) {
  Options written;
  written.fee_bps = 2.25;
  written.models = {"x \"quoted\"", "y"};
  Options read;
  auto settings = settings_of(read);
  ASSERT_TRUE(settings.load_toml_text(settings_of(written).to_toml(), "clm.toml"));
  EXPECT_EQ(read.fee_bps, 2.25);
  EXPECT_EQ(read.models, written.models);
  EXPECT_EQ(read.rounds, 500);
}

TEST(Settings, EveryTextReadsBackAsItIsWritten) {
  Options written;
  written.models = {
      "two\nlines", "tab\t and \r", std::string("nul\0 in it", 10), "\x1b[1m\x7f", "back\\slash", "\u00e9\u20ac", ""};
  Options read;
  auto settings = settings_of(read);
  const auto loaded = settings.load_toml_text(settings_of(written).to_toml(), "clm.toml");
  ASSERT_TRUE(loaded) << to_string(loaded.error()) << '\n' << settings_of(written).to_toml();
  EXPECT_EQ(read.models, written.models);
}

TEST(Settings, TextsHoldAnyLetter) {
  Options o;
  ASSERT_TRUE(settings_of(o).load_toml_text("[train]\nmodels = ['\u00e9', \"\"\"\\\n  \u0101\"\"\"]\n", "clm.toml"));
  EXPECT_EQ(o.models, (std::vector<std::string>{"\u00e9", "\u0101"}));
}

TEST(Settings, WhatIsNoKeyIsASyntaxError) {
  for (const char* text : {"\u00e9 = 1\n", "\ufb26\n", "[costs]\nfee_bps = \u0101\n", "[%]\n", "[[=]]\n", "[\x01x]\n",
                           "[\u00e9]\n", "[a.]\n", "[.a]\n", "[\n"}) {
    Options o;
    const auto loaded = settings_of(o).load_toml_text(text, "clm.toml");
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().code, "config.syntax") << text;
    EXPECT_FALSE(loaded.error().remedy.empty()) << text;
  }
}

TEST(Settings, AnUnknownKeyIsAnErrorThatNamesPlaceAndNeighbour) {
  Options o;
  const auto loaded = settings_of(o).load_toml_text("[costs]\nfee_bsp = 3\n", "clm.toml");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, "config.unknown_key");
  EXPECT_EQ(loaded.error().where, "clm.toml:2");
  EXPECT_NE(loaded.error().remedy.find("costs.fee_bps"), std::string::npos);
}

TEST(Settings, NothingChangesWhenOneLineIsWrong) {
  Options o;
  auto settings = settings_of(o);
  for (const auto* text :
       {"[costs]\nfee_bps = 3\n[train]\nrounds = \"many\"\n", "[costs]\nfee_bps = 3\n[train]\nrounds = 0\n",
        "[costs]\nfee_bps = 3\n[policy]\nmode = \"never\"\n", "[costs]\nfee_bps = 3\n[broken\n",
        "[costs]\nfee_bps = nan\n", "stray = 1\n[costs]\nfee_bps = 3\n"}) {
    EXPECT_FALSE(settings.load_toml_text(text, "clm.toml")) << text;
    EXPECT_EQ(o.fee_bps, 5) << text;
  }
}

TEST(Settings, AllThatIsWrongIsNamedAtOnce) {
  Options o;
  auto settings = settings_of(o);
  std::vector<Error> others;
  const auto loaded = settings.load_toml_text(
      "stray = 1\n[costs]\nfee_bsp = 3\nfee_bps = -1\n[train]\nrounds = \"many\"\nrelative = false\n", "clm.toml",
      &others);
  ASSERT_FALSE(loaded);
  std::vector<std::string> seen{loaded.error().code + " " + loaded.error().where};
  for (const Error& error : others) seen.push_back(error.code + " " + error.where);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<std::string>{"config.range clm.toml:4", "config.type clm.toml:6",
                                            "config.unknown_key clm.toml:1", "config.unknown_key clm.toml:3"}));
  EXPECT_TRUE(o.relative) << "nothing is changed";

  others.clear();
  const auto variables = settings.load_environment(
      {{"CLM_COSTS_FEE_BPS", "-1"}, {"CLM_TRAIN_RUNDS", "5"}, {"CLM_TRAIN_RELATIVE", "false"}}, {}, &others);
  ASSERT_FALSE(variables);
  EXPECT_EQ(variables.error().where, "environment CLM_COSTS_FEE_BPS");
  ASSERT_EQ(others.size(), 1u);
  EXPECT_NE(others[0].remedy.find("CLM_TRAIN_ROUNDS"), std::string::npos);
  EXPECT_TRUE(o.relative) << "nothing is changed";
}

TEST(Settings, EveryTextOfAListIsOneOfItsChoices) {
  std::vector<std::string> kinds{"age"};
  Settings settings;
  settings.add("watch.kinds", &kinds, {"", "What is watched.", 0, 0, {"age", "drift"}, {}});
  const auto misspelt = settings.load_toml_text("[watch]\nkinds = [\"age\", \"drit\"]\n", "clm.toml");
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().code, "config.range");
  EXPECT_EQ(misspelt.error().where, "clm.toml:2");
  EXPECT_EQ(misspelt.error().message, "watch.kinds cannot hold 'drit'");
  EXPECT_EQ(misspelt.error().remedy, "Choose one of: age, drift.");
  EXPECT_EQ(settings.load_environment({{"CLM_WATCH_KINDS", "age,drit"}}).error().code, "config.range");
  EXPECT_EQ(kinds, std::vector<std::string>{"age"});
  ASSERT_TRUE(settings.load_toml_text("[watch]\nkinds = [\"drift\"]\n", "clm.toml"));
  EXPECT_EQ(kinds, std::vector<std::string>{"drift"});
  ASSERT_TRUE(settings.load_toml_text("[watch]\nkinds = []\n", "clm.toml"));
  EXPECT_TRUE(kinds.empty());
  EXPECT_EQ(settings.to_toml(), "[watch]\n# What is watched. Of: age drift.\nkinds = []\n");
}

TEST(Settings, SomeAloneCanBeWritten) {
  Options o;
  EXPECT_EQ(settings_of(o).to_toml({"policy.mode", "costs.fee_bps"}),
            "[policy]\n# Who decides. One of: enforced advisory.\nmode = \"enforced\"\n\n"
            "[costs]\n# Taker fee a side. Unit: bps.\nfee_bps = 5.0\n");
}

TEST(Settings, TheEnvironmentWinsAndIsNamedAsOrigin) {
  Options o;
  auto settings = settings_of(o);
  ASSERT_TRUE(settings.load_toml_text("[costs]\nfee_bps = 3\n", "clm.toml"));
  ASSERT_TRUE(settings.load_environment(
      {{"CLM_COSTS_FEE_BPS", "4.5"}, {"QT_CLM_ROUNDS", "7"}, {"CLM_TESTDATA", "/x"}, {"HOME", "/h"}},
      {"CLM_TESTDATA"}));
  EXPECT_EQ(o.fee_bps, 4.5);
  EXPECT_EQ(o.rounds, 7);
  const auto in_force = settings.in_force();
  ASSERT_EQ(in_force.front().key, "costs.fee_bps");
  EXPECT_EQ(in_force.front().origin, "environment CLM_COSTS_FEE_BPS");
  EXPECT_EQ(settings.load_environment({{"CLM_COSTS_FE", "1"}}).error().code, "config.unknown_variable");
}

/// The settings, and tables [kinds.NAME] of kind "tree" that may set rounds and models.
class SettingsWithTables : public ::testing::Test {
 protected:
  SettingsWithTables() {
    settings_.add_tables({"kinds", "kind", "What it is.",
                          [](const std::string& kind) {
                            return kind == "tree" ? std::vector<std::string>{"train.models", "train.rounds"}
                                                  : std::vector<std::string>();
                          },
                          &tables_});
  }
  /// The only error of a file, as "code where", and its words.
  std::string refused(const std::string& text) {
    std::vector<Error> others;
    const auto read = settings_.load_toml_text(text, "clm.toml", &others);
    EXPECT_FALSE(read) << text;
    EXPECT_TRUE(others.empty()) << text;
    if (read) return {};
    words_ = read.error().message + " " + read.error().remedy;
    return read.error().code + " " + read.error().where;
  }
  bool says(const std::string& words) const { return words_.find(words) != std::string::npos; }

  Options options_;
  Settings settings_ = settings_of(options_);
  std::vector<NamedTable> tables_;
  std::string words_;
};

TEST_F(SettingsWithTables, ATableHoldsWhatIsOtherwiseForOneThingAndChangesNothingElse) {
  ASSERT_TRUE(settings_.load_toml_text(
      "[train]\nrounds = 7\n[kinds.b]\nkind = \"tree\"\n[kinds.b.train]\nrounds = 9\nmodels = [\"x\"]\n"
      "[kinds.a]\nkind = \"tree\"\ntrain.rounds = 8\n",
      "clm.toml"));
  EXPECT_EQ(options_.rounds, 7);
  EXPECT_EQ(options_.models, Options().models);
  ASSERT_EQ(tables_.size(), 2U);
  EXPECT_EQ(tables_[0].name, "a");
  EXPECT_EQ(tables_[0].kind, "tree");
  EXPECT_EQ(tables_[0].settings.size(), 1U);
  ASSERT_EQ(tables_[1].settings.size(), 2U);
  EXPECT_EQ(tables_[1].settings[0].key, "train.models");
  EXPECT_EQ(tables_[1].settings[0].value, "[\"x\"]");
  EXPECT_EQ(tables_[1].settings[1].key, "train.rounds");
  EXPECT_EQ(tables_[1].settings[1].value, "9");
  EXPECT_EQ(tables_[1].settings[1].origin, "clm.toml:6");
  EXPECT_EQ(settings_.origin_of("kinds.b.train.rounds"), "clm.toml:6");
  EXPECT_EQ(settings_.origin_of("kinds.b"), "clm.toml:4");
  const auto all = settings_.in_force();
  const auto told =
      std::find_if(all.begin(), all.end(), [](const auto& one) { return one.key == "kinds.b.train.rounds"; });
  ASSERT_NE(told, all.end());
  EXPECT_EQ(told->value, "9");
  EXPECT_EQ(told->info.unit, "rounds");
}

TEST_F(SettingsWithTables, ReadWhatTheyWrite) {
  tables_ = {{"a", "tree", "somewhere", {{"train.models", "[\"p\", \"q\"]", ""}, {"train.rounds", "8", ""}}}};
  const std::string text = settings_.to_toml();
  tables_.clear();
  const auto read = settings_.load_toml_text(text, "clm.toml");
  ASSERT_TRUE(read) << to_string(read.error()) << text;
  ASSERT_EQ(tables_.size(), 1U);
  EXPECT_EQ(tables_[0].settings[0].value, "[\"p\", \"q\"]");
  EXPECT_EQ(tables_[0].settings[1].value, "8");
  // A file without any, such as one of a few settings for a replay, leaves them alone.
  ASSERT_TRUE(settings_.load_toml_text("[train]\nrounds = 3\n", "few.toml"));
  EXPECT_EQ(tables_.size(), 1U);
}

TEST_F(SettingsWithTables, WhatATableMayNotHoldIsRefusedWithItsPlaceAndWhatItMay) {
  const std::string head = "[kinds.a]\nkind = \"tree\"\n";
  EXPECT_EQ(refused(head + "[kinds.a.train]\nround = 3\n"), "config.unknown_key clm.toml:4");
  EXPECT_TRUE(says("'kinds.a.train.round'") && says("train.rounds")) << words_;
  EXPECT_EQ(refused(head + "[kinds.a.costs]\nfee_bps = 3\n"), "config.not_of_table clm.toml:4");
  EXPECT_TRUE(says("'costs.fee_bps'") && says("train.models, train.rounds")) << words_;
  EXPECT_EQ(refused(head + "[kinds.a.train]\nrounds = 0\n"), "config.range clm.toml:4");
  EXPECT_EQ(refused(head + "[kinds.a.train]\nrounds = \"many\"\n"), "config.type clm.toml:4");
  EXPECT_EQ(refused(head + "else = 1\n"), "config.unknown_key clm.toml:3");
  EXPECT_EQ(refused("[kinds.a.train]\nrounds = 3\n"), "config.no_kind clm.toml:1");
  EXPECT_EQ(refused("[kinds.a]\nkind = 3\n"), "config.type clm.toml:2");
  EXPECT_EQ(refused("[kinds]\nkind = \"tree\"\n"), "config.unknown_key clm.toml:2");
  EXPECT_TRUE(tables_.empty());
  EXPECT_EQ(options_.rounds, Options().rounds) << "nothing is changed";
}

TEST_F(SettingsWithTables, NoVariableOfTheEnvironmentSetsOne) {
  ASSERT_TRUE(settings_.load_toml_text("[kinds.a]\nkind = \"tree\"\ntrain.rounds = 8\n", "clm.toml"));
  const auto read = settings_.load_environment({{"CLM_KINDS_A_TRAIN_ROUNDS", "9"}});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "config.unknown_variable");
  EXPECT_NE(read.error().message.find("[kinds.NAME]"), std::string::npos) << read.error().message;
  EXPECT_EQ(tables_[0].settings[0].value, "8");
}

}  // namespace
}  // namespace clm
