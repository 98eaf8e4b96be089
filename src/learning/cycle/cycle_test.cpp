#include "learning/cycle/cycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"
#include "learning/data/training_split.hpp"
#include "learning/options/serving_rules.hpp"
#include "registry/registry_report.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

using testing::close_of;
using testing::easy_candles;
using testing::kBars;

LearningOptions cycle_options() {
  LearningOptions options = testing::small_trees();
  options.ensemble.mode = EnsembleMode::off;  // ensemble_step_test has it
  return options;
}

/// Every version has to show itself.
LearningOptions judged_options() {
  LearningOptions options = cycle_options();
  options.policy.ladder = Ladder::on;
  return options;
}

class CycleTest : public testing::LearningTest {};

/// One that is made anew within a test.
struct CycleTestOf : CycleTest {
  using CycleTest::cycle;
  using CycleTest::status;
  void TestBody() override {}
};

std::vector<std::string> versions(const CycleReport& report) {
  std::vector<std::string> ids;
  for (const CycleResult& result : report.results)
    if (result.model_type != "ensemble") ids.push_back(result.version.str());
  return ids;
}

TEST_F(CycleTest, ASignalIsFoundPromotedAndItsEvidenceKept) {
  const CycleReport report = cycle(judged_options());
  ASSERT_EQ(versions(report).size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const CycleResult& result = report.results[i];
    EXPECT_EQ(result.decision, "deploy") << ::testing::PrintToString(result.reasons);
    EXPECT_EQ(active_version(result.model_type), result.version.str());
    EXPECT_EQ(*registry_->latest_evidence(result.version), Json::parse(result.evidence_json).dump());
  }
  EXPECT_EQ(log_.find(report.cycle)->value().status, CycleStatus::done);
  EXPECT_EQ(report.triggers.front().kind, TriggerKind::manual);
}

TEST_F(CycleTest, OnlyWhatIsAskedForIsTrainedAndTheSameDataGiveTheSameVersions) {
  const CycleReport first = cycle(judged_options());
  const CycleReport second = cycle_without_triggers(judged_options());
  EXPECT_TRUE(second.triggers.empty());
  EXPECT_TRUE(second.results.empty());
  EXPECT_EQ(versions(cycle(judged_options())), versions(first));
  EXPECT_EQ(registry_->list(Registry::Filter{"xgboost", {}, {}})->size(), 1U);
}

// A recipe is accepted by what it said of rows that it did without, and then served with all that is known.
TEST_F(CycleTest, WhoseRecipeIsAcceptedIsRefreshedInTheSameCycle) {
  const CycleReport report = cycle(cycle_options());
  ASSERT_EQ(report.results.size(), 4U);
  for (std::size_t i = 0; i < 2; ++i) {
    const CycleResult &judged = report.results[i], &refresh = report.results[i + 2];
    EXPECT_EQ(judged.decision, "deploy") << ::testing::PrintToString(judged.reasons);
    EXPECT_EQ(status(judged.version), VersionStatus::retired);
    EXPECT_EQ(refresh.model_type, judged.model_type);
    EXPECT_EQ(refresh.decision, "deploy") << ::testing::PrintToString(refresh.reasons);
    EXPECT_EQ(active_version(refresh.model_type), refresh.version.str());
    EXPECT_EQ(manifest_of(refresh.version.str()).learned_until, close_of(kBars));
    EXPECT_EQ(manifest_of(refresh.version.str()).parent, judged.version.str());
    EXPECT_LT(manifest_of(judged.version.str()).learned_until, close_of(kBars - 200)) << "fitted at its origin";
    EXPECT_EQ(*registry_->latest_evidence(refresh.version), refresh.evidence_json);
    const Json evidence = Json::parse(refresh.evidence_json);
    EXPECT_EQ(evidence["judgement"], Json::parse(judged.evidence_json)["judgement"]) << "it is the recipe's";
    EXPECT_EQ(evidence["refresh"]["accepted_by"], judged.version.str());
  }
}

