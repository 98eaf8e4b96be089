#include "features/engine/feature_doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/engine/feature_run_fixture.hpp"
#include "market/simulator/simulator.hpp"

namespace clm {
namespace {

MemoryCandleSource market(std::size_t bars) {
  SimulationOptions options;
  options.symbols = 4;
  options.bars = bars;
  options.gap_rate = 0.002;
  return MemoryCandleSource(simulate(options)->series);
}

MemoryContextSource context_of(const CandleSource& source) {
  std::vector<ContextSeries> context;
  for (std::size_t s = 0; s < source.symbols().size(); ++s) {
    const auto candles = source.load(s)->candles;
    ContextSeries funding{SeriesKind::funding_rate, source.symbols()[s], {}};
    for (std::size_t i = 0; i < candles.size(); i += 8)
      append(funding, candles[i].open_time, 1e-5 * static_cast<double>(i % 17));
    context.push_back(funding);
  }
  return MemoryContextSource(std::move(context));
}

DoctorReport examine(const FeatureSet& set, const CandleSource& source, const ContextSource* context = nullptr) {
  testing::FeatureRun run;
  auto report = feature_doctor(set, source, context, {}, run.context());
  EXPECT_TRUE(report) << to_string(report.error());
  return *report;
}

// A stream is handed several bars at once, so a careless one can look ahead.
class CentredMean final : public SymbolStream {
 public:
  void advance(std::span<const Bar> bars, float* rows, std::size_t stride) override {
    for (std::size_t i = 0; i < bars.size(); ++i) {
      const double next = i + 1 < bars.size() ? bars[i + 1].log_close : bars[i].log_close;
      rows[i * stride] = static_cast<float>(bars[i].log_close - 0.5 * (bars[i].log_close + next));
    }
  }
};

// The original system's mistake: the day's bar is joined before the day is over.
class UnfinishedDay final : public SymbolStream {
 public:
  void advance(std::span<const Bar> bars, float* rows, std::size_t stride) override {
    for (std::size_t i = 0; i < bars.size(); ++i) {
      double high = bars[i].high;
      for (const Bar& bar : bars)
        if (bar.open_time.ms() / kDayMs == bars[i].open_time.ms() / kDayMs) high = std::max(high, bar.high);
      rows[i * stride] = static_cast<float>(bars[i].close / high);
    }
  }
};

template <typename Stream>
SymbolFeatures planted(const char* name) {
  return {{{name, 1, "close", "looks ahead"}}, [] { return std::make_unique<Stream>(); }};
}

TEST(FeatureDoctor, TheBuiltInSetsAreClean) {
  const MemoryCandleSource source = market(500);
  const MemoryContextSource context = context_of(source);
  for (const FeatureSet& set : {core_feature_set(), classic22_feature_set()}) {
    const DoctorReport report = examine(set, source, &context);
    EXPECT_EQ(report.cuts, 16);
    EXPECT_GT(report.rows_compared, 16U * 2 * 500);
    for (const LeakFinding& finding : report.findings) ADD_FAILURE() << to_string(finding);
  }
}

TEST(FeatureDoctor, CatchesPlantedLeaksAndNamesThem) {
  FeatureSet set("test");
  set.add(symbol_feature({"honest", 1, "close open", "close / open - 1"},
                         [](const Bar& bar) { return bar.close / bar.open - 1.0; }));
  set.add(planted<CentredMean>("centred_mean"));
  set.add(planted<UnfinishedDay>("unfinished_day"));
  set.add(CrossFeature{"rank_of_leak", CrossOperation::rank, "centred_mean"});
  const DoctorReport report = examine(set, market(400));
  std::vector<std::pair<std::string, LeakProof>> caught;
  for (const LeakFinding& finding : report.findings) {
    caught.emplace_back(finding.feature, finding.proof);
    EXPECT_LT(finding.open_time, finding.cut);
    EXPECT_NE(finding.with_future, finding.without_future);
    EXPECT_THAT(to_string(finding), ::testing::HasSubstr(finding.feature));
  }
  using ::testing::Pair;
  EXPECT_THAT(caught,
              ::testing::UnorderedElementsAre(
                  Pair("centred_mean", LeakProof::history_cut), Pair("centred_mean", LeakProof::future_changed),
                  Pair("unfinished_day", LeakProof::history_cut), Pair("unfinished_day", LeakProof::future_changed),
                  Pair("rank_of_leak", LeakProof::history_cut), Pair("rank_of_leak", LeakProof::future_changed)));
}

TEST(FeatureDoctor, CannotExamineASingleBar) {
  testing::FeatureRun run;
  const auto report = feature_doctor(core_feature_set(), market(1), nullptr, {}, run.context());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "features.too_short");
}

}  // namespace
}  // namespace clm
