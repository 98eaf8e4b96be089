#include "learning/cycle/ensemble_candidate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/candidate.hpp"
#include "market/simulator/simulator.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

constexpr std::size_t kCandidateBars = 1'300;

/// A simulated market with a signal, its rows and the models of a cycle on them.
class EnsembleDrafts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    SimulationOptions market;
    market.symbols = 10;
    market.bars = kCandidateBars;
    market.seed = 7;
    market.signal_ic = 0.35;
    market.signal_shape = SignalShape::linear;
    const MemoryCandleSource candles(simulate(market).value().series);
    ManualClock clock{Timestamp(0)};
    CancelToken cancel;
    SilentProgress progress;
    LearningDataOptions options;
    options.as_of = as_of();
    data_ = new LearningData(
        prepare_learning_data(*feature_set("classic22"), candles, nullptr, options, {clock, cancel, progress, 1})
            .value());
  }
  static void TearDownTestSuite() { delete data_; }
  static Timestamp as_of() { return SimulationOptions{}.start + std::chrono::hours(kCandidateBars); }

  static Protocol protocol_of(const TrainingOptions& training) {
    return Protocol{as_of(), Venue("sim"), Interval::one_hour(), data_->rows.data.frame->symbols, training, 24};
  }
  static TrainingSplit split_of(const LearningData& data, const TrainingOptions& training) {
    return split_for_training(data.rows.data, training, as_of()).value();
  }

  LoadedMember member(const std::string& type, const TrainingOptions& training) {
    TrainerOptions trainers;
    trainers.lightgbm.rounds = 20;
    const auto trainer = make_trainer(type, trainers).value();
    const TrainingSplit split = split_of(*data_, training);
    auto model = train_calibrated(*trainer, *data_, split, training, {clock_, cancel_, progress_, 1});
    EXPECT_TRUE(model) << to_string(model.error());
    Manifest manifest = manifest_of(*trainer, *model, *data_, split, protocol_of(training), "default");
    return {{type, type + "-version"}, std::move(manifest), std::move(*model)};
  }
  /// lightgbm and ridge, ascending by type.
  std::vector<LoadedMember> two(const TrainingOptions& training) {
    std::vector<LoadedMember> members;
    members.push_back(member("lightgbm", training));
    members.push_back(member("ridge", training));
    return members;
  }
  static EnsembleRecipe recipe(EnsembleMode mode) { return {mode, {0.15, 0.40}, 1, {0.25, 0.20}}; }

  static LearningData* data_;
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
};
LearningData* EnsembleDrafts::data_ = nullptr;

std::int64_t first_decision(const RowSet& rows) { return rows.data->decided_at_ms[rows.rows.front()]; }

std::int64_t last_known_ms(const RowSet& rows) {
  std::int64_t last = 0;
  for (const auto row : rows.rows) last = std::max(last, rows.data->known_at_ms[row]);
  return last;
}

/// Everything from `from_ms` on becomes something else.
LearningData with_another_future(const LearningData& data, std::int64_t from_ms) {
  LearningData other = data;
  Dataset& rows = other.rows.data;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.known_at_ms[i] < from_ms) continue;
    rows.label[i] *= -3;
    rows.forward_return[i] *= -3;
    if (rows.decided_at_ms[i] >= from_ms) rows.volatility[i] *= 2;
  }
  return other;
}

TEST_F(EnsembleDrafts, TheHoldoutDecidesNothing) {
  const TrainingOptions training;
  const auto members = two(training);
  const TrainingSplit split = split_of(*data_, training);
  const auto draft = draft_ensemble(members, *data_, split, protocol_of(training), recipe(EnsembleMode::learned));
  ASSERT_TRUE(draft) << to_string(draft.error());
  ASSERT_FALSE(draft->choice.trials.empty()) << draft->choice.reason;

  const LearningData other = with_another_future(*data_, first_decision(split.holdout));
  const TrainingSplit same = split_of(other, training);
  ASSERT_EQ(same.holdout.rows, split.holdout.rows);
  const auto again = draft_ensemble(members, other, same, protocol_of(training), recipe(EnsembleMode::learned));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rule.to_json_text(), draft->rule.to_json_text());
  EXPECT_EQ(to_json(again->choice), to_json(draft->choice)) << "a draft that looks at the holdout differs here";
}

