#include "features/engine/feature_engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "features/engine/cross_section.hpp"
#include "features/engine/feature_history.hpp"
#include "features/engine/universe_returns.hpp"
#include "features/indicators/quick_log.hpp"

namespace clm {

namespace {

// Times whose market columns and cross-sections are worked on together while their rows are in the caches.
constexpr std::size_t kTimesOfARound = 64;
// As many rounds are one where several jobs would wait for each other at the end of each.
constexpr std::size_t kRoundsSideBySide = 32;
// Times that are worked on by one job.
constexpr std::size_t kTimesOfAJob = 2048;
// Bars of short series that a job takes at a time: to start threads for each of them costs more than its features.
constexpr std::size_t kBarsOfAJob = 16'384, kMostSeriesOfAJob = 16;
// Values that a phase works on before those behind it are let go of: a few megabytes.
constexpr std::size_t kValuesBetweenReleases = std::size_t{1} << 20;
constexpr float kNotKnown = std::numeric_limits<float>::quiet_NaN();

// What the later phases need of a symbol once its candles are gone.
struct SymbolRecord {
  std::vector<std::int64_t> open_time_ms;
  std::vector<BarRecord> bars;
  std::size_t first_row = 0;  // of those asked for, an index into open_time_ms
  std::size_t row_count = 0;  // asked for
  std::size_t frame_row = 0;  // of the first
  std::size_t next_bar = 0;   // of the universe phase
};

// Rows of many symbols in turn are no pattern that a processor foresees.
void fetch_row(const float* row, std::size_t width) {
  constexpr std::size_t kCacheLine = 64 / sizeof(float);
  for (std::size_t i = 0; i < width; i += kCacheLine) __builtin_prefetch(row + i, 1);
}

// What sequence models read of one symbol, into a history of its own.
BarHistory history_of(std::span<const Candle> candles, std::span<const BarRecord> records) {
  BarHistory history;
  history.open_time_ms.resize(candles.size());
  history.log_close.resize(candles.size());
  std::vector<double> one_and_volume(candles.size());
  std::size_t bars = 0;
  for (std::size_t i = 0; i < candles.size(); ++i) {
    if (!records[i].usable) continue;
    history.open_time_ms[bars] = candles[i].open_time.ms();
    history.log_close[bars] = std::log(candles[i].close);
    one_and_volume[bars] = one_and_quote_volume(candles[i]);
    ++bars;
  }
  history.open_time_ms.resize(bars);
  history.log_close.resize(bars);
  history.log_volume.resize(bars);
  for (std::size_t i = 0; i < bars; ++i) history.log_volume[i] = static_cast<float>(quick_log(one_and_volume[i]));
  return history;
}

// `symbols` in all, which tend to be equally long.
void append_symbol(BarHistory& history, const BarHistory& symbol, std::size_t symbols) {
  if (history.bars() + symbol.bars() > history.open_time_ms.capacity()) {
    const std::size_t expected = ((history.bars() + symbol.bars()) / (history.symbols() + 1) + 1) * symbols;
    history.open_time_ms.reserve(expected);
    history.log_close.reserve(expected);
    history.log_volume.reserve(expected);
  }
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  append(history.open_time_ms, symbol.open_time_ms);
  append(history.log_close, symbol.log_close);
  append(history.log_volume, symbol.log_volume);
  history.symbol_begin.push_back(history.open_time_ms.size());
}

class HistoryRun {
 public:
  HistoryRun(const FeatureSet& set, const CandleSource& candles, const ContextSource* context,
             const FeatureOptions& options, const RunContext& run)
      : set_(set),
        candles_(candles),
        context_(context),
        options_(options),
        run_(run),
        width_(set.size()),
        records_(candles.symbols().size()),
        pipelines_(candles.symbols().size()) {}

  Result<FeatureHistory> run(KeepPipelines keep);

 private:
  Status symbol_phase();
  Status symbol_batch(std::size_t begin, std::size_t end);
  Status check_series(const CandleSeries& series) const;
  Status grow_frame(std::size_t symbols_so_far);
  void record_rows(const std::vector<Candle>& candles, SymbolRecord& record) const;
  void compute_symbol(std::size_t symbol, std::span<const Candle> candles);
  void universe_phase();
  void join_times();
  void compute_moments(std::size_t begin, std::size_t end);
  void compute_market(std::size_t symbol, std::size_t begin, std::size_t end);
  void compute_cross(std::size_t begin, std::size_t end);
  float* frame_row(std::size_t row) { return frame_.values.data() + row * width_; }

