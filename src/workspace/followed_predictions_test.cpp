#include "workspace/followed_predictions.hpp"

#include <span>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "serving/forecast_report.hpp"
#include "workspace/live_cycle.hpp"
#include "workspace/predictions.hpp"
#include "workspace/recorded_stores.hpp"
#include "workspace/workspace_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_market;
using testing::kBars;

using Change = FollowedPredictions::Change;

/// The active version of each type votes, and no lineup keeps those that are taken out.
LearningOptions each_by_itself() {
  LearningOptions options = testing::small_trees();
  options.ensemble.mode = EnsembleMode::off;
  return options;
}

class FollowedPredictionsTest : public testing::WorkspaceTest {
 protected:
  /// Two versions are active, and the market is stored up to `bars`.
  void begin(std::size_t bars = kBars) {
    store_bars(0, bars);
    learn();
    follow();
  }
  void learn() {
    auto workspace = open();
    workspace->learning() = each_by_itself();
    const auto place = open_to_learn(*workspace, {{}, {}, "a test", "cli"});
    ASSERT_TRUE(place) << to_string(place.error());
    ASSERT_TRUE(run_live_cycle(*place, Force::no, undisturbed()));
  }
  void follow() {
    workspace_ = opened();
    auto followed = FollowedPredictions::begin(*workspace_, undisturbed());
    ASSERT_TRUE(followed) << to_string(followed.error());
    followed_ = std::move(*followed);
  }
  std::unique_ptr<Workspace> opened() const {
    auto workspace = open(Workspace::Access::look);
    workspace->learning() = each_by_itself();
    return workspace;
  }
  /// Bars [from, to) of every symbol but one.
  void store_bars(std::size_t from, std::size_t to, std::optional<std::size_t> but = {}) const {
    std::vector<CandleSeries> part;
    for (const CandleSeries& series : easy_market().series) {
      if (but && series.key.symbol == easy_market().series[*but].key.symbol) continue;
      part.push_back({series.key, {}});
      part.back().candles.assign(series.candles.begin() + static_cast<std::ptrdiff_t>(from),
                                 series.candles.begin() + static_cast<std::ptrdiff_t>(to));
    }
    store(part);
  }
  /// As an import does.
  void store(std::span<const CandleSeries> candles, std::span<const ContextSeries> context = {}) const {
    const auto workspace = open();
    auto stores = RecordedStores::open(*workspace, {BatchKind::import, {"a test"}, clock_.now()});
    ASSERT_TRUE(stores) << to_string(stores.error());
    ASSERT_TRUE((*stores)->candles().write_all(candles));
    ASSERT_TRUE((*stores)->context().write_all(context));
    ASSERT_TRUE((*stores)->finish({}));
  }
  FollowedPredictions::News look() {
    auto news = followed_->look(undisturbed());
    EXPECT_TRUE(news) << to_string(news.error());
    return news ? std::move(*news) : FollowedPredictions::News{};
  }
  std::string said() const {
    const auto answer = followed_->service().answer();
    return to_json(answer->forecasts, answer->inputs->as_of, RecipeNames()).dump(1);
  }
  /// What somebody who begins now is told.
  std::string said_anew() {
    const auto workspace = opened();
    const auto market = open_market(*workspace, {});
    const auto answer = start_predictions(*workspace, *market, undisturbed()).value()->answer();
    return to_json(answer->forecasts, market->as_of, RecipeNames()).dump(1);
  }

  std::unique_ptr<Workspace> workspace_;
  std::unique_ptr<FollowedPredictions> followed_;
};

TEST_F(FollowedPredictionsTest, ABarThatIsStoredIsPredictedFrom) {
  begin();
  EXPECT_FALSE(followed_->service().answer()->forecasts.predictions[0].votes.empty());
  EXPECT_EQ(said(), said_anew());
  EXPECT_EQ(look().change, Change::none);
  for (const std::size_t more : {1U, 1U, 5U}) {
    const std::size_t bars = static_cast<std::size_t>((clock_.now() - close_of(0)) / std::chrono::hours(1));
    store_bars(bars, bars + more);
    EXPECT_EQ(look().change, Change::none) << "they have not closed yet";
    clock_.advance(std::chrono::hours(more));
    EXPECT_EQ(look().change, Change::bars);
    EXPECT_EQ(followed_->market().as_of, close_of(bars + more));
    EXPECT_EQ(said(), said_anew());
    EXPECT_EQ(look().change, Change::none);
  }
}

