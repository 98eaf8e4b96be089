#include "registry/registry_report.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "registry/registry_fixture.hpp"
#include "registry/registry_schema.hpp"

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
  EXPECT_EQ(line.at("learned_until"), "2022-05-01T00:00:00Z");
  EXPECT_EQ(line.at("data_to"), "2022-06-01T00:00:00Z");
  EXPECT_EQ(line.at("rows"), 1000);
  EXPECT_EQ(line.at("features_hash"), "f00d");
  EXPECT_EQ(line.at("metrics").at("rank_ic"), 0.031);

  const Json shown = *show_document(*registry_, version.str());
  EXPECT_EQ(shown.at("evidence").at("improvement"), 0.07);
  EXPECT_EQ(shown.at("manifest").at("seed"), 1);
  EXPECT_EQ(shown.at("learned_until"), "2022-05-01T00:00:00Z");
  ASSERT_EQ(shown.at("events").size(), 2U);
  EXPECT_EQ(shown.at("events").at(1).at("to"), "active");
  EXPECT_EQ(code_of(show_document(*registry_, "nothing")), "registry.unknown_version");
  EXPECT_EQ(history_document(*registry_, "xgboost", 10)->at("events").size(), 2U);
}

TEST_F(ReportTest, AnAlteredRecordIsNamedAndTheOthersAreListed) {
  const VersionId sound = candidate(1), altered = candidate(2);
  ASSERT_TRUE(database_->write("altering a record", [&](soci::session& session) -> Status {
    session << "UPDATE versions SET manifest = '{}' WHERE version = :version", soci::use(altered.str());
    return {};
  }));
  const auto models = models_document(*registry_, {});
  ASSERT_TRUE(models.has_value()) << to_string(models.error());
  ASSERT_EQ(models->at("models").size(), 2U);
  for (const Json& line : models->at("models")) {
    const bool is_altered = line.at("version") == altered.str();
    EXPECT_EQ(line.at("rows").is_null(), is_altered);
    EXPECT_EQ(line.at("problem").is_null(), !is_altered);
    EXPECT_TRUE(line.at("metrics").is_object());
    if (!is_altered) continue;
    EXPECT_EQ(line.at("problem").at("code"), "registry.record_altered");
    EXPECT_EQ(line.at("status"), "candidate");
  }
  EXPECT_EQ(code_of(show_document(*registry_, altered.str())), "registry.record_altered") << "who asks for it is told";
  EXPECT_EQ(code_of(show_document(*registry_, sound.str())), "ok");
}

TEST_F(ReportTest, HistorySaysUntilWhenDataWereKnownAndWhenItWasDecided) {
  const ManualClock clock(from_calendar(2022, 7, 2));
  auto live = Registry::open(*database_, ArtifactStore(place_.versions()), &clock);
  ASSERT_TRUE(live.has_value());
  Decision cycle = because("trained");
  cycle.actor = "cli, cycle 1";
  const VersionId version = live->enter(*put_sample(live->store(), sample_manifest(1)), cycle)->record.version;
  Decision by_hand = because("looks good");
  by_hand.actor = kPerson;
  by_hand.at = clock.now();
  ASSERT_TRUE(live->promote(version, by_hand));

  const Json events = history_document(*live, "", 10)->at("events");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events.at(0).at("data_until"), "2022-07-01T00:00:00Z");
  EXPECT_EQ(events.at(0).at("decided_at"), "2022-07-02T00:00:00Z");
  EXPECT_TRUE(events.at(1).at("data_until").is_null()) << "a person decides by what a person knows";
  EXPECT_EQ(events.at(1).at("decided_at"), "2022-07-02T00:00:00Z");

  // Without a clock, as in a replay, nobody claims to know.
  const VersionId replayed = candidate(2);
  EXPECT_TRUE(history_document(*registry_, "", 10)->at("events").at(2).at("decided_at").is_null());
}

TEST_F(ReportTest, EventsOfOlderWorkspacesAreToldApartByWhoDecided) {
  const auto older = directory_.path() / "older.db";
  auto database = Database::open(older);
  ASSERT_TRUE(database.has_value());
  ASSERT_TRUE(database->migrate("registry", registry_migrations().first(1)));
  ASSERT_TRUE(database->write("two events", [](soci::session& session) -> Status {
    for (const std::string actor : {"cli, cycle 1", "person"})
      session << "INSERT INTO events (at, model_type, scope, from_status, to_status, actor, reason) "
                 "VALUES (1656633600000, 'xgboost', 'default', 'training', 'failed', :actor, 'x')",
          soci::use(actor);
    return {};
  }));
  const auto registry = Registry::open(*database, ArtifactStore(place_.versions()));
  ASSERT_TRUE(registry.has_value()) << "it opens";
  const Json events = history_document(*registry, "", 10)->at("events");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events.at(0).at("data_until"), "2022-07-01T00:00:00Z");
  EXPECT_TRUE(events.at(0).at("decided_at").is_null());
  EXPECT_TRUE(events.at(1).at("data_until").is_null());
  EXPECT_EQ(events.at(1).at("decided_at"), "2022-07-01T00:00:00Z");
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
