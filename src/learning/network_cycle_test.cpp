#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "learning/cycle.hpp"
#include "market/simulator.hpp"
#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

constexpr std::size_t kBars = 700;

MemoryCandleSource candles() {
  SimulationOptions options;
  options.symbols = 8;
  options.bars = kBars;
  options.seed = 5;
  return MemoryCandleSource(simulate(options).value().series);
}

LearningOptions learning() {
  LearningOptions options;
  options.feature_set = "classic22";
  options.training.models = {"nhits", "patchtst"};
  options.ensemble.mode = "off";
  options.deployment.mode = "logging_only";
  const auto make_small = [](auto& model) {
    model.windows.input_bars = 32;
    model.network.hidden = 16;
    model.network.fit.epochs = 2;
    model.network.fit.batch_windows = 64;
    model.network.fit.checkpoint_every_steps = 3;
  };
  make_small(options.trainers.nhits);
  make_small(options.trainers.patchtst);
  return options;
}

/// Asks for a stop once it was looked at so many times: networks look before every step.
class CountdownClock final : public Clock {
 public:
  CountdownClock(CancelToken& cancel, int looks) : cancel_(cancel), looks_(looks) {}
  Timestamp now() const override {
    if (--looks_ == 0) cancel_.request();
    return Timestamp(0);
  }

 private:
  CancelToken& cancel_;
  mutable int looks_;
};

/// A cycle that trains networks, in a workspace of its own.
class NetworkCycle : public testing::RegistryTest {
 protected:
  NetworkCycle() : log_(*CycleLog::open(*database_)), lock_(*workspace_->lock_cycle("test")) {}

  Result<CycleReport> cycle(const RunContext& run, Force force = Force::no) {
    CycleWorkplace place{source_, nullptr, *registry_, log_, lock_, "test", {}, workspace_->checkpoints()};
    const Timestamp close = Timestamp(SimulationOptions{}.start.ms() + static_cast<std::int64_t>(kBars) * 3'600'000);
    return run_cycle(place, learning(), {close, force, "test"}, run);
  }
  RunContext undisturbed(int jobs = 1) { return {clock_, cancel_, progress_, jobs}; }

  MemoryCandleSource source_ = candles();
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
  CycleLog log_;
  FileLock lock_;
};

TEST_F(NetworkCycle, AStoppedOneGoesOnToTheSameVersions) {
  CancelToken cancel;
  const CountdownClock clock(cancel, 20);
  const auto stopped = cycle({clock, cancel, progress_, 1});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
  ASSERT_TRUE(std::filesystem::exists(workspace_->checkpoints()));
  EXPECT_FALSE(std::filesystem::is_empty(workspace_->checkpoints()));

  const auto resumed = cycle(undisturbed());
  ASSERT_TRUE(resumed) << to_string(resumed.error());
  EXPECT_FALSE(std::filesystem::exists(workspace_->checkpoints()));
  const auto whole = cycle(undisturbed(2), Force::yes);
  ASSERT_TRUE(whole);
  ASSERT_EQ(resumed->results.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_FALSE(resumed->results[i].version.empty()) << ::testing::PrintToString(resumed->results[i].reasons);
    EXPECT_EQ(resumed->results[i].version, whole->results[i].version);
    EXPECT_EQ(resumed->results[i].evidence_json, whole->results[i].evidence_json);
  }
}

TEST_F(NetworkCycle, ItsManifestSaysWhatItRanOn) {
  const auto report = cycle(undisturbed());
  ASSERT_TRUE(report) << to_string(report.error());
  const auto manifest = read_manifest(registry_->find(report->results[0].version.str())->manifest_json);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->libraries.at("networks").substr(0, 3), "cpu");
  EXPECT_EQ(nlohmann::json::parse(manifest->parameters_json).at("windows").at("input_bars"), 32);
}

}  // namespace
}  // namespace clm
