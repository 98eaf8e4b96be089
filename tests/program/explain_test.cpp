// `clm explain`: what a person is told adds up to what `clm predict` says.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using Json = nlohmann::json;

double sum_of(const Json& explained) {
  double sum = explained["base_bps"].get<double>() + explained["other_features_bps"].get<double>() +
               explained.value("opaque_bps", 0.0);
  for (const auto& feature : explained["features"]) sum += feature["effect_bps"].get<double>();
  return sum;
}

class ExplainProgram : public ::testing::Test {
 protected:
  ExplainProgram() {
    place_.simulate();
    members_ = place_.cycle({"--force"});
    members_.erase("ensemble");
  }
  /// Both types promoted, and the ensemble of them; its version.
  std::string make_ensemble() {
    for (const auto& [type, version] : members_) place_.promote(version);
    return place_.cycle().at("ensemble");
  }

  TestWorkspace place_;
  std::map<std::string, std::string> members_;
};

TEST_F(ExplainProgram, EffectsSumToThePredictionMemberByMember) {
  const std::string ensemble = make_ensemble();
  const auto check = [&](const Json& expected_by) {
    const auto predicted = place_.predict({"--symbol", "SIM0003USDT"});
    const auto document = place_.json({"explain", "--symbol", "SIM0003USDT", "--top", "5", "--as-of", kHistoryEnd});
    EXPECT_EQ(document["as_of"], predicted["as_of"]);
    EXPECT_EQ(document["ensemble"], expected_by);
    ASSERT_EQ(document["explanations"].size(), 1u);
    const auto& one = document["explanations"][0];
    const auto& prediction = predicted["predictions"][0];
    EXPECT_EQ(one["expected_return_bps"], prediction["expected_return_bps"]);
    EXPECT_EQ(one["action"], prediction["action"]);
    EXPECT_EQ(one["features"].size(), 5u);
    EXPECT_NEAR(sum_of(one), one["expected_return_bps"].get<double>(), 1e-3);
    ASSERT_EQ(one["members"].size(), 2u);
    for (const auto& member : one["members"]) {
      const auto vote = vote_of(prediction, member["model_type"]);
      EXPECT_EQ(member["weight"], vote["weight"]);
      EXPECT_EQ(member["expected_return_bps"], vote["expected_return_bps"]);
      EXPECT_NEAR(sum_of(member), member["expected_return_bps"].get<double>(), 1e-3);
    }
  };
  check(nullptr);
  place_.promote(ensemble);
  check(ensemble);
  const std::string text = place_.run({"explain", "--symbol", "SIM0003USDT"}).out;
  EXPECT_NE(text.find("By ensemble " + ensemble), std::string::npos) << text;
  EXPECT_NE(text.find("(base)"), std::string::npos) << text;
}

TEST_F(ExplainProgram, ACandidateCanBeAskedAboutASymbol) {
  const std::string version = members_.at("lightgbm");
  const auto document = place_.json({"explain", version, "--symbol", "SIM0001USDT", "--as-of", close_of_bar(1'400)});
  const auto& one = document["explanations"][0];
  ASSERT_EQ(one["members"].size(), 1u);
  EXPECT_EQ(one["members"][0]["version"], version);
  EXPECT_EQ(one["members"][0]["weight"], 1);
  EXPECT_NEAR(sum_of(one), one["expected_return_bps"].get<double>(), 1e-3);
  EXPECT_EQ(document["as_of"].get<std::string>().substr(0, 13), close_of_bar(1'400).substr(0, 13));
}

TEST_F(ExplainProgram, AVersionIsExplainedOnTheRowsItWasJudgedOn) {
  const std::string version = members_.at("xgboost");
  const auto document =
      place_.json({"explain", version, "--permutation", "--repeats", "1", "--rows", "1000", "--jobs", "2"});
  EXPECT_EQ(document["version"], version);
  EXPECT_TRUE(document["rows"]["note"].is_null());
  EXPECT_LE(document["rows"]["used"], 1'100);
  EXPECT_GT(document["rows"]["held_out"], document["rows"]["used"]);
  EXPECT_GE(document["rows"]["from"], place_.json({"show", version})["manifest"]["training"]["to"])
      << "held out: decided after the training ended";
  ASSERT_EQ(document["members"].size(), 1u);
  const auto& member = document["members"][0];
  double shares = 0, before = INFINITY;
  for (const auto& feature : member["contributions"]) {
    shares += feature["share"].get<double>();
    EXPECT_LE(feature["mean_size_bps"].get<double>(), before);
    before = feature["mean_size_bps"];
    EXPECT_LE(std::fabs(feature["mean_bps"].get<double>()), feature["mean_size_bps"].get<double>() + 1e-9);
  }
  EXPECT_NEAR(shares, 1, 1e-9);
  const auto& permutation = member["permutation"];
  ASSERT_EQ(permutation["features"].size(), member["contributions"].size());
  for (const auto& feature : permutation["features"]) {
    EXPECT_LE(feature["interval"][0].get<double>(), feature["drop"].get<double>());
    EXPECT_GE(feature["interval"][1].get<double>(), feature["drop"].get<double>());
  }
  EXPECT_EQ(place_.json({"explain", version, "--permutation", "--repeats", "1", "--rows", "1000", "--jobs", "1"}),
            document);
}

TEST_F(ExplainProgram, AnEnsembleIsExplainedMemberByMember) {
  const std::string ensemble = make_ensemble();
  const auto document = place_.json({"explain", ensemble});
  ASSERT_EQ(document["members"].size(), 2u);
  double weights = 0;
  for (const auto& member : document["members"]) {
    EXPECT_EQ(member["version"], members_.at(member["model_type"]));
    EXPECT_FALSE(member["contributions"].empty());
    EXPECT_TRUE(member["permutation"].is_null());
    weights += member["weight"].get<double>();
  }
  EXPECT_NEAR(weights, 1, 1e-9);
}

TEST_F(ExplainProgram, WrongQuestionsAreErrorsOfUsage) {
  EXPECT_EQ(place_.error({"explain", "ffffffffffff"}, 2)["code"], "registry.unknown_version");
  EXPECT_EQ(place_.error({"explain", "ffffffffffff", "--symbol", "SIM0001USDT"}, 2)["code"],
            "registry.unknown_version");
  place_.promote(members_.at("xgboost"));
  EXPECT_EQ(place_.error({"explain", "--symbol", "NOSUCH"}, 2)["code"], "predict.unknown_symbol");
  EXPECT_EQ(place_.run({"explain"}).exit_code, 2);
  EXPECT_EQ(place_.run({"explain", "--symbol", "SIM0001USDT", "--permutation"}).exit_code, 2);
}

}  // namespace
}  // namespace clm::testing
