// What the built program does where FreqAI is on record with a defect; tests/README.md has the whole list.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {

/// Who votes on the first symbol, and why the others do not.
std::string voters(const nlohmann::json& forecasts) {
  const auto& first = forecasts["predictions"][0];
  std::string text;
  for (const auto& vote : first["votes"]) text += vote["model_type"].get<std::string>() + " votes; ";
  for (const auto& one : first["abstained"])
    text += one["model_type"].get<std::string>() + " abstains: " + one["why"].get<std::string>() + "; ";
  return text;
}

nlohmann::json failing_cycle(const TestWorkspace& place, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"cycle", "--json"});
  const Outcome outcome = place.run(std::move(more));
  EXPECT_EQ(outcome.exit_code, 3) << outcome.describe();
  return outcome.json();
}

TEST(FreqaiDefects, ExpiryIsNotSkippedInTheFirstCallAfterTheStart) {
  TestWorkspace place;
  place.environment["CLM_TRAINING_MODELS"] = "lightgbm";
  place.simulate(kBars);
  place.promote(place.cycle().at("lightgbm"));
  place.simulate(kBars + 6 * 24);
  // Each call is the first of its process.
  const auto model = place.json({"models"})["models"][0];
  const Timestamp learned_until = *parse_timestamp(model["learned_until"].get<std::string>());
  const auto age_hours =
      static_cast<double>((*parse_timestamp(close_of_bar(kBars + 6 * 24)) - learned_until).count()) / 3'600'000.0;
  place.environment["CLM_SERVING_MAX_DATA_AGE_DAYS"] = std::to_string(age_hours / 24 + 1e-5);
  EXPECT_EQ(voters(place.predict()), "lightgbm votes; ");
  place.environment["CLM_SERVING_MAX_DATA_AGE_DAYS"] = std::to_string(age_hours / 24 - 0.1);
  const auto expired = place.predict();
  EXPECT_NE(voters(expired).find("lightgbm abstains: it learned until"), std::string::npos) << voters(expired);
  for (const auto& prediction : expired["predictions"]) {
    EXPECT_TRUE(prediction["votes"].empty());
    EXPECT_TRUE(prediction["expected_return_bps"].is_null());
    EXPECT_EQ(prediction["action"], "HOLD");
  }
}

TEST(FreqaiDefects, AFailedTrainingLeavesTheOldVersionServing) {
  TestWorkspace place;
  place.environment["CLM_TRAINING_MODELS"] = "nlinear_ols,lightgbm";
  place.environment["CLM_ENSEMBLE_MODE"] = "off";
  place.simulate(kBars);
  const auto first = place.cycle();
  for (const auto& [type, version] : first) place.promote(version);
  const auto before = place.predict();
  // No window of so many bars is whole: the network cannot be trained, and the trees can.
  auto broken = place.environment;
  broken["CLM_NLINEAR_OLS_INPUT_BARS"] = "1490";
  std::swap(place.environment, broken);
  const auto failed = failing_cycle(place, {"--force"});
  std::set<std::string> types;
  for (const auto& result : failed["results"]) {
    EXPECT_EQ(result["decision"] == "failed", result["model_type"] == "nlinear_ols") << result;
    types.insert(result["model_type"]);
  }
  EXPECT_EQ(types, (std::set<std::string>{"lightgbm", "nlinear_ols"})) << failed;
  std::swap(place.environment, broken);
  EXPECT_EQ(place.predict(), before) << "the old versions serve, to the bit";
  EXPECT_EQ(place.statuses().at(first.at("nlinear_ols")), "active");
  EXPECT_EQ(place.run({"verify"}).exit_code, 0);
  for (const auto& [type, version] : place.cycle({"--force"})) EXPECT_FALSE(version.empty()) << type;
}

TEST(FreqaiDefects, AFirstTrainingThatFailsLeavesNobodyServingAndSaysSo) {
  TestWorkspace place;
  place.environment["CLM_TRAINING_MODELS"] = "nlinear_ols";
  place.environment["CLM_NLINEAR_OLS_INPUT_BARS"] = "1490";
  place.simulate(kBars);
  const auto failed = failing_cycle(place);
  EXPECT_EQ(failed["results"][0]["decision"], "failed") << failed;
  const auto nobody = place.predict();
  EXPECT_NE(voters(nobody).find("no version is active"), std::string::npos) << voters(nobody);
}

}  // namespace
}  // namespace clm::testing
