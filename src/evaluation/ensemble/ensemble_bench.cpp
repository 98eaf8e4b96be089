// What an ensemble's forecast costs warm and in process, from rows of features to consensus and disagreement: 566
// symbols are to take under 30 ms, one under 2 ms. Features are not part of it.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "models/models_test_data.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

constexpr std::size_t kFitRows = 20'000;
constexpr std::size_t kColumns = 57;
constexpr int kRounds = 200;

struct Members {
  Dataset data;
  EnsembleRule rule;
  std::vector<CalibratedModel> models;
};

const Members& members() {
  static const Members made = [] {
    Members out;
    out.data =
        testing::make_model_data({.rows = kFitRows + 1'000, .columns = kColumns, .noise = 10, .missing_share = 0});
    const RowSet fit = testing::rows_between(out.data, 0, kFitRows), none{&out.data, {}};
    TrainerOptions options;
    options.lightgbm.rounds = options.xgboost.rounds = kRounds;
    std::vector<double> shares;
    for (const char* type : {"lightgbm", "ridge", "xgboost"}) {
      testing::TestRun run;
      auto model = make_trainer(type, options).value()->train({fit, none}, run.context).value();
      std::vector<float> raw(fit.size());
      if (!model->predict(fit, raw)) std::abort();
      auto calibration = ForecastCalibration::fit(*judged_rows(fit, 1), raw, ReturnBasis::own).value();
      out.models.push_back({std::move(model), std::move(calibration)});
      out.rule.members.push_back({type, "bench"});
      shares.push_back(1);
    }
    out.rule.weights.all = proportional_weights(shares, out.rule.bounds);
    return out;
  }();
  return made;
}

void ensemble_forecast(benchmark::State& state) {
  const Members& all = members();
  const auto symbols = static_cast<std::size_t>(state.range(0));
  const RowSet rows = testing::rows_between(all.data, kFitRows, kFitRows + symbols);
  double agreed = 0, asked = 0;
  for (auto _ : state) {
    std::vector<std::vector<float>> forecasts;
    for (const auto& model : all.models) forecasts.push_back(model.forecast(rows).value());
    std::vector<double> votes(all.models.size());
    for (std::size_t i = 0; i < symbols; ++i) {
      for (std::size_t m = 0; m < votes.size(); ++m) votes[m] = static_cast<double>(forecasts[m][i]);
      const CombinedForecast combined = all.rule.combine(votes, VolatilityRegime::unknown);
      if (std::isnan(combined.forecast) || combined.votes != votes.size()) {
        std::fprintf(stderr, "ensemble_forecast: a member has no forecast\n");
        std::abort();
      }
      agreed += static_cast<double>(combined.agree);
      asked += static_cast<double>(combined.votes);
    }
  }
  state.counters["agreement"] = agreed / asked;
}
BENCHMARK(ensemble_forecast)->ArgName("symbols")->Arg(1)->Arg(566)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clm