// 25 % of the history are judged on and 15 % of the rest calibrate, so the newest label that was learned from is old
// when the cycle is made. Everything that asks for a version's age has to see that.
TEST_F(CycleTest, AVersionIsAsOldAsTheLastLabelThatItWasFittedOn) {
  LearningOptions options = judged_options();
  options.deployment.gate = PolicyGate::none;
  const std::string version = versions(cycle(options)).front();
  const Manifest manifest = manifest_of(version);
  LearningDataOptions data_options;
  data_options.as_of = close_of(kBars);
  data_options.label = options.label;
  const auto data =
      prepare_learning_data(*feature_set(options.feature_set), easy_candles(), nullptr, data_options, undisturbed());
  ASSERT_TRUE(data) << to_string(data.error());
  const auto split = split_for_training(data->rows.data, options.training, close_of(kBars));
  ASSERT_TRUE(split) << to_string(split.error());
  std::int64_t last_ms = 0;
  for (const auto row : split->fit.rows) last_ms = std::max(last_ms, data->rows.data.known_at_ms[row]);
  EXPECT_EQ(manifest.learned_until, Timestamp(last_ms));
  EXPECT_LT(manifest.learned_until, close_of(kBars * 7 / 10));
  EXPECT_EQ(manifest.created_as_of, close_of(kBars));

  ServingOptions serving;
  serving.max_data_age_days = silent_after_days("lightgbm", 1);
  EXPECT_FALSE(is_expired(manifest.learned_until, close_of(kBars + 24), max_data_age(serving)));
  EXPECT_TRUE(is_expired(manifest.learned_until, close_of(kBars + 25), max_data_age(serving)));
  const Json models = *models_document(*registry_, {});
  for (const Json& one : models["models"]) {
    EXPECT_EQ(one["learned_until"], to_string(Timestamp(last_ms)));
    EXPECT_EQ(one["trained_at"], to_string(close_of(kBars)));
  }
}

