#include "workspace/market_view.hpp"

#include <gtest/gtest.h>

#include "workspace/workspace_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::code_of;
using testing::kBars;

class MarketViewTest : public testing::WorkspaceTest {
 protected:
  MarketView market(std::optional<Timestamp> as_of = std::nullopt) {
    if (!workspace_) workspace_ = open(Workspace::Access::look);
    auto market = open_market(*workspace_, {as_of, 1});
    EXPECT_TRUE(market) << to_string(market.error());
    return std::move(*market);
  }

  std::unique_ptr<Workspace> workspace_;
};

TEST_F(MarketViewTest, NowIsTheNewestBarThatHasClosed) {
  store_market();
  clock_.set(close_of(kBars) + Duration(59 * 60 * 1000));
  const MarketView view = market();
  EXPECT_EQ(view.as_of, close_of(kBars));
  EXPECT_EQ(view.candles->symbols().size(), 10U);
  EXPECT_EQ(view.candles->load(0)->candles.size(), kBars);
  EXPECT_EQ(view.lateness.late_bars, 0);
  EXPECT_FALSE(view.lateness.stale);
  EXPECT_TRUE(view.damaged.empty());
}

TEST_F(MarketViewTest, AsOfReadsNothingThatWasKnownLater) {
  store_market();
  const MarketView view = market(close_of(500));
  EXPECT_EQ(view.as_of, close_of(500));
  EXPECT_EQ(view.candles->load(3)->candles.size(), 500U);
  EXPECT_EQ(view.lateness.counted_from, CountedFrom::asked_moment);
  // Nor what the clock says has not happened yet.
  EXPECT_EQ(market(close_of(kBars + 100)).as_of, close_of(kBars));
}

TEST_F(MarketViewTest, LatenessIsCountedByTheClock) {
  store_market();
  const std::size_t stored = kBars + 200;
  clock_.set(close_of(stored + 5));
  MarketView view = market();
  EXPECT_EQ(view.as_of, close_of(stored));
  EXPECT_EQ(view.lateness.late_bars, 5);
  workspace_->learning().serving.max_late_bars = 5;
  EXPECT_FALSE(market().lateness.stale);
  workspace_->learning().serving.max_late_bars = 4;
  view = market();
  EXPECT_TRUE(view.lateness.stale);
  EXPECT_FALSE(warning(view.lateness).empty());
  // Whoever asks about history is not warned.
  view = market(close_of(stored + 5));
  EXPECT_EQ(view.lateness.late_bars, 5);
  EXPECT_FALSE(view.lateness.stale);
  EXPECT_TRUE(warning(view.lateness).empty());
}

TEST_F(MarketViewTest, ADamagedSymbolIsLeftOutAndNamed) {
  store_market();
  damage("SIM0002USDT");
  const MarketView view = market();
  EXPECT_EQ(view.candles->symbols().size(), 9U);
  ASSERT_EQ(view.damaged.size(), 1U);
  EXPECT_EQ(view.damaged.front().symbol, "SIM0002USDT");
  EXPECT_FALSE(view.damaged.front().problem.remedy.empty());

  const auto damaged = stored_symbols({{"SIM0001USDT", "SIM0002USDT"}, "?symbol=", "x.unknown"}, *view.candles);
  ASSERT_EQ(code_of(damaged), "universe.damaged");
  EXPECT_EQ(damaged.error().kind, ErrorKind::integrity);
  EXPECT_EQ(damaged.error().where, "?symbol=");
  // A version that learned from it is not looked at without it.
  Protocol protocol;
  protocol.venue = view.candles->venue();
  protocol.interval = view.candles->interval();
  protocol.symbols = {Symbol("SIM0001USDT"), Symbol("SIM0002USDT")};
  protocol.as_of = view.as_of;
  EXPECT_EQ(code_of(open_protocol_candles(*workspace_, protocol)), "universe.damaged");
  protocol.symbols.pop_back();
  EXPECT_TRUE(open_protocol_candles(*workspace_, protocol).has_value());
}

TEST_F(MarketViewTest, SymbolsAreThoseOfTheUniverse) {
  store_market();
  const MarketView view = market();
  EXPECT_EQ(*stored_symbols({{"sim0003usdt", "SIM0001USDT"}, "--symbol", "x.unknown"}, *view.candles),
            (std::vector{Symbol("SIM0003USDT"), Symbol("SIM0001USDT")}));
  const auto unknown = stored_symbols({{"SIM0099USDT"}, "--symbol", "x.unknown"}, *view.candles);
  ASSERT_EQ(code_of(unknown), "x.unknown");
  EXPECT_EQ(unknown.error().where, "--symbol");
}

TEST_F(MarketViewTest, AnEmptyStoreIsNoMarket) {
  const auto workspace = open(Workspace::Access::look);
  const auto none = open_market(*workspace, {});
  ASSERT_EQ(code_of(none), "universe.empty");
  EXPECT_EQ(none.error().kind, ErrorKind::data);
}

}  // namespace
}  // namespace clm
