#include "evaluation/metrics/forecast_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"

namespace clm {
namespace {

template <typename T>
std::vector<T> chosen(const std::vector<T>& column, std::span<const std::uint32_t> rows) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (const auto row : rows) out.push_back(column[row]);
  return out;
}

}  // namespace

ReturnBasis return_basis(LabelTarget target) {
  return target == LabelTarget::plain ? ReturnBasis::own : ReturnBasis::relative;
}

std::string_view to_string(ReturnBasis basis) { return basis == ReturnBasis::own ? "own" : "relative"; }

std::vector<double> universe_return(const JudgedRows& rows, std::span<const float> returns) {
  expects(returns.size() == rows.size(), "one return per row");
  std::vector<double> mean(rows.size());
  const TimeIndex times = index_times(rows.decided_at_ms);
  for (std::size_t t = 0; t < times.size(); ++t) {
    double sum = 0, count = 0;
    for (std::size_t i = times.begin[t]; i < times.begin[t + 1]; ++i) {
      if (std::isnan(returns[i])) continue;
      sum += static_cast<double>(returns[i]);
      count += 1;
    }
    std::fill(mean.begin() + static_cast<std::ptrdiff_t>(times.begin[t]),
              mean.begin() + static_cast<std::ptrdiff_t>(times.begin[t + 1]), count > 0 ? sum / count : std::nan(""));
  }
  return mean;
}

std::vector<float> judged_return(const JudgedRows& rows, std::span<const float> returns) {
  expects(returns.size() == rows.size(), "one return per row");
  std::vector<float> out(returns.begin(), returns.end());
  if (rows.basis == ReturnBasis::own) return out;
  const std::vector<double> mean = universe_return(rows, returns);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(static_cast<double>(out[i]) - mean[i]);
  return out;
}

std::shared_ptr<JudgedRows> judged_rows(const RowSet& rows, int horizon_bars) {
  const Dataset& data = *rows.data;
  auto out = std::make_shared<JudgedRows>();
  out->interval = data.frame->interval;
  out->horizon_bars = horizon_bars;
  out->basis = return_basis(data.definition.target);
  out->symbols = data.frame->symbols;
  out->decided_at_ms = chosen(data.decided_at_ms, rows.rows);
  out->known_at_ms = chosen(data.known_at_ms, rows.rows);
  out->symbol = chosen(data.symbol, rows.rows);
  out->label = chosen(data.label, rows.rows);
  out->forward_return = chosen(data.forward_return, rows.rows);
  out->volatility = chosen(data.volatility, rows.rows);
  return out;
}

TimeIndex index_times(std::span<const std::int64_t> decided_at_ms) {
  TimeIndex index;
  for (std::size_t i = 0; i < decided_at_ms.size(); ++i) {
    if (i > 0 && decided_at_ms[i] == decided_at_ms[i - 1]) continue;
    expects(i == 0 || decided_at_ms[i] > decided_at_ms[i - 1], "judged rows are ordered by decision time");
    index.time_ms.push_back(decided_at_ms[i]);
    index.begin.push_back(i);
  }
  index.begin.push_back(decided_at_ms.size());
  return index;
}

std::vector<ForecastTable> common_rows(std::span<const ForecastTable* const> tables) {
  expects(!tables.empty(), "there is at least one table");
  const auto& rows = tables.front()->rows;
  for (const auto* table : tables) {
    expects(table->rows == rows, "tables that are compared share their rows");
    expects(table->forecast.size() == rows->size(), "one forecast per row");
    expects(table->up_probability.empty() || table->up_probability.size() == rows->size(), "one probability per row");
  }
  std::vector<std::uint32_t> common;
  for (std::size_t i = 0; i < rows->size(); ++i)
    if (std::none_of(tables.begin(), tables.end(),
                     [i](const ForecastTable* table) { return std::isnan(table->forecast[i]); }))
      common.push_back(static_cast<std::uint32_t>(i));

  auto truth = std::make_shared<JudgedRows>();
  truth->interval = rows->interval;
  truth->horizon_bars = rows->horizon_bars;
  truth->basis = rows->basis;
  truth->symbols = rows->symbols;
  truth->decided_at_ms = chosen(rows->decided_at_ms, common);
  truth->known_at_ms = chosen(rows->known_at_ms, common);
  truth->symbol = chosen(rows->symbol, common);
  truth->label = chosen(rows->label, common);
  truth->forward_return = chosen(rows->forward_return, common);
  truth->volatility = chosen(rows->volatility, common);
  for (const auto& delayed : rows->delayed)
    truth->delayed.push_back({delayed.delay_bars, chosen(delayed.forward_return, common)});

  std::vector<ForecastTable> out;
  for (const auto* table : tables)
    out.push_back({table->name, truth, chosen(table->forecast, common),
                   table->up_probability.empty() ? std::vector<double>() : chosen(table->up_probability, common)});
  return out;
}

}  // namespace clm
