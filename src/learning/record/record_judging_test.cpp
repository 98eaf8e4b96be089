#include "learning/record/record_judging.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "learning/data/forecast_cache.hpp"
#include "learning/record/record_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;

class RecordJudging : public testing::RecordTest {
 protected:
  static constexpr std::size_t kBars = 1'000;

  /// What both vintages really say of the bars from 650 on, the newer one from 800 on.
  void log_vintages() {
    older_ = vintage(kFirst);
    newer_ = vintage(790);
    const MarketTape tape = tape_of(kBars);
    ForecastCache cache(tape, *registry_, options_.serving);
    for (std::size_t bars = 650; bars <= kBars; ++bars) {
      std::vector<ForecastRow> rows;
      const VersionId& speaker = bars < 800 ? older_ : newer_;
      auto said = cache.forecast(speaker, tape.bar_at_or_after(close_of(bars)));
      ASSERT_TRUE(said) << to_string(said.error());
      rows.push_back({close_of(bars), speaker.str(), std::move(*said)});
      log(rows);
    }
  }
  LearningData data_of(const CandleSource& candles) {
    auto data = prepare_learning_data(*feature_set("classic22"), candles, nullptr, {}, undisturbed());
    EXPECT_TRUE(data) << to_string(data.error());
    return std::move(*data);
  }
  RecordJudgement judged(const LearningData& data, int jobs = 1) {
    const std::string recipe = recipe_of_version(older_);
    const Record record = record_of();
    auto judged = judge_record(recipe, record.of_recipe.at(recipe), data, *registry_, options_, undisturbed(jobs));
    EXPECT_TRUE(judged) << to_string(judged.error());
    return judged.value_or(RecordJudgement());
  }
  static const ModelJudgement& baseline(const RecordJudgement& judged, const std::string& name) {
    const auto& all = judged.judgement.baselines;
    return *std::find_if(all.begin(), all.end(), [&](const ModelJudgement& one) { return one.name == name; });
  }

  VersionId older_, newer_;
};

// The recipe is ridge itself: what is fitted on the same rows ranks in the same way, bar by bar. A baseline that saw
// rows of later, or a log that is computed again by another vintage, does not.
TEST_F(RecordJudging, RidgeIsFittedOnExactlyTheRowsOfEachVintage) {
  log_vintages();
  const RecordJudgement own = judged(data_of(easy_candles(kBars)));
  ASSERT_EQ(own.vintages.size(), 2U);
  EXPECT_EQ(own.vintages[0].version, older_);
  EXPECT_EQ(own.vintages[0].bars, 150U);
  EXPECT_EQ(own.vintages[1].version, newer_);
  const Judgement& judgement = own.judgement;
  EXPECT_GT(judgement.candidate.rank_ic.mean.mean, 0.05);
  EXPECT_DOUBLE_EQ(baseline(own, "ridge").rank_ic.mean.mean, judgement.candidate.rank_ic.mean.mean);
  EXPECT_EQ(judgement.baselines.size(), 3U) << "zero, majority sign, ridge: the features have no past return";
}

TEST_F(RecordJudging, WhatCameAfterAVintageChangesNothingOfWhatItsBaselinesLearned) {
  log_vintages();
  std::vector<CandleSeries> series = testing::easy_market().series;
  for (CandleSeries& one : series) one.candles.resize(kBars);
  // Another history from bar 960 on: labels of bars until 950 do not touch it, and rows after are left out.
  for (CandleSeries& one : series)
    for (std::size_t bar = 960; bar < kBars; ++bar)
      for (double* price :
           {&one.candles[bar].open, &one.candles[bar].high, &one.candles[bar].low, &one.candles[bar].close})
        *price *= 1 + 0.001 * static_cast<double>(bar - 959);
  const std::string recipe = recipe_of_version(older_);
  const Record until_then = record_of({close_of(650), close_of(950)});
  const auto judge = [&](const LearningData& data) {
    return to_json(*judge_record(recipe, until_then.of_recipe.at(recipe), data, *registry_, options_, undisturbed()));
  };
  EXPECT_EQ(judge(data_of(easy_candles(kBars))), judge(data_of(MemoryCandleSource(series))));
}

TEST_F(RecordJudging, DoesNotDependOnTheNumberOfJobs) {
  log_vintages();
  const LearningData data = data_of(easy_candles(kBars));
  EXPECT_EQ(to_json(judged(data, 1)), to_json(judged(data, 2)));
}

TEST_F(RecordJudging, BarsWhoseOutcomeIsNotKnownAreCountedAndNotJudged) {
  log_vintages();
  const RecordJudgement own = judged(data_of(easy_candles(kBars)));
  EXPECT_EQ(own.bars + own.bars_not_known, kBars - 650 + 1);
  EXPECT_EQ(own.bars_not_known, 7U) << "next open, delay and five bars";
  const std::string recipe = recipe_of_version(older_);
  const Record newest = record_of({close_of(kBars - 3), close_of(kBars + 1)});
  const auto none = judge_record(recipe, newest.of_recipe.at(recipe), data_of(easy_candles(kBars)), *registry_,
                                 options_, undisturbed());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "record.no_outcomes");
}

TEST_F(RecordJudging, WhatWasServedIsJudgedWithItsProbability) {
  older_ = vintage(kFirst);
  LabelOptions other;
  other.horizon_bars = 24;
  for (std::size_t bars = 650; bars < 900; ++bars) {
    ForecastRow served = served_at(bars, "e1");
    if (bars % 10 == 0) served.terms->label = other;
    log({row_at(bars, older_.str()), served});
  }
  const auto own =
      judge_record(kServed, record_of().served, data_of(easy_candles(kBars)), *registry_, options_, undisturbed());
  ASSERT_TRUE(own) << to_string(own.error());
  EXPECT_EQ(own->bars_of_another_label, 25U);
  EXPECT_EQ(own->bars, 225U);
  EXPECT_EQ(own->judgement.candidate.probability_source, ProbabilitySource::served);
}

}  // namespace
}  // namespace clm
