#include "workspace/learning_workspace.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "market/batches/undo.hpp"
#include "workspace/live_cycle.hpp"
#include "workspace/recorded_stores.hpp"
#include "workspace/stored_life_cycle.hpp"
#include "workspace/workspace_fixture.hpp"
#include "workspace/workspace_status.hpp"

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
  EXPECT_EQ(workplace.folders.checkpoints, place_.checkpoints());
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

/// Candles that somebody corrects, and what follows from it.
class CorrectedCandlesTest : public LearningWorkspaceTest {
 protected:
  /// Other prices in so many bars of the market's first symbol. Returns the batch.
  int correct(std::size_t from, std::size_t bars, double factor) const {
    const auto workspace = open();
    const auto stores = RecordedStores::open(*workspace, {BatchKind::import, {"a file"}, clock_.now()});
    EXPECT_TRUE(stores);
    CandleSeries series = testing::easy_market().series.front();
    series.candles = {series.candles.begin() + static_cast<std::ptrdiff_t>(from),
                      series.candles.begin() + static_cast<std::ptrdiff_t>(from + bars)};
    for (Candle& candle : series.candles) candle.close *= factor;
    EXPECT_TRUE((*stores)->candles().write(series));
    const auto number = (*stores)->finish_if_changed({});
    EXPECT_TRUE(number && *number);
    return number && *number ? **number : 0;
  }
  void undo(int batch) const {
    const auto workspace = open();
    BatchLog log(place_.imports());
    EXPECT_TRUE(undo_batch(log, batch, **workspace->candles(), **workspace->context_series(), clock_.now()));
  }
  VersionId active(const std::string& type) const {
    const auto alias = (*open()->registry())->active(slot_of(type));
    return alias && *alias ? (*alias)->record.version : VersionId();
  }
  /// Bars that a version learned from and that are others now.
  std::int64_t corrected_of(const VersionId& version) const {
    const auto workspace = open();
    const auto corrections = open_corrections(*workspace);
    const auto manifest = (*workspace->registry())->find(version.str()).and_then(stored_manifest);
    const auto corrected = corrections->of(*manifest);
    EXPECT_TRUE(corrected && *corrected);
    std::int64_t bars = 0;
    for (const CorrectedCandles& one : **corrected) bars += one.bars;
    return bars;
  }
};

TEST_F(CorrectedCandlesTest, MarkTheVersionsThatLearnedFromThemAndCallForAnotherVintage) {
  store_market();
  live_cycle(Force::no);
  const VersionId first = active("lightgbm");
  EXPECT_EQ(corrected_of(first), 0);
  clock_.advance(std::chrono::hours(5));
  EXPECT_TRUE(live_cycle(Force::no).report.triggers.empty());

  const int batch = correct(500, 3, 1.01);
  EXPECT_EQ(corrected_of(first), 3);
  const LiveCycle next = live_cycle(Force::no);
  ASSERT_EQ(next.report.triggers.size(), 2U) << "within the cool-down after the last training";
  for (const Trigger& trigger : next.report.triggers) {
    EXPECT_EQ(trigger.kind, TriggerKind::data_corrected);
    EXPECT_NE(trigger.reason.find("3 bars of " + testing::easy_market().series.front().key.symbol.str()),
              std::string::npos)
        << trigger.reason;
  }
  ASSERT_EQ(next.report.results.size(), 3U) << "two refreshes and the lineup";
  const VersionId second = active("lightgbm");
  EXPECT_NE(second, first);
  EXPECT_EQ(corrected_of(second), 0);
  EXPECT_EQ(corrected_of(first), 3) << "it stays as it was fitted";
  EXPECT_TRUE(live_cycle(Force::no).report.triggers.empty());
  for (const EnsembleMember& member : next.report.ensemble.members)
    EXPECT_NE(member.version, first.str()) << "the new vintage takes its place";

  // Taken back: whoever learned from what was corrected is the one who learned from what is not true.
  undo(batch);
  EXPECT_EQ(corrected_of(first), 0);
  EXPECT_EQ(corrected_of(second), 3);
  EXPECT_EQ(live_cycle(Force::no).report.triggers.size(), 2U) << "at the very bar of the last one";
  const VersionId third = active("lightgbm");
  EXPECT_EQ(corrected_of(third), 0);
  const auto workspace = open();
  const auto lineup = (*workspace->registry())->active(Slot{std::string(kEnsembleType)});
  const auto members = stored_manifest((*lineup)->record)->members;
  const auto is_in = [&](const VersionId& version) {
    return std::any_of(members.begin(), members.end(),
                       [&](const ManifestMember& member) { return member.version == version.str(); });
  };
  EXPECT_TRUE(is_in(third));
  EXPECT_FALSE(is_in(second)) << "of two of one moment the active one speaks";
}

TEST_F(CorrectedCandlesTest, LaterThanWhatAVersionWasFittedOnMarkNobody) {
  store_market();
  live_cycle(Force::no);
  clock_.advance(std::chrono::hours(10));
  const LiveCycle later = live_cycle(Force::no);
  EXPECT_TRUE(later.report.triggers.empty());
  correct(kBars + 5, 3, 1.01);
  EXPECT_EQ(corrected_of(active("lightgbm")), 0);
  EXPECT_TRUE(live_cycle(Force::no).report.triggers.empty());
  correct(kBars - 1, 1, 1.01);
  EXPECT_EQ(corrected_of(active("lightgbm")), 1) << "with its close the last label became known";
}

TEST_F(CorrectedCandlesTest, WhatCannotBeToldIsNoReasonToTrainAndStopsNobody) {
  store_market();
  live_cycle(Force::no);
  const VersionId first = active("lightgbm");
  std::filesystem::remove_all(place_.imports() / std::to_string(correct(500, 3, 1.01)));
  clock_.advance(std::chrono::hours(5));
  EXPECT_TRUE(live_cycle(Force::no).report.triggers.empty());
  EXPECT_EQ(active("lightgbm"), first);
  const auto workspace = opened();
  const auto corrections = open_corrections(*workspace);
  const auto manifest = (*workspace->registry())->find(first.str()).and_then(stored_manifest);
  EXPECT_FALSE(corrections->of(*manifest));
  const WorkspaceStatus status = survey_workspace(*workspace, 1);
  EXPECT_FALSE(status.lineup.empty());
  EXPECT_TRUE(status.corrected.empty());
  EXPECT_TRUE(std::any_of(status.notes.begin(), status.notes.end(), [&](const std::string& note) {
    return note.find("candles were corrected that " + first.str()) != std::string::npos;
  }));
  for (const SubsystemState& part : status.subsystems) EXPECT_TRUE(part.name != "registry" || part.problem.empty());
}

TEST_F(CorrectedCandlesTest, AreNotKnownOfWhatAnEarlierReleaseTrained) {
  store_market();
  const auto workspace = opened();
  const auto place = open_to_learn(*workspace, request());
  ASSERT_TRUE(place);
  Manifest manifest;
  EXPECT_EQ(place->corrections.of(manifest)->has_value(), false);
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