TEST_F(EnsembleDrafts, TheRowsBeforeTheHoldoutDo) {
  const TrainingOptions training;
  const auto members = two(training);
  const TrainingSplit split = split_of(*data_, training);
  const auto draft = draft_ensemble(members, *data_, split, protocol_of(training), recipe(EnsembleMode::learned));
  const LearningData other = with_another_future(*data_, first_decision(split.validation));
  const auto again =
      draft_ensemble(members, other, split_of(other, training), protocol_of(training), recipe(EnsembleMode::learned));
  ASSERT_TRUE(draft && again);
  EXPECT_NE(to_json(again->choice), to_json(draft->choice)) << "the test above could not fail otherwise";
}

TEST_F(EnsembleDrafts, WeightsAreLearnedOnRowsThatNoMemberWasFittedOn) {
  const TrainingOptions training;
  TrainingOptions longer = training;  // fitted on much of what the others are validated on
  longer.validation_share = 0.05;
  std::vector<LoadedMember> members = two(training);
  const TrainingSplit split = split_of(*data_, training);
  const auto all = rows_no_member_saw(members, *data_, split, protocol_of(training));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->rows, split.validation.rows);

  members[1] = member("ridge", longer);
  const RowSet fitted = split_of(*data_, longer).fit;
  ASSERT_GT(last_known_ms(fitted), first_decision(split.validation)) << "the case is one";
  const auto fewer = rows_no_member_saw(members, *data_, split, protocol_of(training));
  ASSERT_TRUE(fewer);
  ASSERT_FALSE(fewer->rows.empty());
  EXPECT_LT(fewer->size(), all->size());
  const std::int64_t embargo_ms = training.embargo_bars * Interval::one_hour().ms();
  EXPECT_GT(first_decision(*fewer), last_known_ms(fitted) + embargo_ms);
}

TEST_F(EnsembleDrafts, AMemberWhoseRowsCannotBeToldCountsAsFittedOnAllOfItsSpan) {
  const TrainingOptions training;
  std::vector<LoadedMember> members = two(training);
  auto protocol = protocol_of(training);
  protocol.venue = Venue("elsewhere");
  members[0].manifest.protocol_json = to_json(protocol).dump();
  const auto known = rows_no_member_saw(members, *data_, split_of(*data_, training), protocol_of(training));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->rows, split_of(*data_, training).validation.rows) << "it says itself until when it learned";
  members[0].manifest.schema = 1;  // of a release that did not write it down
  const auto rows = rows_no_member_saw(members, *data_, split_of(*data_, training), protocol_of(training));
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->rows.empty()) << "its span reaches to the holdout";
  const auto draft =
      draft_ensemble(members, *data_, split_of(*data_, training), protocol_of(training), recipe(EnsembleMode::learned));
  ASSERT_TRUE(draft);
  EXPECT_EQ(draft->rule.weights.source, WeightSource::fixed);
  EXPECT_NE(draft->choice.reason.find("fitted on all rows"), std::string::npos);
}

TEST_F(EnsembleDrafts, FixedWeightsAreTheConfiguredOnesSharedOut) {
  const TrainingOptions training;
  const auto members = two(training);
  const auto draft =
      draft_ensemble(members, *data_, split_of(*data_, training), protocol_of(training), recipe(EnsembleMode::fixed));
  ASSERT_TRUE(draft);
  EXPECT_NEAR(draft->rule.weights.all[0], 0.25 / 0.45, 1e-12);
  ASSERT_EQ(draft->manifest.members.size(), 2U);
  EXPECT_EQ(draft->manifest.members[1].version, "ridge-version");
  EXPECT_EQ(draft->manifest.members[1].weight, draft->rule.weights.all[1]);
  EXPECT_EQ(draft->manifest.training_span, members[0].manifest.training_span);
  EXPECT_EQ(draft->manifest.training_rows, 0U) << "nothing was learned";
}

TEST_F(EnsembleDrafts, TheRecipeIsReadBackFromTheManifest) {
  const std::vector<EnsembleMember> names{{"lightgbm", "a"}, {"ridge", "b"}};
  const auto read = read_ensemble_recipe(to_json(recipe(EnsembleMode::learned), names).dump(), names);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read, names), to_json(recipe(EnsembleMode::learned), names));
  const auto missing = read_ensemble_recipe("{}", names);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "manifest.parameters");
}

}  // namespace
}  // namespace clm
