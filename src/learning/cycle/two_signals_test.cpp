// A market with two signals: order flow, which only features show, and an echo of past returns at one lag, which only
// who reads the sequence can tell from the bars around it. The ensemble finds both.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "learning/cycle/learning_fixture.hpp"

namespace clm {
namespace {

constexpr std::size_t kEchoBars = 2'000, kLag = 37;

enum class Echo { none, planted };

/// A bar's return has a part of the return `kLag` bars before it, less that of the bar before that one, added: every
/// sum over a span of bars, which is what features are, has next to nothing of it.
void add_echo(CandleSeries& series) {
  constexpr double kShare = 0.32;
  auto& candles = series.candles;
  std::vector<double> log_close;
  for (const Candle& candle : candles) log_close.push_back(std::log(candle.close));
  double before = 1;
  for (std::size_t t = 0; t < candles.size(); ++t) {
    double echo = 0;
    if (t >= kLag + 2) {
      const std::size_t then = t - kLag;
      echo = kShare * (log_close[then] - 2 * log_close[then - 1] + log_close[then - 2]);
    }
    const double after = before * std::exp(echo);
    Candle& candle = candles[t];
    candle.high *= std::max(before, after);
    candle.low *= std::min(before, after);
    candle.open *= before;
    candle.close *= after;
    before = after;
  }
}

MemoryCandleSource echo_market(double flow_ic, Echo echo) {
  SimulationOptions options;
  options.symbols = 10;
  options.bars = kEchoBars;
  options.seed = 11;
  options.horizon_bars = 1;
  options.signal_ic = flow_ic;
  options.signal_shape = SignalShape::linear;
  options.signal_half_life_bars = 2;  // or past prices would tell of it
  auto series = simulate(options).value().series;
  if (echo == Echo::planted)
    for (CandleSeries& one : series) add_echo(one);
  return MemoryCandleSource(std::move(series));
}

/// Small models, and a policy that lets them through: what they find is what is tested here.
LearningOptions two_signal_options() {
  LearningOptions options;
  options.feature_set = "core";
  options.label.horizon_bars = 1;
  options.label.entry_delay_bars = 0;
  options.training.models = {"lightgbm", "nhits", "nlinear_ols"};
  options.trainers.lightgbm.rounds = 100;
  options.trainers.lightgbm.min_data_in_leaf = 100;
  options.trainers.nhits.windows.input_bars = 48;
  options.trainers.nhits.network.hidden = 48;
  options.trainers.nhits.network.fit.epochs = 16;
  options.trainers.nhits.network.fit.patience_epochs = 16;
  options.trainers.nhits.network.fit.learning_rate = 2e-3;
  options.trainers.nhits.network.fit.batch_windows = 64;
  options.trainers.nhits.network.dropout = 0.1;
  options.trainers.nhits.network.fit.loss = SequenceLoss::mse;
  options.trainers.nlinear_ols.network.ridge = 1e4;
  options.trainers.nlinear_ols.windows.input_bars = 48;
  testing::let_through(options);
  options.policy.ladder = Ladder::on;  // judged by itself, the ensemble too
  options.policy.skill_alpha = 0.49;
  options.policy.superiority_alpha = 0.99;
  return options;
}

/// The bounds below hold for other seeds of the market, 11 to 18, as well: what is tested is no accident of one.
class TwoSignals : public testing::LearningTest {
 protected:
  /// Rank IC on the holdout by model type.
  std::map<std::string, double> skill(const MemoryCandleSource& source) {
    const auto report = attempt(source, testing::close_of(kEchoBars), two_signal_options(), Force::yes, 2);
    EXPECT_TRUE(report) << to_string(report.error());
    std::map<std::string, double> rank_ic;
    for (const CycleResult& result : report->results) {
      const auto evidence = nlohmann::json::parse(result.evidence_json);
      rank_ic[result.model_type] = evidence["judgement"]["candidate"]["rank_ic"]["mean"].get<double>();
    }
    return rank_ic;
  }
};

TEST_F(TwoSignals, OrderFlowIsSeenByFeaturesAlone) {
  const auto found = skill(echo_market(0.3, Echo::none));
  EXPECT_GT(found.at("lightgbm"), 0.15);
  EXPECT_LT(found.at("nhits"), 0.1);
  EXPECT_LT(found.at("nlinear_ols"), 0.11);
}

TEST_F(TwoSignals, AnEchoIsSeenBySequenceModelsAlone) {
  const auto found = skill(echo_market(0, Echo::planted));
  EXPECT_LT(found.at("lightgbm"), 0.11);
  EXPECT_GT(found.at("nhits"), 0.17);
  EXPECT_GT(found.at("nlinear_ols"), 0.17);
}

TEST_F(TwoSignals, TheEnsembleFindsBoth) {
  const auto found = skill(echo_market(0.3, Echo::planted));
  EXPECT_GT(found.at("lightgbm"), 0.12);
  EXPECT_GT(found.at("nhits"), 0.12);
  for (const char* member : {"lightgbm", "nhits", "nlinear_ols"})
    EXPECT_GT(found.at("ensemble"), found.at(member) + 0.005) << member;
}

}  // namespace
}  // namespace clm
