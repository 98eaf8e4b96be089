#include "workspace/learning_workspace.hpp"

#include <gtest/gtest.h>

#include "workspace/live_cycle.hpp"
#include "workspace/stored_life_cycle.hpp"
#include "workspace/workspace_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::code_of;
using testing::kBars;

class LearningWorkspaceTest : public testing::WorkspaceTest {
 protected:
  /// Opened as `clm cycle` opens it, to train small trees.
  std::unique_ptr<Workspace> opened() const {
    auto workspace = open();
    workspace->learning() = testing::small_trees();
    workspace->learning().triggers.new_bars = 100'000;
    return workspace;
  }
  LearningRequest request(std::vector<std::string> models = {}) const {
    return {{std::move(models), "?models="}, {}, "a test", "scheduler"};
  }
  LiveCycle live_cycle(Force force) {
    const auto workspace = opened();
    const auto place = open_to_learn(*workspace, request());
    EXPECT_TRUE(place) << to_string(place.error());
    auto done = run_live_cycle(*place, force, undisturbed());
    EXPECT_TRUE(done) << to_string(done.error());
    return done ? std::move(*done) : LiveCycle{};
  }
  std::vector<VersionRecord> versions() const { return (*open()->registry())->list().value(); }
};

TEST_F(LearningWorkspaceTest, AskedModelsAreTrainedAndTheEnsembleStaysWhatItWas) {
  store_market();
  const auto workspace = opened();
  const auto place = open_to_learn(*workspace, request({"ridge"}));
  ASSERT_TRUE(place) << to_string(place.error());
  EXPECT_EQ(workspace->learning().training.models, std::vector<std::string>{"ridge"});
  EXPECT_EQ(workspace->learning().ensemble.models, (std::vector<std::string>{"lightgbm", "xgboost"}));
  const CycleWorkplace workplace = place->workplace();
  EXPECT_EQ(workplace.program_version, "1.2.3");
  EXPECT_EQ(workplace.git_commit, "c0ffee");
  EXPECT_EQ(workplace.checkpoints, place_.checkpoints());
}

TEST_F(LearningWorkspaceTest, AnUnknownModelIsRefusedBeforeTheLockIsTaken) {
  const auto workspace = opened();
  const auto refused = open_to_learn(*workspace, request({"xgbost"}));
  ASSERT_EQ(code_of(refused), "model.type");
  EXPECT_EQ(refused.error().where, "?models=");
  EXPECT_FALSE(place_.cycle_holder().has_value());
}

TEST_F(LearningWorkspaceTest, OnlyOneLearns) {
  store_market();
  const auto workspace = opened(), other = opened();
  const auto place = open_to_learn(*workspace, request());
  ASSERT_TRUE(place) << to_string(place.error());
  const auto refused = open_to_learn(*other, request());
  ASSERT_EQ(code_of(refused), "lock.held");
  EXPECT_EQ(static_cast<int>(refused.error().kind), 7);
  EXPECT_NE(refused.error().message.find("a test"), std::string::npos) << refused.error().message;
}

TEST_F(LearningWorkspaceTest, ALiveCycleGoesOnWhereTheLastOneStopped) {
  store_market();
  const LiveCycle first = live_cycle(Force::no);
  EXPECT_EQ(first.report.as_of, close_of(kBars));
  EXPECT_EQ(first.report.results.size(), 5U) << "two recipes judged, their refreshes, the lineup";
  EXPECT_FALSE(is_nothing_trainable(first.news));
  const std::size_t trained = versions().size();
  EXPECT_EQ(trained, 5U);

  const LiveCycle again = live_cycle(Force::no);
  EXPECT_EQ(again.news.bars, 0U);
  EXPECT_TRUE(again.report.results.empty());
  EXPECT_EQ(versions().size(), trained);

  clock_.advance(std::chrono::hours(20));
  const LiveCycle later = live_cycle(Force::no);
  EXPECT_EQ(later.news.bars, 20U);
  EXPECT_EQ(later.report.as_of, close_of(kBars + 20));

  const auto workspace = opened();
  const auto life_log = LifeCycleLog::open(**workspace->database());
  const auto state = current_life_cycle(*workspace, *life_log, Interval::one_hour());
  ASSERT_TRUE(state) << to_string(state.error());
  EXPECT_EQ(state->last_close, close_of(kBars + 20));
  EXPECT_FALSE(state->types.at("lightgbm").active.empty());

  // It does not go back.
  LearningRequest past = request();
  past.market.as_of = close_of(kBars);
  const auto place = open_to_learn(*workspace, past);
  ASSERT_TRUE(place) << to_string(place.error());
  EXPECT_EQ(code_of(run_live_cycle(*place, Force::no, undisturbed())), "cycle.gone_by");
}

TEST_F(LearningWorkspaceTest, TrainingByHandMovesNothing) {
  store_market();
  const auto workspace = opened();
  auto place = open_to_learn(*workspace, request({"xgboost"}));
  ASSERT_TRUE(place) << to_string(place.error());
  const auto report = train_candidates(*place, undisturbed());
  ASSERT_TRUE(report) << to_string(report.error());
  const auto list = place->registry.list();
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().status, VersionStatus::candidate);
  EXPECT_EQ(place->registry.history({}, 1)->front().actor, "scheduler, cycle 1");
}

}  // namespace
}  // namespace clm
