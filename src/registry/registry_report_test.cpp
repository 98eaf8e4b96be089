#include "registry/registry_report.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using testing::code_of;
using testing::put_sample;
using testing::RegistryTest;
using testing::sample_manifest;
using Json = nlohmann::json;

class ReportTest : public RegistryTest {};

TEST_F(ReportTest, ModelsAndShow) {
  const VersionId version = promoted(1);
  const Json models = *models_document(*registry_, {});
  ASSERT_EQ(models.at("models").size(), 1U);
  const Json& line = models.at("models").at(0);
  EXPECT_EQ(line.at("version"), version.str());
  EXPECT_EQ(line.at("status"), "active");
  EXPECT_EQ(line.at("trained_at"), "2022-07-01T00:00:00Z");
  EXPECT_EQ(line.at("data_to"), "2022-06-01T00:00:00Z");
  EXPECT_EQ(line.at("rows"), 1000);
  EXPECT_EQ(line.at("features_hash"), "f00d");
  EXPECT_EQ(line.at("metrics").at("rank_ic"), 0.031);

  const Json shown = *show_document(*registry_, version.str());
  EXPECT_EQ(shown.at("evidence").at("improvement"), 0.07);
  EXPECT_EQ(shown.at("manifest").at("seed"), 1);
  ASSERT_EQ(shown.at("events").size(), 2U);
  EXPECT_EQ(shown.at("events").at(1).at("to"), "active");
  EXPECT_EQ(code_of(show_document(*registry_, "nothing")), "registry.unknown_version");
  EXPECT_EQ(history_document(*registry_, "xgboost", 10)->at("events").size(), 2U);
}

TEST_F(ReportTest, DiffNamesWhatDiffersAndNothingElse) {
  const VersionId a = candidate(1);
  Manifest other = sample_manifest(2);
  other.parameters_json = R"({"max_depth": 8, "eta": 0.05, "nested": {"a/b": [1]}})";
  other.feature_names = {"return_1", "macd"};
  other.metrics_json = R"({"rank_ic": 0.04})";
  other.training_rows = 1100;
  const VersionId b = registry_->enter(*put_sample(registry_->store(), other), because("trained"))->record.version;
  const Json diff = *diff_document(*registry_, a.str(), b.str());
  EXPECT_EQ(diff.at("parameters"), Json::parse(R"({"max_depth": [6, 8], "nested/a~1b/0": [null, 1]})"));
  EXPECT_EQ(diff.at("features").at("added"), Json::parse(R"(["macd"])"));
  EXPECT_EQ(diff.at("features").at("removed"), Json::parse(R"(["rsi_14"])"));
  EXPECT_EQ(diff.at("metrics"), Json::parse(R"({"rank_ic": [0.031, 0.04]})"));
  EXPECT_EQ(diff.at("data"), Json::parse(R"({"training/rows": [1000, 1100]})"));
  EXPECT_EQ(diff.at("recipe"), Json::parse(R"({"seed": [1, 2]})"));
  EXPECT_TRUE(diff.at("label").empty());
  EXPECT_FALSE(diff.at("same_bits").get<bool>());
  EXPECT_TRUE(diff_document(*registry_, a.str(), a.str())->at("same_bits").get<bool>());
}

TEST_F(ReportTest, VerifyDocumentNamesTheProblem) {
  const VersionId version = candidate(1);
  std::ofstream(file(version, "model.ubj"), std::ios::trunc);
  const Json document = verify_document(*registry_->verify_all());
  const Json& line = document.at("versions").at(0);
  EXPECT_FALSE(line.at("ok").get<bool>());
  EXPECT_EQ(line.at("problem").at("code"), "artifact.file_empty");
  EXPECT_EQ(line.at("model_type"), "xgboost");
}

}  // namespace
}  // namespace clm
