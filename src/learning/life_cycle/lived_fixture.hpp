#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "learning/life_cycle/life_cycle_fixture.hpp"
#include "learning/studies/replay_fixture.hpp"

namespace clm::testing {

/// A life cycle that decides at every bar of the easy market, from `kBars` on, and is held to account after each.
class LivedTest : public LifeCycleTest {
 protected:
  explicit LivedTest(LearningOptions usual) : usual_(std::move(usual)) {}

  /// Up to `end`; opened anew every so many bars.
  void live_until(std::size_t end, std::size_t bars_each, const LearningOptions& options) {
    const MemoryCandleSource candles = easy_candles(end);
    tape_.emplace(ReplayPlace::tape_of(candles, options.feature_set, end));
    for (bool is_done = false; !is_done;) {
      auto life = LifeCycle::resume(*tape_, workplace(candles), life_log_, options, undisturbed());
      ASSERT_TRUE(life) << to_string(life.error());
      life->begin_at(close_of(kBars));
      for (std::size_t bar = 0; bar < bars_each && life->next_bar() < tape_->bars(); ++bar) {
        const auto stepped = life->step(StepMode::decide, undisturbed());
        ASSERT_TRUE(stepped) << to_string(stepped.error());
        checker_.check(life->state());
      }
      is_done = life->next_bar() == tape_->bars();
      state_ = life->state();
      next_ = life->next_trainings().value();
    }
  }
  void live_until(std::size_t end, std::size_t bars_each = 1'000'000) { live_until(end, bars_each, usual_); }

  LearningOptions usual_;
  LifeCycleChecker checker_{*registry_, life_log_};
  std::optional<MarketTape> tape_;
  LifeCycleState state_;
  std::vector<NextTraining> next_;
};

}  // namespace clm::testing
