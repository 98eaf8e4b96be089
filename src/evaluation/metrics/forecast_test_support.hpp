#pragma once
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "evaluation/metrics/forecast_table.hpp"

namespace clm::testing {

struct MarketShape {
  std::size_t symbols = 20;
  std::size_t times = 400;
  int horizon_bars = 5;
  std::uint64_t seed = 1;
  double bar_volatility = 0.008;
  double market_share = 0.5;  ///< of the variance, moving all symbols together
};

/// Hourly rows whose labels overlap by the horizon and whose symbols move together, without any predictability.
inline JudgedRows make_rows(const MarketShape& shape) {
  Random random = Random::stream(shape.seed, "rows");
  const auto horizon = static_cast<std::size_t>(shape.horizon_bars);
  const std::size_t bars = shape.times + horizon;
  std::vector<std::vector<double>> noise(shape.symbols, std::vector<double>(bars));
  for (std::size_t t = 0; t < bars; ++t) {
    const double market = random.normal() * std::sqrt(shape.market_share);
    for (auto& own : noise) own[t] = market + random.normal() * std::sqrt(1 - shape.market_share);
  }
  JudgedRows rows;
  rows.interval = Interval::one_hour();
  rows.horizon_bars = shape.horizon_bars;
  for (std::size_t s = 0; s < shape.symbols; ++s) rows.symbols.emplace_back("S" + std::to_string(100 + s));
  const double horizon_volatility = shape.bar_volatility * std::sqrt(static_cast<double>(shape.horizon_bars));
  const std::int64_t hour = rows.interval.ms();
  const std::int64_t start = from_calendar(2024, 1, 15).ms();
  for (std::size_t t = 0; t < shape.times; ++t)
    for (std::size_t s = 0; s < shape.symbols; ++s) {
      double sum = 0;
      for (std::size_t k = 0; k < horizon; ++k) sum += noise[s][t + k];
      const double label = sum / std::sqrt(static_cast<double>(shape.horizon_bars));
      rows.decided_at_ms.push_back(start + static_cast<std::int64_t>(t) * hour);
      rows.known_at_ms.push_back(rows.decided_at_ms.back() + static_cast<std::int64_t>(horizon) * hour);
      rows.symbol.push_back(static_cast<std::uint16_t>(s));
      rows.label.push_back(static_cast<float>(label));
      rows.forward_return.push_back(static_cast<float>(label * horizon_volatility));
      rows.volatility.push_back(static_cast<float>(horizon_volatility));
    }
  return rows;
}

/// A forecast in label units that correlates with the label by `skill` and, like a model's, moves slowly: its own noise
/// has an autocorrelation of `memory`. Its size is that of the best forecast of such skill.
inline std::vector<float> forecast_with_skill(const JudgedRows& rows, double skill, std::uint64_t seed,
                                              double memory = 0.8) {
  Random random = Random::stream(seed, "forecast");
  std::vector<double> state(rows.symbols.size());
  for (auto& x : state) x = random.normal();
  std::vector<float> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    double& x = state[rows.symbol[i]];
    x = memory * x + std::sqrt(1 - memory * memory) * random.normal();
    const double mixed = skill * static_cast<double>(rows.label[i]) + std::sqrt(1 - skill * skill) * x;
    out.push_back(static_cast<float>((skill > 0 ? skill : 0.05) * mixed));
  }
  return out;
}

}  // namespace clm::testing
