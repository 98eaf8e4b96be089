#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "learning/life_cycle/job_runner.hpp"
#include "learning/life_cycle/training_planner.hpp"
#include "serving/load_check.hpp"

namespace clm::testing {

/// Bars of the tape: so many more than those that versions of `trained_once` have learned from.
constexpr std::size_t kLaterBars = 60;

/// Ridge alone (others are trained by name), on few features, under a policy that lets it through; no trigger is
/// listened to.
inline LearningOptions ridge_alone() {
  LearningOptions options;
  options.triggers.retrain_hours = 24;
  options.training.models = {"ridge"};
  options.feature_set = "classic22";
  options.ensemble.mode = EnsembleMode::off;
  options.triggers.kinds = {};
  let_through(options);
  return options;
}

/// A version as it was trained and judged, without a registry.
struct TrainedVersion {
  Manifest manifest;
  std::map<std::string, std::string> files;
  std::string evidence_json;
};

/// Trained on the first `kBars` bars of the easy market. The same one for every test of the process.
inline const TrainedVersion& trained_once(const std::string& model_type, int number) {
  class Workplace : public LearningTest {
   public:
    void TestBody() override {}
    TrainedVersion train(const std::string& model_type, int number) {
      LearningOptions options = ridge_alone();
      options.deployment.mode = PolicyMode::logging_only;
      options.training.models = {model_type};
      options.trainers.ridge.alpha *= number;
      options.trainers.lightgbm.rounds = 10 * number;
      const CycleReport report = cycle(options, Force::yes);
      const VersionId version = report.results.at(0).version;
      EXPECT_FALSE(version.empty()) << report.results.at(0).reasons.at(0);
      const StoredArtifact artifact = registry_->open_artifact(registry_->find(version.str()).value()).value();
      TrainedVersion trained{artifact.manifest, {}, report.results.at(0).evidence_json};
      for (const ManifestFile& file : artifact.manifest.files)
        trained.files[file.name] = read_file(artifact.directory / file.name).value();
      return trained;
    }
  };
  static std::map<std::pair<std::string, int>, TrainedVersion> all;
  const auto key = std::pair(model_type, number);
  const auto known = all.find(key);
  return known != all.end() ? known->second : all.emplace(key, Workplace().train(model_type, number)).first->second;
}

/// The parts of a life cycle that act, over real stores and real versions, without the life cycle. The state stands at
/// the close of bar `kBars`, and nothing has happened yet.
class LifeCyclePartsTest : public LearningTest {
 protected:
  LifeCyclePartsTest() : life_log_(*LifeCycleLog::open(*database_)) {
    // As the program's own registry: what does not load is broken.
    auto registry = Registry::open(*database_, ArtifactStore(place_.versions()), nullptr, LoadsOnce());
    EXPECT_TRUE(registry) << to_string(registry.error());
    registry_.emplace(std::move(*registry));
    work_.tape = &tape_;
    work_.stages = Stages::run;
    journal_.state().last_close = now_;
    EXPECT_TRUE(life_log_.set_universe(tape_.symbols()));
  }

  static const MarketTape& tape() {
    static const MarketTape recorded = [] {
      ManualClock clock{Timestamp(0)};
      CancelToken cancel;
      SilentProgress progress;
      return MarketTape::record(*feature_set("classic22"), easy_candles(kBars + kLaterBars), nullptr, LabelOptions(),
                                close_of(kBars + kLaterBars), {clock, cancel, progress, 1, {}})
          .value();
    }();
    return recorded;
  }

  /// A candidate of `trained_once`, entered at `at`.
  VersionId entered(int number, const std::string& model_type = "ridge", Timestamp at = close_of(kBars)) {
    const TrainedVersion& trained = trained_once(model_type, number);
    auto staged = registry_->store().stage(model_type);
    EXPECT_TRUE(staged) << to_string(staged.error());
    for (const auto& [name, bytes] : trained.files) EXPECT_TRUE(write_file_atomic(staged->directory() / name, bytes));
    const auto stored = registry_->store().put(std::move(*staged), trained.manifest);
    EXPECT_TRUE(stored) << to_string(stored.error());
    const auto entry = registry_->enter(*stored, {at, "test", "trained", trained.evidence_json});
    EXPECT_TRUE(entry) << to_string(entry.error());
    return stored->version;
  }
  /// The same, made active by a person.
  VersionId served(int number, const std::string& model_type = "ridge") {
    const VersionId version = entered(number, model_type);
    const auto done = registry_->promote(version, because("somebody is wanted"));
    EXPECT_TRUE(done) << to_string(done.error());
    return version;
  }
  VersionId in_the_shadow(int number) {
    const VersionId version = entered(number);
    EXPECT_TRUE(registry_->advance(version, VersionStatus::shadow, because("let it try")));
    return version;
  }
  /// Reads the registry into the state, as at the end of the last step.
  std::map<std::string, VersionId> known() {
    EXPECT_TRUE(types_.read_all());
    return active_versions(journal_.state());
  }
  VersionId active() { return journal_.type("ridge").active; }

  std::filesystem::path file_of(const VersionId& version) const {
    return registry_->store().directory_of("ridge", version) / ForecastCalibration::kFileName;
  }
  void lose_a_file_of(const VersionId& version) const { EXPECT_TRUE(std::filesystem::remove(file_of(version))); }

  /// What has happened since the last commit, committed now: (kind, version).
  using Happened = std::vector<std::pair<EventKind, VersionId>>;
  Happened happened() {
    const Status committed = jobs_.commit({});
    EXPECT_TRUE(committed) << to_string(committed.error());
    Happened news;
    const auto events = life_log_.events(told_ + 1);
    for (const LifeEvent& event : *events) {
      news.emplace_back(event.kind, event.version);
      last_text_ = event.text;
      told_ = event.sequence;
    }
    return news;
  }
  std::vector<Job> all_jobs() const { return life_log_.jobs(WhichJobs::all).value(); }

  LearningOptions options_ = ridge_alone();
  const MarketTape& tape_ = tape();
  const Timestamp now_ = close_of(kBars);
  const MemoryCandleSource candles_ = easy_candles(kBars + kLaterBars);
  LifeCycleLog life_log_;
  CycleWorkplace work_ = workplace(candles_);
  TriggerMonitor monitor_{tape_, *registry_, life_log_, options_};
  LifeCycleJournal journal_{life_log_};
  JobQueue jobs_{journal_, *registry_, options_};
  ActiveTypes types_{journal_, *registry_, monitor_, options_};
  LiveTrials trials_{journal_, jobs_, types_, *registry_, options_, tape_.interval()};
  BrokenVersions broken_{*registry_, journal_, types_, trials_, options_};
  RegistryReconciler reconciler_{*registry_, journal_, jobs_, types_, trials_, broken_, options_};
  std::string last_text_;  ///< of the last event that `happened` told of

 private:
  std::int64_t told_ = 0;
};

}  // namespace clm::testing