TEST_F(CycleTest, OfMoreRowsThanAreAllowedExactlySoManyAreFittedOn) {
  LearningOptions options = cycle_options();
  options.training.max_fit_rows = 3'000;
  const auto first = versions(cycle(options));
  EXPECT_EQ(manifest_of(first.front()).training_rows, 3'000U);
  options.training.seed = 2;
  EXPECT_EQ(manifest_of(versions(cycle(options)).front()).training_rows, 3'000U);
}

TEST_F(CycleTest, AVersionOfAnEarlierReleaseServesAndIsTrainedAgainToItsBits) {
  LearningOptions options = judged_options();
  options.training.models = {"lightgbm"};
  options.training.max_fit_rows = 3'000;
  options.training.thinning = Thinning::every_nth_bar;
  const auto made = registry_->open_artifact(*registry_->find(versions(cycle(options)).front()));
  ASSERT_TRUE(made) << to_string(made.error());
  // As that release wrote it down.
  Manifest manifest = made->manifest;
  manifest.schema = 1;
  auto staged = registry_->store().stage("lightgbm");
  ASSERT_TRUE(staged);
  for (const ManifestFile& file : manifest.files)
    ASSERT_TRUE(write_file_atomic(staged->directory() / file.name, *read_file(made->directory / file.name)));
  const auto stored = registry_->store().put(std::move(*staged), manifest);
  ASSERT_TRUE(stored) << to_string(stored.error());
  const std::string text = *read_file(stored->directory / "manifest.json");
  for (const char* later : {"learned_until", "thinning", "\"schema\": 2"})
    EXPECT_EQ(text.find(later), std::string::npos);
  ASSERT_TRUE(registry_->enter(*stored, testing::because("it was there before")));
  ASSERT_TRUE(registry_->promote(stored->version, testing::because("it served before")));
  EXPECT_EQ(active_version("lightgbm"), stored->version.str());

  // What it cannot say is bounded by when the last label of its validation became known.
  const Manifest old = manifest_of(stored->version.str());
  EXPECT_GT(old.learned_until, made->manifest.learned_until);
  EXPECT_LT(old.learned_until, close_of(kBars * 8 / 10));
  EXPECT_NE(old.training_rows, 3'000U);

  const OpenCandles open = [](const Protocol&) -> Result<std::unique_ptr<CandleSource>> {
    return std::make_unique<MemoryCandleSource>(easy_candles());
  };
  const auto again = reproduce(*registry_, *registry_->find(stored->version.str()), open, nullptr, undisturbed());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(again->identical) << again->difference;
  options.training.thinning = Thinning::by_hash;
  const VersionId now = cycle(options, Force::yes).results.front().version;
  const auto of_now = reproduce(*registry_, *registry_->find(now.str()), open, nullptr, undisturbed());
  ASSERT_TRUE(of_now) << to_string(of_now.error());
  EXPECT_TRUE(of_now->identical) << of_now->difference;
}

TEST_F(CycleTest, ModeLoggingOnlyMovesNothing) {
  LearningOptions logging = cycle_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleReport first = cycle(logging);
  ASSERT_EQ(versions(first).size(), 2U);
  EXPECT_THAT(first.results[0].reasons, ::testing::Contains(HasSubstr("nothing was moved")));
  EXPECT_EQ(status(first.results[0].version), VersionStatus::candidate);
  EXPECT_EQ(active_version("lightgbm"), "");
  EXPECT_EQ(versions(cycle(logging)), versions(first));
}

TEST_F(CycleTest, ACandidateOfAKilledCycleIsDecidedOnByTheNext) {
  LearningOptions logging = judged_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleReport killed = cycle(logging);
  // Stored and entered, but no cycle ended that says so.
  const std::filesystem::path elsewhere = directory_.path() / "another";
  std::filesystem::create_directories(elsewhere);
  std::filesystem::copy(place_.versions(), elsewhere / "versions", std::filesystem::copy_options::recursive);
  auto database = Database::open(elsewhere / "clm.db");
  ASSERT_TRUE(database);
  auto registry = Registry::open(*database, ArtifactStore(elsewhere / "versions"));
  auto log = CycleLog::open(*database);
  ASSERT_TRUE(registry && log);
  const MemoryCandleSource source = testing::easy_candles(kBars);
  CycleWorkplace place{source, nullptr, *registry, *log, lock_, "test", {}};
  const auto next =
      run_cycle(place, judged_options(),
                {close_of(kBars), Force::no, "test", asked_by_hand(cycle_options().training.models)}, undisturbed());
  ASSERT_TRUE(next) << to_string(next.error());
  EXPECT_EQ(versions(*next), versions(killed));
  for (const std::string& version : versions(*next)) EXPECT_EQ(registry->find(version)->status, VersionStatus::active);
}

TEST_F(CycleTest, WhatIsNotKnownYetChangesNothing) {
  LearningOptions logging = cycle_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleReport known = cycle(logging);
  const auto more = attempt(testing::easy_candles(kBars + 200), close_of(kBars), logging, Force::yes);
  ASSERT_TRUE(more);
  EXPECT_EQ(versions(*more), versions(known));
  for (std::size_t i = 0; i < known.results.size(); ++i)
    EXPECT_TRUE(more->results[i].evidence_json == known.results[i].evidence_json);
}

TEST_F(CycleTest, JobsSideBySideGiveTheSameBits) {
  LearningOptions logging = cycle_options();
  logging.deployment.mode = PolicyMode::logging_only;
  const CycleReport one = cycle(logging, Force::no, kBars, 1);
  const CycleReport two = cycle(logging, Force::yes, kBars, 2);
  EXPECT_EQ(versions(one), versions(two));
  EXPECT_TRUE(one.results[1].evidence_json == two.results[1].evidence_json);
}

TEST_F(CycleTest, ALaterCandidateIsHeldAgainstTheActiveVersion) {
  const CycleReport first = cycle(judged_options());
  const CycleReport second = cycle(judged_options(), Force::no, kBars + 200);
  ASSERT_EQ(versions(second).size(), 2U);
  const Json judgement = Json::parse(second.results[0].evidence_json).at("judgement");
  EXPECT_EQ(judgement.at("active").at("name"), first.results[0].version.str());
  // Only rows that neither of the two was fitted on.
  const auto manifest = read_manifest(registry_->find(first.results[0].version.str())->manifest_json);
  EXPECT_GE(judgement.at("from_ms").get<std::int64_t>(), manifest->training_span.to.ms());
  EXPECT_EQ(read_manifest(registry_->find(second.results[0].version.str())->manifest_json)->parent,
            first.results[0].version.str());
}

TEST_F(CycleTest, NoiseIsRefusedAndTheSlotStaysEmpty) {
  SimulationOptions noise = testing::easy_market().options;
  noise.signal_ic = 0;
  noise.bars = kBars;
  const MemoryCandleSource source(simulate(noise)->series);
  LearningOptions strict = cycle_options();
  strict.policy = {};
  const auto report = attempt(source, close_of(kBars), strict);
  ASSERT_TRUE(report) << to_string(report.error());
  for (const CycleResult& result : report->results) {
    EXPECT_EQ(result.decision, "reject");
    EXPECT_EQ(status(result.version), VersionStatus::rejected);
    EXPECT_EQ(active_version(result.model_type), "");
  }
}

TEST_F(CycleTest, AStoppedCycleLeavesNoVersion) {
  cancel_.request();
  const auto report = attempt(testing::easy_candles(kBars), close_of(kBars), cycle_options());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::interrupted);
  EXPECT_TRUE(registry_->list()->empty());
  EXPECT_TRUE(registry_->store().list().empty());
  EXPECT_EQ(log_.list(1)->front().status, CycleStatus::interrupted);
}

TEST_F(CycleTest, AnUnknownTypeIsRefusedBeforeAnythingBegins) {
  LearningOptions options = cycle_options();
  options.training.models = {"lightgbm", "crystal_ball"};
  const auto report = attempt(testing::easy_candles(kBars), close_of(kBars), options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::usage);
  EXPECT_TRUE(log_.list()->empty());
}

TEST_F(CycleTest, AnAlteredActiveVersionIsNotComparedAndTrainedAgainItsBytesAreWhole) {
  LearningOptions options = judged_options();
  const CycleReport first = cycle(options);
  const VersionId version = first.results[0].version;
  const auto file = registry_->store().directory_of("lightgbm", version) / "model.txt";
  const std::string whole = read_file(file).value();
  ASSERT_TRUE(write_file_atomic(file, "tree\n"));
  const auto report = attempt(testing::easy_candles(kBars), close_of(kBars), options, Force::yes);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->results[0].version, version);
  EXPECT_THAT(report->results[0].reasons, ::testing::Contains(HasSubstr("is broken and cannot be compared")));
  EXPECT_EQ(read_file(file).value(), whole);
  EXPECT_EQ(active_version("lightgbm"), version.str());
}

TEST_F(CycleTest, AnAlteredMemberIsLeftOutOfTheEnsemble) {
  LearningOptions options = cycle_options();
  cycle(options);
  const auto file = registry_->store().directory_of("lightgbm", VersionId(active_version("lightgbm"))) / "model.txt";
  ASSERT_TRUE(write_file_atomic(file, "tree\n"));
  options.ensemble.mode = EnsembleOptions().mode;
  const CycleReport second = cycle_without_triggers(options);
  ASSERT_EQ(second.ensemble.left_out.size(), 1U) << second.ensemble.why;
  EXPECT_THAT(second.ensemble.left_out[0].why, HasSubstr("is broken"));
}

TEST_F(CycleTest, TheModeIsStrongerThanTheGate) {
  struct Case {
    PolicyMode mode;
    PolicyGate gate;
    bool good;  ///< whether the verdict lets it through
    VersionStatus expected;
  };
  using enum VersionStatus;
  const Case cases[] = {
      {PolicyMode::logging_only, PolicyGate::evidence, true, VersionStatus::candidate},
      {PolicyMode::logging_only, PolicyGate::evidence, false, VersionStatus::candidate},
      {PolicyMode::logging_only, PolicyGate::none, true, VersionStatus::candidate},
      {PolicyMode::logging_only, PolicyGate::none, false, VersionStatus::candidate},
      {PolicyMode::advisory, PolicyGate::evidence, true, VersionStatus::candidate},
      {PolicyMode::advisory, PolicyGate::evidence, false, rejected},
      {PolicyMode::advisory, PolicyGate::none, true, VersionStatus::candidate},
      {PolicyMode::advisory, PolicyGate::none, false, VersionStatus::candidate},
      {PolicyMode::enforced, PolicyGate::evidence, true, active},
      {PolicyMode::enforced, PolicyGate::evidence, false, rejected},
      {PolicyMode::enforced, PolicyGate::none, true, active},
      {PolicyMode::enforced, PolicyGate::none, false, active},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(to_string(c.mode)) + ", gate " + std::string(to_string(c.gate)) +
                 (c.good ? ", let through" : ", refused"));
    CycleTestOf place;
    LearningOptions options = cycle_options();
    options.deployment.mode = c.mode;
    options.deployment.gate = c.gate;
    options.ensemble.mode = EnsembleOptions().mode;
    if (!c.good) options.policy.min_coverage = 2;
    const CycleReport report = place.cycle(options);
    // What was judged; where it is let through, refreshes of it follow, and their lineup.
    ASSERT_EQ(report.results.size(), c.expected == active ? 5U : 2U);
    for (std::size_t i = 0; i < report.results.size(); ++i) {
      const CycleResult& result = report.results[i];
      const VersionStatus expected = c.expected == active && i < 2 ? retired : c.expected;
      EXPECT_EQ(place.status(result.version), expected) << result.model_type << ", result " << i;
    }
    if (c.expected == active) {
      EXPECT_EQ(report.results.back().model_type, kEnsembleType);
    }
  }
}

}  // namespace
}  // namespace clm