  const FeatureSet& set_;
  const CandleSource& candles_;
  const ContextSource* context_;
  const FeatureOptions& options_;
  const RunContext& run_;
  const std::size_t width_;
  std::vector<SymbolRecord> records_;
  std::vector<std::optional<SymbolPipeline>> pipelines_;  // made by the jobs: their states are large
  std::vector<std::int64_t> times_;                       // open times of the whole universe, ascending
  struct Moment {
    double market_return, dispersion;
  };
  std::vector<Moment> moments_;  // per time
  FeatureFrame frame_;
  BarHistory bars_;
};

Result<FeatureHistory> HistoryRun::run(KeepPipelines keep) {
  frame_.set_name = set_.name();
  frame_.set_hash = set_.hash();
  frame_.venue = candles_.venue();
  frame_.interval = candles_.interval();
  frame_.names = set_.names();
  frame_.symbols = candles_.symbols();
  frame_.symbol_begin.assign(1, 0);
  log_info("features of set " + frame_.set_name + " begin: " + std::to_string(frame_.symbols.size()) + " symbols of " +
           frame_.venue.str() + " " + frame_.interval.name() + ", known until " + to_string(options_.as_of));
  const double started = monotonic_seconds();
  run_.progress.begin("features", frame_.symbols.size());
  const Status done = symbol_phase();
  if (done) universe_phase();
  run_.progress.end();
  if (!done) return forward_error(done);
  log_info("features end: " + std::to_string(frame_.rows()) + " rows of " + std::to_string(frame_.columns()) +
           " features, " + to_string(Duration(static_cast<std::int64_t>(1e3 * (monotonic_seconds() - started)))) +
           " wall time");
  std::vector<SymbolPipeline> kept;
  if (keep == KeepPipelines::yes)
    for (auto& pipeline : pipelines_) kept.push_back(std::move(*pipeline));
  frame_.bars = std::make_shared<const BarHistory>(std::move(bars_));
  Timestamp last = Timestamp::min();
  for (const SymbolRecord& record : records_)
    if (!record.open_time_ms.empty()) last = std::max(last, Timestamp(record.open_time_ms.back()));
  return FeatureHistory{std::move(frame_), std::move(kept), last};
}

Status HistoryRun::symbol_phase() {
  const std::size_t count = records_.size();
  const auto jobs = static_cast<std::size_t>(std::max(1, run_.jobs));
  std::size_t at_a_time = jobs, longest = 1;
  for (std::size_t begin = 0; begin < count;) {
    if (Status stop = run_.cancel.check(); !stop) return stop;
    const std::size_t end = std::min(count, begin + at_a_time);
    if (Status done = symbol_batch(begin, end); !done) return done;
    run_.progress.advance(end - begin);
    // Series of a universe tend to be equally long.
    for (; begin < end; ++begin) longest = std::max(longest, records_[begin].open_time_ms.size());
    at_a_time = jobs * std::clamp(kBarsOfAJob / longest, std::size_t{1}, kMostSeriesOfAJob);
  }
  return {};
}

Status HistoryRun::symbol_batch(std::size_t begin, std::size_t end) {
  std::vector<Result<CandleSeries>> series(end - begin);
  std::vector<Result<std::vector<ContextSeries>>> context(end - begin);
  parallel_for(run_.jobs, end - begin, [&](std::size_t i) {
    series[i] = candles_.load(begin + i);
    if (context_ != nullptr) context[i] = context_->load(frame_.symbols[begin + i]);
    if (series[i]) record_rows(series[i]->candles, records_[begin + i]);
  });
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series[i]) return forward_error(series[i]);
    if (!context[i]) return forward_error(context[i]);
    if (Status ordered = check_series(*series[i]); !ordered) return ordered;
    SymbolRecord& record = records_[begin + i];
    record.frame_row = frame_.open_time_ms.size();
    const auto first = record.open_time_ms.begin() + static_cast<std::ptrdiff_t>(record.first_row);
    frame_.open_time_ms.insert(frame_.open_time_ms.end(), first, first + static_cast<std::ptrdiff_t>(record.row_count));
    frame_.symbol_begin.push_back(frame_.open_time_ms.size());
  }
  if (Status grown = grow_frame(end); !grown) return grown;
  std::vector<BarHistory> bars(end - begin);
  parallel_for(run_.jobs, end - begin, [&](std::size_t i) {
    pipelines_[begin + i].emplace(set_, frame_.interval, ContextCursor(std::move(*context[i])));
    const SymbolRecord& record = records_[begin + i];
    const auto known = std::span<const Candle>(series[i]->candles).first(record.open_time_ms.size());
    compute_symbol(begin + i, known);
    bars[i] = history_of(known, record.bars);
  });
  for (const BarHistory& symbol : bars) append_symbol(bars_, symbol, records_.size());
  return {};
}

