#include "serving/prediction_service.hpp"

#include <array>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving/predictor_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::kBars;
using testing::kSymbols;
using testing::market;
using testing::text_of;

constexpr std::size_t kMore = 30;  // bars that the market has beside kBars

class PredictionServiceTest : public testing::PredictorTest {
 protected:
  Result<std::unique_ptr<PredictionService>> start(std::size_t bars, const Registry& registry) const {
    const MemoryCandleSource candles(market(bars));
    return PredictionService::start(registry, testing::rules_for({"ridge"}), {}, {candles, nullptr, close_of(bars)},
                                    run_);
  }
  std::unique_ptr<PredictionService> start(std::size_t bars) const { return start(bars, *registry_).value(); }

  /// Bar number `bar` of every symbol.
  static std::vector<std::optional<Candle>> bars_at(std::size_t bar) {
    std::vector<std::optional<Candle>> candles;
    for (const CandleSeries& series : market(kBars + kMore)) candles.emplace_back(series.candles[bar]);
    return candles;
  }
  static void advance(PredictionService& service, std::size_t bar) {
    service.advance(close_of(bar), bars_at(bar));  // it opened when the one before closed
  }
};

TEST_F(PredictionServiceTest, SaysAtEveryBarWhatAStartThereWouldSay) {
  activate(1);
  const auto service = start(kBars);
  EXPECT_EQ(text_of(service->answer()->forecasts), text_of(ask(load(), market(kBars))));
  for (std::size_t bars = kBars + 1; bars <= kBars + kMore; ++bars) {
    advance(*service, bars - 1);
    const auto answer = service->answer();
    EXPECT_EQ(answer->inputs->as_of, close_of(bars));
    EXPECT_EQ(text_of(answer->forecasts), text_of(start(bars)->answer()->forecasts)) << bars;
  }
}

TEST_F(PredictionServiceTest, ASymbolWithoutABarIsStaleUntilItHasOne) {
  activate(1);
  const auto service = start(kBars);
  auto candles = bars_at(kBars);
  candles[2].reset();
  service->advance(close_of(kBars), candles);
  const auto stale = service->answer();
  EXPECT_TRUE(stale->forecasts.predictions[2].votes.empty());
  EXPECT_FALSE(stale->forecasts.predictions[1].votes.empty());
  advance(*service, kBars + 1);
  auto series = market(kBars + 2);
  series[2].candles.erase(series[2].candles.end() - 2);
  const MemoryCandleSource gappy(series);
  const auto anew = PredictionService::start(*registry_, testing::rules_for({"ridge"}), {},
                                             {gappy, nullptr, close_of(kBars + 2)}, run_)
                        .value();
  EXPECT_EQ(text_of(service->answer()->forecasts), text_of(anew->answer()->forecasts)) << "a gap like a stored one";
}

TEST_F(PredictionServiceTest, FollowsARegistryThatMoves) {
  const VersionId first = activate(1);
  const auto service = start(kBars);
  EXPECT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::unchanged);
  const auto before = service->answer();
  const VersionId second = activate(1000);
  EXPECT_EQ(service->answer(), before) << "nothing changes by itself";
  EXPECT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::swapped);
  EXPECT_EQ(service->answer()->forecasts.predictions[0].votes[0].version, second);
  EXPECT_EQ(text_of(service->answer()->forecasts), text_of(ask(load(), market(kBars))));
  EXPECT_EQ(before->forecasts.predictions[0].votes[0].version, first) << "who holds an answer keeps it";
  // A candidate that was only trained says nothing.
  ASSERT_TRUE(registry_->record_failed_training(Slot{"xgboost"}, testing::because("no rows")));
  EXPECT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::unchanged);
  // A canary is no move of the registry's alias, and is followed all the same.
  EXPECT_EQ(service->follow(*registry_, {{"ridge", first, 1.0}}).value(), PredictionService::Followed::swapped);
  EXPECT_EQ(service->answer()->forecasts.predictions[0].votes[0].version, first);
  EXPECT_EQ(service->follow(*registry_, {{"ridge", first, 1.0}}).value(), PredictionService::Followed::unchanged);
  // Nobody is active any more.
  ASSERT_TRUE(registry_->retire(second, testing::because("by hand")));
  EXPECT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::swapped);
  EXPECT_TRUE(service->answer()->forecasts.predictions[0].votes.empty());
}

