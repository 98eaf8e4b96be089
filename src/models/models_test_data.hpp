#pragma once
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "base/progress.hpp"
#include "base/random.hpp"
#include "base/run_context.hpp"
#include "features/labels/dataset.hpp"

namespace clm::testing {

/// A made-up dataset whose truth is known: label = signal * (x0 - x1 / 2 + sign(x2)) + noise. The same truth is the
/// last one-bar return, in percent, of the bars behind the rows, for models that read those.
struct ModelDataSpec {
  std::size_t rows = 1000;
  std::size_t columns = 6;
  double signal = 1;
  double noise = 1;
  double missing_share = 0.02;
  std::uint64_t seed = 1;
};

inline Dataset make_model_data(const ModelDataSpec& spec) {
  auto frame = std::make_shared<FeatureFrame>();
  frame->set_name = "made_up";
  frame->set_hash = "hash-of-made-up";
  for (std::size_t column = 0; column < spec.columns; ++column) frame->names.push_back("x" + std::to_string(column));
  frame->values = std::vector<float>(spec.rows * spec.columns);
  frame->open_time_ms.resize(spec.rows);
  frame->symbols = {Symbol("MADEUP")};
  frame->symbol_begin = {0, spec.rows};
  auto bars = std::make_shared<BarHistory>();
  double log_close = 5;
  Dataset data;
  data.definition.horizon_bars = 1;
  data.definition.target = LabelTarget::plain;
  data.definition.entry_delay_bars = 0;
  Random random(spec.seed);
  for (std::size_t row = 0; row < spec.rows; ++row) {
    std::vector<double> x(spec.columns);
    for (std::size_t column = 0; column < spec.columns; ++column) {
      x[column] = random.normal();
      frame->values[row * spec.columns + column] = random.uniform() < spec.missing_share
                                                       ? std::numeric_limits<float>::quiet_NaN()
                                                       : static_cast<float>(x[column]);
    }
    const double truth = x[0] - x[1] / 2 + (x[2] > 0 ? 1 : -1);
    frame->open_time_ms[row] = static_cast<std::int64_t>(row) * 3'600'000;
    log_close += 0.01 * truth;
    bars->open_time_ms.push_back(frame->open_time_ms[row]);
    bars->log_close.push_back(log_close);
    bars->log_volume.push_back(static_cast<float>(10 + truth * truth));
    data.frame_row.push_back(static_cast<std::uint32_t>(row));
    data.symbol.push_back(0);
    data.decided_at_ms.push_back(frame->open_time_ms[row] + 3'600'000);
    data.known_at_ms.push_back(frame->open_time_ms[row] + 7'200'000);
    data.label.push_back(static_cast<float>(spec.signal * truth + spec.noise * random.normal()));
    data.forward_return.push_back(data.label.back() * 0.01F);
    data.volatility.push_back(0.01F);
    data.weight.push_back(static_cast<float>(0.5 + random.uniform()));
  }
  bars->symbol_begin.push_back(spec.rows);
  frame->bars = std::move(bars);
  data.frame = std::move(frame);
  return data;
}

inline RowSet rows_between(const Dataset& data, std::size_t begin, std::size_t end) {
  RowSet rows{&data, {}};
  for (std::size_t row = begin; row < end; ++row) rows.rows.push_back(static_cast<std::uint32_t>(row));
  return rows;
}

/// Counts the steps it is told of, and can ask for a stop after some of them.
class CountingProgress final : public Progress {
 public:
  void begin(std::string_view, std::size_t) override { ++tasks; }
  void advance(std::size_t count) override {
    const std::size_t so_far = steps += count;
    ++calls;
    if (cancel != nullptr && so_far >= cancel_after) cancel->request();
  }
  void end() override { ++tasks; }
  std::atomic<std::size_t> steps = 0;
  std::atomic<std::size_t> calls = 0;
  std::atomic<std::size_t> tasks = 0;
  CancelToken* cancel = nullptr;
  std::size_t cancel_after = 0;
};

/// A run context that owns its parts.
struct TestRun {
  ManualClock clock{Timestamp{}};
  CancelToken cancel;
  CountingProgress progress;
  RunContext context{clock, cancel, progress, 1};
};

}  // namespace clm::testing
