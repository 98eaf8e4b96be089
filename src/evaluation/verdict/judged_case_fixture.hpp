#pragma once
#include <memory>
#include <vector>

#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm::testing {

struct JudgedCase {
  std::shared_ptr<JudgedRows> rows;
  ForecastTable candidate;
  std::vector<ForecastTable> baselines;
};

/// A candidate of the given skill beside "zero" and two baselines of no skill.
inline JudgedCase make_judged_case(const MarketShape& shape, double skill) {
  JudgedCase out;
  out.rows = std::make_shared<JudgedRows>(make_rows(shape));
  out.candidate = {"candidate", out.rows, forecast_with_skill(*out.rows, skill, shape.seed + 1'000)};
  out.baselines.push_back({"zero", out.rows, std::vector<float>(out.rows->size(), 0.0F)});
  out.baselines.push_back({"reversal", out.rows, forecast_with_skill(*out.rows, 0, shape.seed + 2'000)});
  out.baselines.push_back({"momentum", out.rows, forecast_with_skill(*out.rows, 0, shape.seed + 3'000)});
  return out;
}

}  // namespace clm::testing
