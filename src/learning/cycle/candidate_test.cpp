#include "learning/cycle/candidate.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

class Candidates : public testing::LearningTest {
 protected:
  Candidates() {
    const MemoryCandleSource source = testing::easy_candles();
    LearningDataOptions data_options;
    data_options.as_of = testing::close_of(testing::kBars);
    data_options.label = options_.label;
    data_.emplace(
        prepare_learning_data(feature_set("classic22").value(), source, nullptr, data_options, undisturbed()).value());
    options_.training.max_fit_rows = 2'000;  // thinned: what candidates are fitted on is less than what there is
    split_ = split_for_training(data_->rows.data, options_.training, data_options.as_of).value();
    truth_ = judged_rows_of(*data_, split_.holdout);
  }
  CalibratedModel trained(const char* type, const TrainingSplit& split) {
    const auto trainer = make_trainer(type, options_.trainers).value();
    return train_calibrated(*trainer, *data_, split, options_.training, undisturbed()).value();
  }

  LearningOptions options_ = testing::small_trees();
  std::optional<LearningData> data_;
  TrainingSplit split_;
  std::shared_ptr<const JudgedRows> truth_;
};

TEST_F(Candidates, AreHeldAgainstBaselinesOfTheirOwnRows) {
  const auto baselines =
      baseline_forecasts(truth_, *data_, split_, options_.trainers, options_.training, undisturbed()).value();
  // Ridge as a candidate and ridge as a baseline are one and the same.
  const auto candidate = trained("ridge", split_).served(split_.holdout).value();
  TrainingSplit more = split_;
  more.fit.rows.insert(more.fit.rows.end(), split_.validation.rows.begin(), split_.validation.rows.end());
  const auto of_more_rows = trained("ridge", more).served(split_.holdout).value();
  std::size_t found = 0;
  for (const auto& baseline : baselines) {
    EXPECT_EQ(baseline.up_probability.size(), split_.holdout.size()) << baseline.name;
    if (baseline.name != "ridge") continue;
    ++found;
    EXPECT_EQ(baseline.forecast, candidate.forecast);
    EXPECT_EQ(baseline.up_probability, candidate.up_probability);
    EXPECT_NE(baseline.forecast, of_more_rows.forecast);
  }
  EXPECT_EQ(found, 1U);
}

TEST_F(Candidates, TheirProbabilityIsFittedOnNoJudgedRow) {
  const auto model = trained("lightgbm", split_);
  const auto before = model.served(split_.holdout).value();
  // Other outcomes after the training: what is served of these rows stays what it is.
  for (const auto row : split_.holdout.rows) data_->rows.data.forward_return[row] *= -1;
  EXPECT_EQ(trained("lightgbm", split_).served(split_.holdout).value().up_probability, before.up_probability);
  const auto raw = model.raw_forecast(split_.holdout).value();
  for (std::size_t i = 0; i < raw.size(); i += 97) {
    EXPECT_EQ(before.up_probability[i], model.calibration.up_probability(static_cast<double>(raw[i])));
    EXPECT_EQ(before.forecast[i], static_cast<float>(model.calibration.scaled(static_cast<double>(raw[i]))));
  }
}

TEST_F(Candidates, AreJudgedByTheProbabilitiesThatAreServed) {
  LearningOptions options = testing::judged_small_trees();
  options.policy.skill_alpha = 0.45;
  const CycleReport report = cycle(options);
  ASSERT_EQ(report.results.size(), 3U) << "two types and their ensemble";
  for (const CycleResult& result : report.results) {
    const auto judgement = nlohmann::json::parse(result.evidence_json)["judgement"];
    EXPECT_EQ(judgement["candidate"]["probability"]["source"], "served") << result.model_type;
    for (const auto& baseline : judgement["baselines"])
      EXPECT_EQ(baseline["probability"]["source"], "served") << baseline["name"];
    EXPECT_EQ(judgement["judged"]["return"], "relative");
  }
}

}  // namespace
}  // namespace clm
