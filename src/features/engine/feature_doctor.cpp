#include "features/engine/feature_doctor.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <sstream>

#include "base/contract.hpp"
#include "base/random.hpp"

namespace clm {

namespace {

// Silences the progress of the many computations inside; the doctor counts its cuts instead.
RunContext quiet(const RunContext& run, Progress& silent) {
  return {run.clock, run.cancel, silent, run.jobs, run.scratch};
}

// What is known at `cut`, and after it nothing, or another future.
class OtherFuture final : public CandleSource {
 public:
  OtherFuture(const CandleSource& candles, Timestamp cut, LeakProof kind, std::uint64_t seed)
      : candles_(candles), cut_(cut), kind_(kind), seed_(seed) {}

  Venue venue() const override { return candles_.venue(); }
  Interval interval() const override { return candles_.interval(); }
  const std::vector<Symbol>& symbols() const override { return candles_.symbols(); }
  Result<CandleSeries> load(std::size_t i) const override {
    auto series = candles_.load(i);
    if (!series) return series;
    auto& bars = series->candles;
    const Duration length = interval().length();
    const auto unknown =
        std::find_if(bars.begin(), bars.end(), [&](const Candle& bar) { return bar.open_time + length > cut_; });
    if (kind_ == LeakProof::history_cut) {
      bars.erase(unknown, bars.end());
    } else {
      Random random = Random::stream(seed_, "other future", i);
      for (auto bar = unknown; bar != bars.end(); ++bar) change(*bar, random);
    }
    return series;
  }

 private:
  static void change(Candle& bar, Random& random) {
    const double price = std::exp(0.3 * random.normal());
    const double amount = std::exp(random.normal());
    const double taker = random.uniform();
    bar.open *= price;
    bar.high *= price;
    bar.low *= price;
    bar.close *= price;
    bar.volume *= amount;
    bar.quote_volume *= amount * price;
    bar.trades *= amount;
    bar.taker_buy_volume *= amount * taker;
    bar.taker_buy_quote_volume *= amount * price * taker;
  }

  const CandleSource& candles_;
  Timestamp cut_;
  LeakProof kind_;
  std::uint64_t seed_;
};

class OtherContext final : public ContextSource {
 public:
  OtherContext(const ContextSource& context, Timestamp cut, LeakProof kind, std::uint64_t seed)
      : context_(context), cut_(cut), kind_(kind), seed_(seed) {}

  Result<std::vector<ContextSeries>> load(const Symbol& symbol) const override {
    auto loaded = context_.load(symbol);
    if (!loaded) return loaded;
    Random random = Random::stream(seed_, symbol.str());
    for (ContextSeries& series : *loaded) {
      auto& points = series.points;
      const auto unknown =
          std::find_if(points.begin(), points.end(), [&](const SeriesPoint& point) { return point.known_at > cut_; });
      if (kind_ == LeakProof::history_cut)
        points.erase(unknown, points.end());
      else
        for (auto point = unknown; point != points.end(); ++point) point->value *= 2.0 + random.uniform();
    }
    return loaded;
  }

 private:
  const ContextSource& context_;
  Timestamp cut_;
  LeakProof kind_;
  std::uint64_t seed_;
};

class Examination {
 public:
  explicit Examination(FeatureFrame whole) : whole_(std::move(whole)), caught_(whole_.columns() * 2) {}

  // Compares all rows of bars that closed at or before `cut`. Such rows stand in both frames, in the same order.
  void compare(const FeatureFrame& other, Timestamp cut, LeakProof proof) {
    const std::int64_t last_open = cut.ms() - whole_.interval.ms();
    for (std::size_t s = 0; s < whole_.symbols.size(); ++s) {
      std::size_t in_other = other.symbol_begin[s];
      for (std::size_t r = whole_.symbol_begin[s]; r < whole_.symbol_begin[s + 1]; ++r, ++in_other) {
        if (whole_.open_time_ms[r] > last_open) break;
        expects(in_other < other.symbol_begin[s + 1] && other.open_time_ms[in_other] == whole_.open_time_ms[r],
                "a later bar does not take an earlier row away");
        ++rows_compared_;
        const auto a = whole_.row(r), b = other.row(in_other);
        if (std::memcmp(a.data(), b.data(), a.size_bytes()) != 0) compare_row(r, s, b, cut, proof);
      }
    }
  }