TEST_F(PredictionServiceTest, WhatWasNotKeptIsReadAgain) {
  const auto service = start(kBars);  // nobody is active: nothing is read
  EXPECT_TRUE(service->answer()->inputs->rows.empty());
  activate(1);
  const auto nobody = service->answer();
  EXPECT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::history_needed);
  EXPECT_EQ(service->answer(), nobody) << "the old answer stands";
  const MemoryCandleSource candles(market(kBars));
  ASSERT_TRUE(service->restart(*registry_, {}, {candles, nullptr, close_of(kBars)}, run_));
  EXPECT_EQ(text_of(service->answer()->forecasts), text_of(ask(load(), market(kBars))));
  EXPECT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::unchanged);
  advance(*service, kBars);
  EXPECT_EQ(text_of(service->answer()->forecasts), text_of(start(kBars + 1)->answer()->forecasts));
}

TEST_F(PredictionServiceTest, AVersionWhoseBytesBreakLaterIsServedOnAndABrokenSuccessorAbstains) {
  const VersionId first = activate(1);
  const auto service = start(kBars);
  const auto file = registry_->store().directory_of("ridge", first) / ForecastCalibration::kFileName;
  const std::string whole = read_file(file).value();
  ASSERT_TRUE(write_file_atomic(file, whole + " "));
  advance(*service, kBars);
  EXPECT_EQ(service->answer()->forecasts.predictions[0].votes.size(), 1U) << "it is in memory";
  ASSERT_TRUE(write_file_atomic(file, whole));
  const VersionId second = activate(1000);
  const auto broken = registry_->store().directory_of("ridge", second) / ForecastCalibration::kFileName;
  ASSERT_TRUE(write_file_atomic(broken, read_file(broken).value() + " "));
  ASSERT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::swapped);
  const Prediction said = service->answer()->forecasts.predictions[0];
  EXPECT_TRUE(said.votes.empty());
  EXPECT_THAT(said.abstained.at(0).why, ::testing::HasSubstr(ForecastCalibration::kFileName));
}

TEST_F(PredictionServiceTest, SwapsWhileOthersAskMixNothing) {
  // Who said what: every version's own words, over every bar that is fed.
  std::vector<VersionId> versions;
  std::set<std::string> said;
  const auto words = [](const Answer& answer) { return to_string(answer.inputs->as_of) + text_of(answer.forecasts); };
  for (const double alpha : {1e0, 1e3, 1e6}) {
    versions.push_back(activate(alpha));
    for (std::size_t bars = kBars; bars <= kBars + 6; ++bars) said.insert(words(*start(bars)->answer()));
  }
  const auto service = start(kBars);
  struct Reader {
    std::set<std::string> heard;
    std::atomic<std::size_t> asked = 0;
    std::thread thread;
  };
  std::atomic<bool> done = false;
  std::array<Reader, 3> readers;
  for (Reader& reader : readers)
    reader.thread = std::thread([&] {
      std::shared_ptr<const Answer> last;
      while (!done) {
        auto answer = service->answer();
        if (answer != last) reader.heard.insert(words(*answer));
        last = std::move(answer);
        ++reader.asked;
      }
    });
  // Each of them: on a busy machine one thread may not run at all while another asks a hundred times.
  const auto let_each_ask = [&](std::size_t times) {
    for (const Reader& reader : readers)
      for (const std::size_t before = reader.asked; reader.asked < before + times;) std::this_thread::yield();
  };
  for (std::size_t i = 0; i < 6; ++i) {
    let_each_ask(10);
    if (i % 2 == 1) {
      EXPECT_TRUE(registry_->promote(versions[i / 2], testing::because("better")));
      EXPECT_EQ(service->follow(*registry_, {}).value(), PredictionService::Followed::swapped);
    }
    advance(*service, kBars + i);
  }
  let_each_ask(10);
  done = true;
  for (Reader& reader : readers) reader.thread.join();
  for (const Reader& reader : readers) {
    EXPECT_GT(reader.heard.size(), 1U) << "there were swaps while it asked";
    for (const auto& text : reader.heard) EXPECT_EQ(said.count(text), 1U) << text;
  }
}

}  // namespace
}  // namespace clm
