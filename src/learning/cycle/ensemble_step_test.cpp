// The ensemble of versions that were judged, in the cycle: when it is made, judged, promoted, and what becomes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "learning/cycle/cycle.hpp"
#include "learning/cycle/ensemble_lineup.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

using testing::kBars;
const Slot kEnsembleSlot{std::string(kEnsembleType)};

LearningOptions ensemble_options() {
  LearningOptions options = testing::judged_small_trees();
  options.policy.skill_alpha = 0.45;  // shared with the candidates of the member types
  return options;
}

class EnsembleStep : public testing::LearningTest {
 protected:
  static const CycleResult* ensemble_in(const CycleReport& report) {
    for (const auto& result : report.results)
      if (result.model_type == kEnsembleType) return &result;
    return nullptr;
  }
  void promote(const std::string& version) {
    const auto done = registry_->promote(VersionId(version), testing::because("the test says so"));
    ASSERT_TRUE(done) << to_string(done.error());
  }
};

TEST_F(EnsembleStep, IsMadeJudgedAndPromotedWithItsEvidence) {
  const CycleReport report = cycle(ensemble_options());
  ASSERT_EQ(report.results.size(), 3U);
  const CycleResult* made = ensemble_in(report);
  ASSERT_NE(made, nullptr) << report.ensemble.why;
  EXPECT_EQ(made->decision, "deploy") << ::testing::PrintToString(made->reasons);
  EXPECT_EQ(active_version("ensemble"), made->version.str());

  const auto manifest = read_manifest(registry_->find(made->version.str())->manifest_json);
  ASSERT_TRUE(manifest);
  ASSERT_EQ(manifest->members.size(), 2U);
  EXPECT_EQ(manifest->members[0].version, active_version("lightgbm"));
  EXPECT_EQ(manifest->members[1].version, active_version("xgboost"));
  EXPECT_NEAR(manifest->members[0].weight + manifest->members[1].weight, 1, 1e-12);

  const Json evidence = Json::parse(made->evidence_json);
  EXPECT_EQ(evidence["judgement"]["candidate"]["name"], "ensemble");
  EXPECT_EQ(evidence["judgement"]["candidates_tried"], 3) << "its members were chosen on these rows as well";
  EXPECT_EQ(evidence["each"].size(), 2U);
  EXPECT_FALSE(evidence["ensemble"]["weights"]["reason"].get<std::string>().empty());
  const auto& members = evidence["ensemble"]["members"]["members"];
  ASSERT_EQ(members.size(), 2U);
  for (const auto& member : members) EXPECT_EQ(member["adds"]["interval"].size(), 2U);
}

TEST_F(EnsembleStep, WithoutAChangeOfMembersThereIsNothingToDo) {
  cycle(ensemble_options());
  const CycleReport second = cycle_without_triggers(ensemble_options());
  EXPECT_TRUE(second.results.empty());
  EXPECT_THAT(second.ensemble.why, HasSubstr("has these members"));
  const CycleReport forced = cycle(ensemble_options(), Force::yes);
  ASSERT_NE(ensemble_in(forced), nullptr);
  EXPECT_EQ(ensemble_in(forced)->version.str(), active_version("ensemble")) << "the same data, the same ensemble";
}

TEST_F(EnsembleStep, OneMemberIsNoEnsemble) {
  LearningOptions one = ensemble_options();
  one.training.models = {"lightgbm"};
  const CycleReport report = cycle(one);
  EXPECT_EQ(ensemble_in(report), nullptr);
  EXPECT_THAT(report.ensemble.why, HasSubstr("needs two members, and only lightgbm"));
  const CycleReport nobody = cycle([] {
    LearningOptions options = ensemble_options();
    options.training.models = {"xgboost", "ridge"};
    options.deployment.mode = PolicyMode::logging_only;
    return options;
  }());
  EXPECT_EQ(ensemble_in(nobody), nullptr);
  EXPECT_EQ(nobody.ensemble.left_out.size(), 2U);
  EXPECT_THAT(nobody.ensemble.left_out[0].why, HasSubstr("no version is active"));
}

TEST_F(EnsembleStep, OffMeansNone) {
  LearningOptions off = ensemble_options();
  off.ensemble.mode = EnsembleMode::off;
  EXPECT_EQ(cycle(off).results.size(), 2U);
  EXPECT_EQ(active_version("ensemble"), "");
}