  DoctorReport report(int cuts) const {
    DoctorReport report{cuts, rows_compared_, {}};
    for (const LeakFinding& finding : caught_)
      if (finding.rows > 0) report.findings.push_back(finding);
    return report;
  }
  const FeatureFrame& whole() const { return whole_; }

 private:
  void compare_row(std::size_t row, std::size_t symbol, std::span<const float> other, Timestamp cut, LeakProof proof) {
    const auto values = whole_.row(row);
    for (std::size_t column = 0; column < values.size(); ++column) {
      const float a = values[column], b = other[column];
      if (std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b))) continue;
      LeakFinding& finding = caught_[column * 2 + (proof == LeakProof::future_changed ? 1 : 0)];
      if (finding.rows++ == 0)
        finding = {
            whole_.names[column], proof, whole_.symbols[symbol], Timestamp(whole_.open_time_ms[row]), cut, a, b, 1};
    }
  }

  FeatureFrame whole_;
  std::vector<LeakFinding> caught_;
  std::size_t rows_compared_ = 0;
};

// Close times, spread over the history: one at random from each of as many equal parts as there are cuts.
std::vector<Timestamp> choose_cuts(const FeatureFrame& whole, const DoctorOptions& options) {
  std::set<std::int64_t> times(whole.open_time_ms.begin(), whole.open_time_ms.end());
  const std::vector<std::int64_t> ordered(times.begin(), times.end());
  std::vector<Timestamp> cuts;
  if (ordered.size() < 2) return cuts;
  Random random = Random::stream(options.seed, "doctor cuts");
  const auto candidates = ordered.size() - 1;
  const auto parts = std::min(candidates, static_cast<std::size_t>(options.cuts));
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = part * candidates / parts, end = (part + 1) * candidates / parts;
    cuts.push_back(Timestamp(ordered[begin + random.below(end - begin)] + whole.interval.ms()));
  }
  return cuts;
}

}  // namespace

Result<DoctorReport> feature_doctor(const FeatureSet& set, const CandleSource& candles, const ContextSource* context,
                                    const DoctorOptions& options, const RunContext& run) {
  expects(options.cuts >= 1, "the doctor cuts at least once");
  SilentProgress silent;
  const RunContext inner = quiet(run, silent);
  auto whole = compute_features(set, candles, context, {}, inner);
  if (!whole) return forward_error(whole);
  Examination examination(std::move(*whole));
  const std::vector<Timestamp> cuts = choose_cuts(examination.whole(), options);
  if (cuts.empty())
    return fail(ErrorKind::data, "features.too_short", "there is no history to cut",
                candles.venue().str() + "/" + candles.interval().name(), "Import more than one bar.");
  run.progress.begin("features doctor", cuts.size());
  for (const Timestamp cut : cuts) {
    for (const LeakProof proof : {LeakProof::history_cut, LeakProof::future_changed}) {
      const OtherFuture other_candles(candles, cut, proof, options.seed);
      std::optional<OtherContext> other_context;
      if (context != nullptr) other_context.emplace(*context, cut, proof, options.seed);
      FeatureOptions rows;
      rows.rows.to = cut;
      const auto frame = compute_features(set, other_candles, other_context ? &*other_context : nullptr, rows, inner);
      if (!frame) {
        run.progress.end();
        return forward_error(frame);
      }
      examination.compare(*frame, cut, proof);
    }
    run.progress.advance();
  }
  run.progress.end();
  return examination.report(static_cast<int>(cuts.size()));
}

std::string to_string(const LeakFinding& finding) {
  std::ostringstream text;
  text << finding.feature << " of " << finding.symbol.str() << " at " << to_string(finding.open_time) << " is "
       << finding.with_future << " with the whole history and " << finding.without_future
       << " once what was not known at " << to_string(finding.cut)
       << (finding.proof == LeakProof::history_cut ? " is taken away" : " is changed") << " (" << finding.rows
       << (finding.rows == 1 ? " row)" : " rows)");
  return text.str();
}

}  // namespace clm
