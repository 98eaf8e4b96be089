#include "workspace/replay_workspace.hpp"

#include <gtest/gtest.h>

#include "features/sets/feature_set.hpp"
#include "workspace/workspace_fixture.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;
using testing::close_of;
using testing::code_of;
using testing::kBars;

class ReplayWorkspaceTest : public testing::WorkspaceTest {
 protected:
  static ReplayOptions replay_options(const std::string& policy = "static") {
    ReplayOptions options;
    options.policy = policy;
    options.span = {close_of(kBars), close_of(kBars + 30)};
    options.learning = testing::small_trees();
    options.learning.training.models = {"xgboost"};
    options.identity = "settings and data";
    return options;
  }
};

TEST_F(ReplayWorkspaceTest, ItsNameIsWhatDecidesTheOutcome) {
  const auto workspace = open(Workspace::Access::look);
  const ReplayOptions options = replay_options();
  const ReplayWorkspace place = replay_workspace(*workspace, options);
  EXPECT_EQ(place.directory, place_.replays() / place.name);
  EXPECT_EQ(place.name.rfind("static-2024", 0), 0U) << place.name;
  EXPECT_EQ(replay_workspace(*workspace, options).name, place.name);
  ReplayOptions other = options;
  other.identity += " that differ";
  EXPECT_NE(replay_workspace(*workspace, other).name, place.name);
  WorkspaceOptions newer = this->options(Workspace::Access::look), changed = newer;
  newer.build.version = "1.2.4";
  changed.build.commit += "1";
  for (const WorkspaceOptions& program : {newer, changed})
    EXPECT_NE(replay_workspace(**Workspace::open(place_, clock_, program), options).name, place.name);
}

TEST_F(ReplayWorkspaceTest, AReplayKeepsItsOwnRegistryAndGoesOn) {
  store_market();
  clock_.set(close_of(kBars + 30));
  const auto workspace = open();
  const auto market = open_market(*workspace, {});
  ASSERT_TRUE(market) << to_string(market.error());
  const ReplayOptions options = replay_options();
  const auto tape = MarketTape::record(*feature_set(options.learning.feature_set), *market->candles,
                                       market->context.get(), options.learning.label, market->as_of, undisturbed());
  ASSERT_TRUE(tape) << to_string(tape.error());
  const auto run = [&](Again again) { return run_policy(*workspace, *tape, *market, options, again, undisturbed()); };
  const auto first = run(Again::resume);
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_GT(first->trainings, 0U);
  const fs::path own = replay_workspace(*workspace, options).directory;
  EXPECT_TRUE(fs::exists(own / "clm.db"));
  EXPECT_TRUE((*workspace->registry())->list()->empty()) << "the workspace itself has learned nothing";
  // What was done is not done again, and from scratch it is the same.
  const auto again = run(Again::resume), anew = run(Again::from_scratch);
  ASSERT_TRUE(again && anew);
  EXPECT_EQ(again->timeline.size(), first->timeline.size());
  EXPECT_EQ(anew->timeline.size(), first->timeline.size());
  // Beside itself nothing is served.
  EXPECT_TRUE(compare_policies(*workspace, *tape, {options}, options.learning.judging)->empty());

  const auto lock = WorkspaceDirectory::find(own, own)->lock_cycle("clm replay");
  EXPECT_EQ(code_of(run(Again::resume)), "lock.held");
}

}  // namespace
}  // namespace clm