// Series of a universe tend to be equally long: one reservation instead of a growing, copied matrix.
Status HistoryRun::grow_frame(std::size_t symbols_so_far) {
  const std::size_t rows = frame_.open_time_ms.size();
  const std::size_t expected = (rows / symbols_so_far + 1) * records_.size();
  frame_.open_time_ms.reserve(expected);
  return frame_.values.grow(rows * width_, expected * width_, run_.scratch);
}

Status HistoryRun::check_series(const CandleSeries& series) const {
  const auto where = to_string(series.key);
  if (series.key.interval != frame_.interval)
    return fail(ErrorKind::data, "features.interval", "the series is not of interval " + frame_.interval.name(), where,
                "Compute features of one interval at a time.");
  const auto& candles = series.candles;
  for (std::size_t i = 1; i < candles.size(); ++i)
    if (candles[i].open_time <= candles[i - 1].open_time)
      return fail(ErrorKind::data, "features.order", "bars do not ascend in time",
                  where + " at " + to_string(candles[i].open_time), "Sort the bars and drop repeated ones.");
  return {};
}

void HistoryRun::record_rows(const std::vector<Candle>& candles, SymbolRecord& record) const {
  const Duration length = frame_.interval.length();
  record.open_time_ms.reserve(candles.size());
  for (const Candle& candle : candles) {
    if (candle.open_time + length > options_.as_of) break;
    if (candle.open_time < options_.rows.from) ++record.first_row;
    if (options_.rows.contains(candle.open_time)) ++record.row_count;
    record.open_time_ms.push_back(candle.open_time.ms());
  }
  record.bars.resize(record.open_time_ms.size());
}

void HistoryRun::compute_symbol(std::size_t symbol, std::span<const Candle> candles) {
  SymbolRecord& record = records_[symbol];
  std::vector<float> block(kBlockBars * width_);
  std::size_t kept_from = record.frame_row;  // rows before are not needed until the next phase
  for (std::size_t begin = 0; begin < candles.size(); begin += kBlockBars) {
    const std::size_t end = std::min(candles.size(), begin + kBlockBars);
    pipelines_[symbol]->advance_symbol(candles.subspan(begin, end - begin), block.data(), width_,
                                       record.bars.data() + begin);
    const std::size_t from = std::max(begin, record.first_row);
    const std::size_t to = std::min(end, record.first_row + record.row_count);
    if (from >= to) continue;
    const std::size_t first = record.frame_row + from - record.first_row, last = first + to - from;
    std::memcpy(frame_row(first), block.data() + (from - begin) * width_, (to - from) * width_ * sizeof(float));
    if ((last - kept_from) * width_ >= kValuesBetweenReleases || to == record.first_row + record.row_count) {
      frame_.values.let_go(kept_from * width_, last * width_);
      kept_from = last;
    }
  }
}

void HistoryRun::join_times() {
  for (const SymbolRecord& record : records_) {
    if (record.open_time_ms == times_) continue;
    std::vector<std::int64_t> joined;
    joined.reserve(std::max(times_.size(), record.open_time_ms.size()));
    std::set_union(times_.begin(), times_.end(), record.open_time_ms.begin(), record.open_time_ms.end(),
                   std::back_inserter(joined));
    times_ = std::move(joined);
  }
}

void HistoryRun::universe_phase() {
  const bool has_market = !set_.market_groups().empty();
  if (!has_market && set_.cross_columns().empty()) return;
  join_times();
  const auto each_job = [&](std::size_t begin, std::size_t end, auto&& work) {
    parallel_for(run_.jobs, (end - begin + kTimesOfAJob - 1) / kTimesOfAJob, [&](std::size_t job) {
      const std::size_t from = begin + job * kTimesOfAJob;
      work(from, std::min(end, from + kTimesOfAJob));
    });
  };
  if (has_market) {
    moments_.resize(times_.size());
    each_job(0, times_.size(), [this](std::size_t from, std::size_t to) { compute_moments(from, to); });
  }
  const auto place_of = [this](Timestamp time) {
    return static_cast<std::size_t>(std::lower_bound(times_.begin(), times_.end(), time.ms()) - times_.begin());
  };
  const std::size_t first_wanted = place_of(options_.rows.from);
  const std::size_t last_wanted = set_.cross_columns().empty() ? 0 : place_of(options_.rows.to);
  const std::size_t round = run_.jobs > 1 ? kTimesOfARound * kRoundsSideBySide : kTimesOfARound;
  for (std::size_t begin = 0; begin < times_.size(); begin += round) {
    const std::size_t end = std::min(times_.size(), begin + round);
    if (has_market)
      parallel_for(run_.jobs, records_.size(), [&](std::size_t symbol) { compute_market(symbol, begin, end); });
    const std::size_t from = std::max(begin, first_wanted), to = std::min(end, last_wanted);
    if (from < to) each_job(from, to, [this](std::size_t first, std::size_t last) { compute_cross(first, last); });
    frame_.values.let_go_after((end - begin) * records_.size() * width_);
  }
  frame_.values.let_go(0, frame_.values.size());
}