TEST_F(EnsembleStep, APersonsPromotionIsFollowedByAnEnsembleWithoutATrigger) {
  LearningOptions logging = ensemble_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleReport first = cycle(logging);
  ASSERT_EQ(first.results.size(), 2U);
  for (const auto& result : first.results) promote(result.version.str());
  const CycleReport second = cycle_without_triggers(logging);
  ASSERT_EQ(second.results.size(), 1U) << second.ensemble.why;
  EXPECT_EQ(second.results[0].model_type, "ensemble");
  EXPECT_EQ(status(second.results[0].version), VersionStatus::candidate) << "logging_only moves nothing";
  const CycleReport third = cycle_without_triggers(logging);
  EXPECT_TRUE(third.results.empty()) << "it was decided on, and left to a person";
  EXPECT_THAT(third.ensemble.why, HasSubstr("was decided on"));
}

TEST_F(EnsembleStep, MembersOfOtherFeaturesAreLeftOutAndSaidSo) {
  cycle(ensemble_options());
  LearningOptions other = ensemble_options();
  other.label.horizon_bars = 7;
  other.training.models = {"ridge"};
  other.ensemble.models = {"lightgbm", "ridge", "xgboost"};
  const CycleReport report = cycle(other);
  EXPECT_EQ(ensemble_in(report), nullptr);
  ASSERT_FALSE(report.ensemble.left_out.empty());
  EXPECT_THAT(report.ensemble.left_out[0].why, HasSubstr("another label"));
}

TEST_F(EnsembleStep, AnExpiredVersionIsNoMember) {
  LearningOptions options = ensemble_options();
  options.deployment.gate = PolicyGate::none;
  options.ensemble.models = {"lightgbm", "ridge", "xgboost"};
  options.training.models = {"lightgbm"};
  cycle(options, Force::no, kBars);
  const Timestamp learned_until = manifest_of(active_version("lightgbm")).learned_until;
  options.serving.max_data_age_days = silent_after_days("lightgbm", 4);
  options.training.models = {"ridge", "xgboost"};
  const CycleReport report = cycle(options, Force::yes, kBars + 97);
  ASSERT_EQ(report.ensemble.left_out.size(), 1U);
  EXPECT_EQ(report.ensemble.left_out[0].model_type, "lightgbm");
  EXPECT_THAT(report.ensemble.left_out[0].why, HasSubstr("has expired: it learned until " + to_string(learned_until)));
  EXPECT_THAT(report.ensemble.left_out[0].why, HasSubstr("(trained as of " + to_string(close_of(kBars)) + ")"));
  ASSERT_NE(ensemble_in(report), nullptr) << report.ensemble.why;
  const auto manifest = read_manifest(registry_->find(ensemble_in(report)->version.str())->manifest_json);
  ASSERT_TRUE(manifest);
  for (const auto& member : manifest->members) EXPECT_NE(member.model_type, "lightgbm");

  options.serving.max_data_age_days = 0;
  const CycleReport never = cycle_without_triggers(options, kBars + 97);
  EXPECT_EQ(never.ensemble.members.size(), 3U) << "the member is left out for its age alone";
}

TEST_F(EnsembleStep, ALaterOneIsHeldAgainstTheActiveOneAndRollbackBringsItsMembersBack) {
  LearningOptions options = ensemble_options();
  const CycleReport first = cycle(options);
  ASSERT_NE(ensemble_in(first), nullptr);
  const std::string before = ensemble_in(first)->version.str();
  options.training.seed = 2;
  options.deployment.mode = PolicyMode::logging_only;
  const CycleReport second = cycle(options, Force::yes, kBars + 200);
  for (const auto& result : second.results)
    if (result.model_type != kEnsembleType) promote(result.version.str());
  const CycleReport third = cycle_without_triggers(options, kBars + 200);
  const CycleResult* later = ensemble_in(third);
  ASSERT_NE(later, nullptr) << third.ensemble.why;
  const Json judgement = Json::parse(later->evidence_json).at("judgement");
  EXPECT_EQ(judgement.at("active").at("name"), before);
  EXPECT_EQ(read_manifest(registry_->find(later->version.str())->manifest_json)->parent, before);

  promote(later->version.str());
  const auto back = registry_->rollback(kEnsembleSlot, testing::because("worse"));
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->active.version.str(), before);
  EXPECT_TRUE(registry_->open_artifact(back->active)) << "with its members as they were";
}

TEST_F(EnsembleStep, JobsSideBySideGiveTheSameBitsAndItCanBeMadeAgain) {
  const CycleReport one = cycle(ensemble_options());
  const CycleResult* made = ensemble_in(one);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(ensemble_in(cycle(ensemble_options(), Force::yes, kBars, 2))->version, made->version);

  const RunContext run{clock_, cancel_, progress_, 1};
  const OpenCandles open = [](const Protocol&) -> Result<std::unique_ptr<CandleSource>> {
    return std::make_unique<MemoryCandleSource>(testing::easy_candles(kBars));
  };
  const auto again = reproduce(*registry_, *registry_->find(made->version.str()), open, nullptr, run);
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(again->identical) << again->difference;
}

}  // namespace
}  // namespace clm
