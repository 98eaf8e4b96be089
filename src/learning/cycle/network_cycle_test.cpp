#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "learning/cycle/learning_fixture.hpp"
#include "learning/cycle/reproduce.hpp"
#include "learning/data/protocol.hpp"
#include "support/counting_clocks.hpp"

namespace clm {
namespace {

constexpr std::size_t kNetworkBars = 700;

MemoryCandleSource network_candles() {
  SimulationOptions options;
  options.symbols = 8;
  options.bars = kNetworkBars;
  options.seed = 5;
  return MemoryCandleSource(simulate(options).value().series);
}

LearningOptions network_options() {
  LearningOptions options;
  options.feature_set = "classic22";
  options.training.models = {"nhits", "patchtst"};
  options.ensemble.mode = EnsembleMode::off;
  options.floor = Floor::none;
  options.deployment.mode = PolicyMode::logging_only;
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

/// A cycle that trains networks.
class NetworkCycle : public testing::LearningTest {
 protected:
  Result<CycleReport> cycle(const RunContext& run, Force force = Force::no,
                            const LearningOptions& options = network_options()) {
    CycleWorkplace place = workplace(source_);
    return run_cycle(place, options,
                     {testing::close_of(kNetworkBars), force, "test", asked_by_hand(options.training.models)}, run);
  }

  MemoryCandleSource source_ = network_candles();
};

TEST_F(NetworkCycle, AStoppedOneGoesOnToTheSameVersions) {
  CancelToken cancel;
  const testing::CountdownClock clock(cancel, 20);
  const auto stopped = cycle({clock, cancel, progress_, 1});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
  ASSERT_TRUE(std::filesystem::exists(place_.checkpoints()));
  EXPECT_FALSE(std::filesystem::is_empty(place_.checkpoints()));

  const auto resumed = cycle(undisturbed());
  ASSERT_TRUE(resumed) << to_string(resumed.error());
  EXPECT_FALSE(std::filesystem::exists(place_.checkpoints()));
  const auto whole = cycle(undisturbed(2), Force::yes);
  ASSERT_TRUE(whole);
  ASSERT_EQ(resumed->results.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_FALSE(resumed->results[i].version.empty()) << ::testing::PrintToString(resumed->results[i].reasons);
    EXPECT_EQ(resumed->results[i].version, whole->results[i].version);
    EXPECT_EQ(resumed->results[i].evidence_json, whole->results[i].evidence_json);
  }
}

struct NetworkCycleOf : NetworkCycle {
  void TestBody() override {}
  using NetworkCycle::attempt;
  using NetworkCycle::cycle;
  using NetworkCycle::registry_;
  using NetworkCycle::undisturbed;
};

// The same of refreshes, which stop early by the newest rows and are calibrated by what was said before.
TEST_F(NetworkCycle, AStoppedRefreshGoesOnToTheSameVersions) {
  LearningOptions options = network_options();
  options.deployment.mode = PolicyMode::enforced;
  options.deployment.gate = PolicyGate::none;
  options.training.models = {"nhits", "nlinear_ols"};
  const auto accept = [&](auto& place) {
    auto source = network_candles();
    const Timestamp earlier = testing::close_of(kNetworkBars - 60);
    const auto accepted = place.attempt(source, earlier, options);
    ASSERT_TRUE(accepted) << to_string(accepted.error());
    ASSERT_EQ(accepted->results.size(), 4U);
  };
  NetworkCycleOf whole;
  accept(whole);
  const auto expected = whole.cycle(whole.undisturbed(2), Force::no, options);
  ASSERT_TRUE(expected) << to_string(expected.error());
  ASSERT_EQ(expected->results.size(), 2U);
  for (const CycleResult& result : expected->results) {
    const auto manifest = read_manifest(whole.registry_->find(result.version.str())->manifest_json);
    ASSERT_TRUE(manifest);
    const auto protocol = read_protocol(manifest->protocol_json);
    ASSERT_TRUE(protocol);
    EXPECT_TRUE(is_of_everything_known(*protocol));
    EXPECT_EQ(protocol->training.validation_share > 0, result.model_type == "nhits") << "to stop by";
  }

  NetworkCycleOf stopped;
  accept(stopped);
  CancelToken cancel;
  const testing::CountdownClock clock(cancel, 10);
  const auto interrupted = stopped.cycle({clock, cancel, progress_, 1}, Force::no, options);
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error().kind, ErrorKind::interrupted);
  const auto resumed = stopped.cycle(stopped.undisturbed(), Force::no, options);
  ASSERT_TRUE(resumed) << to_string(resumed.error());
  ASSERT_EQ(resumed->results.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(resumed->results[i].version, expected->results[i].version);
    EXPECT_EQ(resumed->results[i].evidence_json, expected->results[i].evidence_json);
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

TEST_F(NetworkCycle, AVersionWhoseTimeWasUpIsMadeAgainToTheSameBits) {
  LearningOptions options = network_options();
  options.trainers.nhits.network.fit.time_budget_seconds = 20;
  options.trainers.patchtst.network.fit.time_budget_seconds = 20;
  const testing::TickingClock clock;
  const auto report = cycle({clock, cancel_, progress_, 1}, Force::no, options);
  ASSERT_TRUE(report) << to_string(report.error());
  const OpenCandles open = [](const Protocol&) -> Result<std::unique_ptr<CandleSource>> {
    return std::make_unique<MemoryCandleSource>(network_candles());
  };
  for (const CycleResult& result : report->results) {
    ASSERT_FALSE(result.version.empty()) << ::testing::PrintToString(result.reasons);
    EXPECT_NE(::testing::PrintToString(result.reasons).find("time budget ended"), std::string::npos);
    const auto again = reproduce(*registry_, *registry_->find(result.version.str()), open, nullptr, undisturbed());
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_TRUE(again->identical) << again->difference;
  }
}

}  // namespace
}  // namespace clm