TEST_F(FollowedPredictionsTest, APastBarThatIsCorrectedChangesWhatIsSaid) {
  begin();
  const std::string before = said();
  CandleSeries corrected{easy_market().series[3].key, {easy_market().series[3].candles[kBars - 5]}};
  corrected.candles[0].high *= 1.05;
  corrected.candles[0].close = corrected.candles[0].high;
  store(std::vector{corrected});
  const auto news = look();
  EXPECT_EQ(news.change, Change::anew);
  EXPECT_NE(news.why.find("past bars of " + corrected.key.symbol.str()), std::string::npos) << news.why;
  EXPECT_NE(said(), before);
  EXPECT_EQ(said(), said_anew());
}

TEST_F(FollowedPredictionsTest, ASymbolThatIsLateIsCaughtUpWith) {
  begin();
  // The next bar of all but one symbol; the last one comes after the look.
  store_bars(kBars, kBars + 1, 2);
  clock_.advance(std::chrono::hours(1));
  ASSERT_EQ(look().change, Change::bars);
  EXPECT_TRUE(followed_->service().answer()->forecasts.predictions[2].votes.empty());
  EXPECT_EQ(said(), said_anew());
  store_bars(kBars, kBars + 1);
  EXPECT_EQ(look().change, Change::anew) << "its bar belongs to a time that had passed";
  EXPECT_FALSE(followed_->service().answer()->forecasts.predictions[2].votes.empty());
  EXPECT_EQ(said(), said_anew());
}

TEST_F(FollowedPredictionsTest, AVersionThatIsTakenOutOfServiceSaysNothingAnyMore) {
  begin();
  const auto votes = [&] { return followed_->service().answer()->forecasts.predictions[0].votes.size(); };
  const std::size_t before = votes();
  {
    const auto workspace = open();
    const auto registry = workspace->registry();
    const auto active = (*registry)->active(Slot{"lightgbm"}).value();
    ASSERT_TRUE(active);
    ASSERT_TRUE((*registry)->retire(active->record.version, {clock_.now(), "cli", "by hand", "{}"}));
  }
  EXPECT_EQ(look().change, Change::versions);
  EXPECT_EQ(votes(), before - 1);
  EXPECT_EQ(said(), said_anew());
  EXPECT_EQ(look().change, Change::none);
}

TEST_F(FollowedPredictionsTest, WhoIsPromotedFirstIsServed) {
  store_bars(0, kBars);
  follow();  // there is no database yet
  EXPECT_TRUE(followed_->service().answer()->forecasts.predictions[0].votes.empty());
  EXPECT_EQ(look().change, Change::none);
  learn();
  EXPECT_EQ(look().change, Change::anew) << "features of which nothing was kept";
  EXPECT_FALSE(followed_->service().answer()->forecasts.predictions[0].votes.empty());
  EXPECT_EQ(said(), said_anew());
  EXPECT_EQ(look().change, Change::none);
}

TEST_F(FollowedPredictionsTest, ANewSymbolIsPredictedToo) {
  begin();
  CandleSeries another = easy_market().series[0];
  another.key.symbol = Symbol("ZZZUSDT");
  another.candles.resize(kBars);
  store(std::vector{another});
  EXPECT_EQ(look().change, Change::anew);
  EXPECT_EQ(followed_->service().answer()->forecasts.predictions.back().symbol, Symbol("ZZZUSDT"));
  EXPECT_EQ(said(), said_anew());
}

TEST_F(FollowedPredictionsTest, AContextPointCountsFromWhenItIsKnown) {
  begin();
  const CandleSeries& series = easy_market().series[1];
  ContextSeries funding{SeriesKind::funding_rate, series.key.symbol, {}};
  funding.venue = series.key.venue;
  const auto add = [&](Timestamp at, double value) {
    funding.points = {{at, at + std::chrono::minutes(1), value}};
    store({}, std::vector{funding});
  };
  add(close_of(kBars - 30), 0.001);
  EXPECT_EQ(look().change, Change::anew) << "it was known long ago";
  EXPECT_EQ(said(), said_anew());
  add(clock_.now() + std::chrono::minutes(5), 0.002);
  EXPECT_EQ(look().change, Change::none) << "nobody knows it yet";
  store_bars(kBars, kBars + 1);
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(look().change, Change::bars);
  EXPECT_EQ(said(), said_anew());
}

TEST_F(FollowedPredictionsTest, WhileTheAnswerCannotBeRenewedTheOldOneStands) {
  begin();
  const std::string before = said();
  store_bars(kBars, kBars + 1);
  ASSERT_GT(std::filesystem::remove_all(place_.candles()), 0U);
  EXPECT_FALSE(followed_->look(undisturbed())) << "no candles are left";
  EXPECT_EQ(said(), before);
}

}  // namespace
}  // namespace clm