// A symbol at a time over the block, so that each series is walked along; then each time on its own.
void HistoryRun::compute_moments(std::size_t begin, std::size_t end) {
  const std::size_t symbols = records_.size();
  std::vector<float> returns((end - begin) * symbols, kNotKnown);
  const auto for_each_bar = [&](auto&& visit) {
    for (std::size_t s = 0; s < symbols; ++s) {
      SymbolRecord& record = records_[s];
      const auto& open_time = record.open_time_ms;
      std::size_t i = static_cast<std::size_t>(std::lower_bound(open_time.begin(), open_time.end(), times_[begin]) -
                                               open_time.begin());
      for (std::size_t t = begin; i < open_time.size() && t < end; ++t)
        if (times_[t] == open_time[i]) visit(returns[(t - begin) * symbols + s], record.bars[i++]);
    }
  };
  for_each_bar([](float& in_table, const BarRecord& bar) { in_table = bar.log_return; });
  UniverseReturns universe;
  for (std::size_t t = begin; t < end; ++t) {
    const std::span<float> row(returns.data() + (t - begin) * symbols, symbols);
    universe.compute(row);
    moments_[t] = {universe.mean(), universe.dispersion()};
    std::copy(universe.ranks().begin(), universe.ranks().end(), row.begin());
  }
  for_each_bar([](const float& in_table, BarRecord& bar) { bar.return_rank = in_table; });
}

void HistoryRun::compute_market(std::size_t symbol, std::size_t begin, std::size_t end) {
  SymbolRecord& record = records_[symbol];
  const Duration length = frame_.interval.length();
  const auto& open_time = record.open_time_ms;
  const std::size_t last_row = record.first_row + record.row_count;
  std::vector<UniverseBar> bars;
  bars.reserve(kBlockBars);
  std::vector<float> scratch;
  for (std::size_t t = begin; record.next_bar < open_time.size() && open_time[record.next_bar] <= times_[end - 1];) {
    // A block lies wholly inside or wholly outside the rows asked for.
    const std::size_t first = record.next_bar;
    const std::size_t border = first < record.first_row ? record.first_row
                               : first < last_row       ? last_row
                                                        : open_time.size();
    const std::size_t most = std::min(border, first + kBlockBars);
    bars.clear();
    for (; record.next_bar < most && open_time[record.next_bar] <= times_[end - 1]; ++record.next_bar, ++t) {
      const std::size_t i = record.next_bar;
      while (times_[t] != open_time[i]) ++t;
      bars.push_back(universe_bar(Timestamp(open_time[i]), length, record.bars[i], moments_[t].market_return,
                                  moments_[t].dispersion));
    }
    const bool wanted = first >= record.first_row && first < last_row;
    if (!wanted) scratch.resize(kBlockBars * width_);
    pipelines_[symbol]->advance_market(
        bars, wanted ? frame_row(record.frame_row + first - record.first_row) : scratch.data(), width_);
  }
}

void HistoryRun::compute_cross(std::size_t begin, std::size_t end) {
  CrossSection section(set_);
  std::vector<std::size_t> next(records_.size());
  const auto& open_time = frame_.open_time_ms;
  for (std::size_t s = 0; s < records_.size(); ++s) {
    const auto of_symbol = open_time.begin() + static_cast<std::ptrdiff_t>(frame_.symbol_begin[s]);
    const auto of_next = open_time.begin() + static_cast<std::ptrdiff_t>(frame_.symbol_begin[s + 1]);
    next[s] = static_cast<std::size_t>(std::lower_bound(of_symbol, of_next, times_[begin]) - open_time.begin());
  }
  for (std::size_t t = begin; t < end; ++t) {
    section.begin();
    for (std::size_t s = 0; s < records_.size(); ++s)
      if (next[s] < frame_.symbol_begin[s + 1] && open_time[next[s]] == times_[t]) {
        section.add_row(frame_row(next[s]++));
        if (next[s] < frame_.rows()) fetch_row(frame_row(next[s]), width_);
      }
    section.finish();
  }
}

}  // namespace

Result<FeatureHistory> run_feature_history(const FeatureSet& set, const CandleSource& candles,
                                           const ContextSource* context, const FeatureOptions& options,
                                           KeepPipelines keep, const RunContext& run) {
  return HistoryRun(set, candles, context, options, run).run(keep);
}

Result<FeatureFrame> compute_features(const FeatureSet& set, const CandleSource& candles, const ContextSource* context,
                                      const FeatureOptions& options, const RunContext& run) {
  auto history = run_feature_history(set, candles, context, options, KeepPipelines::no, run);
  if (!history) return forward_error(history);
  return std::move(history->frame);
}

}  // namespace clm
