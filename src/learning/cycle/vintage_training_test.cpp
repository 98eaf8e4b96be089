#include "learning/cycle/vintage_training.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/file_io.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/cycle/learning_fixture.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::easy_candles;
using testing::kBars;

/// Bars that are known beyond the time of the vintage.
constexpr std::size_t kUnknownBars = 100;

class VintageTraining : public testing::LearningTest {
 protected:
  VintageTraining() { options_.ensemble.mode = EnsembleMode::off; }

  LearningData data_until(std::size_t bars) {
    LearningDataOptions data_options;
    data_options.as_of = close_of(bars);
    data_options.label = options_.label;
    return prepare_learning_data(feature_set("classic22").value(), easy_candles(bars), nullptr, data_options,
                                 undisturbed())
        .value();
  }
  std::unique_ptr<Trainer> trainer() const { return make_trainer("lightgbm", options_.trainers).value(); }
  Protocol protocol(std::size_t bars) const {
    const MemoryCandleSource candles = easy_candles(bars);
    return vintage_protocol({close_of(bars), candles.venue(), candles.interval(), candles.symbols(), options_.training},
                            *trainer(), {});
  }
  TrainingSplit split(const LearningData& data, std::size_t bars) const {
    const auto made = split_of(data, protocol(bars));
    EXPECT_TRUE(made) << to_string(made.error());
    return made.value_or(TrainingSplit{});
  }

  /// The bytes of a vintage of the first `kBars` bars, and of its calibration.
  std::map<std::string, std::string> bytes_of(const LearningData& data, const PastForecasts& record) {
    const auto staged = registry_->store().stage("lightgbm");
    EXPECT_TRUE(staged) << to_string(staged.error());
    Protocol how = protocol(kBars);
    const auto made = train_vintage_into(staged->directory(), *trainer(), data, how, record, undisturbed());
    EXPECT_TRUE(made) << to_string(made.error());
    std::map<std::string, std::string> bytes;
    const auto files = describe_model_files(staged->directory());
    for (const ManifestFile& file : *files) bytes[file.name] = read_file(staged->directory() / file.name).value();
    return bytes;
  }

  /// Versions of the recipe, oldest first: one that was judged, and then refreshes. None is made of other bars.
  std::vector<StoredArtifact> versions_made_at(const std::vector<std::size_t>& bars) {
    std::vector<StoredArtifact> made;
    for (const std::size_t at : bars)
      for (const CycleResult& result : cycle(options_, Force::yes, at).results) {
        EXPECT_FALSE(result.version.empty()) << ::testing::PrintToString(result.reasons);
        made.push_back(registry_->open_artifact(*registry_->find(result.version.str())).value());
      }
    return made;
  }
  /// When the last label was known of all that a version was fitted, stopped or calibrated on.
  Timestamp has_seen_until(const StoredArtifact& version, const LearningData& data) const {
    const auto protocol = read_protocol(version.manifest.protocol_json);
    EXPECT_TRUE(protocol);
    if (is_of_everything_known(*protocol))
      return last_label_known(known_at(data.rows.data, 0, fitted_as_of(*protocol)));
    const auto rows = split_of(data, *protocol);
    EXPECT_TRUE(rows);
    return std::max(last_label_known(rows->fit), last_label_known(rows->validation));
  }
  /// What each version says about every row, raw.
  static std::vector<std::vector<float>> said_by(const std::vector<StoredArtifact>& versions,
                                                 const LearningData& data) {
    RowSet all{&data.rows.data, {}};
    for (std::uint32_t row = 0; row < data.rows.data.size(); ++row) all.rows.push_back(row);
    std::vector<std::vector<float>> said;
    for (const StoredArtifact& version : versions)
      said.push_back(load_calibrated_model(version.manifest.model_type, version.directory)->raw_forecast(all).value());
    return said;
  }

  /// Each row is in the record if a version had not seen it, and as the newest of those said it.
  void expect_record_of_unseen_rows(const std::vector<StoredArtifact>& versions, const LearningData& data) {
    const auto record = past_forecasts(versions, data);
    ASSERT_TRUE(record) << to_string(record.error());
    const auto said = said_by(versions, data);
    std::vector<Timestamp> seen;
    for (const StoredArtifact& version : versions) seen.push_back(has_seen_until(version, data));
    std::map<std::uint32_t, float> recorded;
    for (std::size_t i = 0; i < record->rows.size(); ++i) recorded[record->rows.rows[i]] = record->forecast[i];
    ASSERT_EQ(recorded.size(), record->rows.size()) << "no row twice";
    EXPECT_TRUE(std::is_sorted(record->rows.rows.begin(), record->rows.rows.end()));
    std::vector<std::size_t> spoke(versions.size(), 0);
    for (std::uint32_t row = 0; row < data.rows.data.size(); ++row) {
      const Timestamp decided(data.rows.data.decided_at_ms[row]);
      std::size_t newest = versions.size();
      for (std::size_t v = 0; v < versions.size(); ++v)
        if (decided > seen[v]) newest = v;
      const auto found = recorded.find(row);
      if (newest == versions.size()) {
        ASSERT_EQ(found, recorded.end()) << "seen by all of them: " << to_string(decided);
        continue;
      }
      ASSERT_NE(found, recorded.end()) << to_string(decided);
      ASSERT_EQ(found->second, said[newest][row]) << to_string(decided);
      ++spoke[newest];
    }
    for (std::size_t v = 0; v < versions.size(); ++v) EXPECT_GT(spoke[v], 0U) << "version " << v << " has rows";
    // Where two of them speak they do not say the same, or nothing would be shown above.
    for (std::size_t v = 1; v < versions.size(); ++v) EXPECT_NE(said[v - 1], said[v]);
  }

  LearningOptions options_ = [] {
    LearningOptions options = testing::small_trees();
    options.training.models = {"lightgbm"};
    options.deployment.gate = PolicyGate::none;  // whatever it is worth
    return options;
  }();
};

TEST_F(VintageTraining, EveryLabelKnownAtItsTimeIsFittedOnAndNoneLater) {
  const LearningData data = data_until(kBars + kUnknownBars);
  const TrainingSplit made = split(data, kBars);
  std::size_t known = 0, unknown = 0;
  for (std::uint32_t row = 0; row < data.rows.data.size(); ++row) {
    const bool is_known = data.rows.data.known_at_ms[row] <= close_of(kBars).ms();
    (is_known ? known : unknown) += 1;
    EXPECT_EQ(std::binary_search(made.fit.rows.begin(), made.fit.rows.end(), row), is_known);
  }
  EXPECT_EQ(made.fit.size(), known);
  EXPECT_GT(unknown, 10 * (kUnknownBars - 10));
  EXPECT_TRUE(made.validation.rows.empty());
  EXPECT_TRUE(made.holdout.rows.empty());
  EXPECT_EQ(last_label_known(made.fit), close_of(kBars)) << "one was known at that very moment";
}

TEST_F(VintageTraining, LabelsThatWereNotKnownChangeNoBitAndOneThatWasKnownDoes) {
  const auto versions = versions_made_at({kBars - 100});
  const LearningData known = data_until(kBars);
  LearningData data = data_until(kBars + kUnknownBars);
  const auto record = past_forecasts(versions, known);
  ASSERT_TRUE(record) << to_string(record.error());
  const PastForecasts heard{{&data.rows.data, record->rows.rows}, record->forecast};
  const auto before = bytes_of(data, heard);

  const auto poison = [&](std::uint32_t row) {
    data.rows.data.label[row] = 50;
    data.rows.data.forward_return[row] = 5;
  };
  std::uint32_t last_known = 0;
  for (std::uint32_t row = 0; row < data.rows.data.size(); ++row) {
    if (data.rows.data.known_at_ms[row] <= close_of(kBars).ms())
      last_known = row;
    else
      poison(row);
  }
  EXPECT_EQ(bytes_of(data, heard), before);
  poison(last_known);
  const auto after = bytes_of(data, heard);
  EXPECT_NE(after.at("model.txt"), before.at("model.txt"));
  EXPECT_NE(after.at(ForecastCalibration::kFileName), before.at(ForecastCalibration::kFileName));
}

TEST_F(VintageTraining, ExactlyTheRowsThatAreAllowedAreFittedOnAndOthersOnAnotherDay) {
  options_.training.max_fit_rows = 777;
  const LearningData data = data_until(kBars + kUnknownBars);
  const TrainingSplit one = split(data, kBars), next = split(data, kBars + 1);
  EXPECT_EQ(one.fit.size(), 777U);
  EXPECT_EQ(next.fit.size(), 777U);
  std::vector<std::uint32_t> both;
  std::set_intersection(one.fit.rows.begin(), one.fit.rows.end(), next.fit.rows.begin(), next.fit.rows.end(),
                        std::back_inserter(both));
  EXPECT_LT(both.size(), 777U / 4) << "some 777 / 10,000 of them by chance";
  // It was calibrated up to the last label that was known, whatever the thinning left.
  EXPECT_EQ(Timestamp(data.rows.data.decided_at_ms[known_at(data.rows.data, 0, close_of(kBars)).rows.back()] + 1),
            one.training_span.to);
}

TEST_F(VintageTraining, TheRecordHoldsNoRowThatWhoSpeaksHadSeen) {
  const auto versions = versions_made_at({kBars - 200, kBars - 120, kBars - 60});
  ASSERT_EQ(versions.size(), 4U) << "the first was judged, and refreshed at once";
  expect_record_of_unseen_rows(versions, data_until(kBars));
}

// Few of many rows are kept, so that the last one that is fitted on lies long before the last one that calibrates.
TEST_F(VintageTraining, TheRecordKnowsWhatAThinnedVersionWasCalibratedBy) {
  options_.training.max_fit_rows = 250;
  expect_record_of_unseen_rows(versions_made_at({kBars - 200, kBars - 120, kBars - 60}), data_until(kBars));
}

TEST_F(VintageTraining, TheRecordKnowsWhatAVersionWasStoppedBy) {
  options_.trainers.lightgbm.early_stopping_rounds = 3;
  expect_record_of_unseen_rows(versions_made_at({kBars - 200, kBars - 120, kBars - 60}), data_until(kBars));
}

// The cycles of a replay share a tape: each asks a version about the rows alone that came since the one before.
TEST_F(VintageTraining, WhatWasSaidBeforeIsNotAskedAgain) {
  const auto versions = versions_made_at({kBars - 200, kBars - 120});
  const MemoryCandleSource candles = easy_candles(kBars + kUnknownBars);
  const auto features = feature_set("classic22").value();
  const auto tape =
      MarketTape::record(features, candles, nullptr, options_.label, close_of(kBars + kUnknownBars), undisturbed());
  ASSERT_TRUE(tape) << to_string(tape.error());
  const auto data_of_tape = [&](std::size_t bars) {
    LearningDataOptions data_options;
    data_options.as_of = close_of(bars);
    data_options.label = options_.label;
    return prepare_learning_data(*tape, features.hash(), candles, nullptr, data_options, undisturbed()).value();
  };
  const LearningData first = data_of_tape(kBars), later = data_of_tape(kBars + 40), corrected = data_until(kBars + 40);
  const auto alone = past_forecasts(versions, first), later_alone = past_forecasts(versions, later);
  ForecastMemory memory;
  const auto with = past_forecasts(versions, first, &memory);
  ASSERT_TRUE(alone && later_alone && with);
  EXPECT_EQ(with->rows.rows, alone->rows.rows);
  EXPECT_EQ(with->forecast, alone->forecast);
  // The older one has no new rows, and could say nothing more.
  const std::string model = "model.txt";
  std::filesystem::rename(versions[0].directory / model, versions[0].directory / "away");
  const auto later_with = past_forecasts(versions, later, &memory);
  ASSERT_TRUE(later_with) << to_string(later_with.error());
  EXPECT_EQ(later_with->rows.rows, later_alone->rows.rows);
  EXPECT_EQ(later_with->forecast, later_alone->forecast);
  EXPECT_GT(later_with->rows.size(), with->rows.size());
  // Rows of another frame may be of candles that were corrected since: everybody is asked.
  EXPECT_FALSE(past_forecasts(versions, corrected, &memory));
  std::filesystem::rename(versions[0].directory / "away", versions[0].directory / model);
  const auto anew = past_forecasts(versions, corrected, &memory);
  ASSERT_TRUE(anew) << to_string(anew.error());
  EXPECT_EQ(anew->forecast, past_forecasts(versions, corrected)->forecast);
}

// A version that was judged lately has held back rows on which an older refresh was fitted.
TEST_F(VintageTraining, TheRecordGoesByWhatWasSeenAndNotByWhoIsYounger) {
  auto versions = versions_made_at({kBars - 200});
  options_.policy.ladder = Ladder::on;
  for (StoredArtifact& judged : versions_made_at({kBars - 100})) versions.push_back(std::move(judged));
  ASSERT_EQ(versions.size(), 3U);
  const LearningData data = data_until(kBars);
  EXPECT_LT(has_seen_until(versions[2], data), has_seen_until(versions[1], data));
  const auto record = past_forecasts(versions, data);
  ASSERT_TRUE(record);
  const auto said = said_by(versions, data);
  for (std::size_t i = 0; i < record->rows.size(); ++i) {
    const auto row = record->rows.rows[i];
    const Timestamp decided(data.rows.data.decided_at_ms[row]);
    // The judged one is the newest, and has seen the least but for the very first.
    const std::size_t who = decided > has_seen_until(versions[2], data) ? 2 : 0;
    ASSERT_EQ(record->forecast[i], said[who][row]) << to_string(decided);
  }
}

TEST_F(VintageTraining, WhoStopsEarlyKeepsSomethingToStopByAndNobodyElseDoes) {
  const LearningData data = data_until(kBars);
  EXPECT_EQ(protocol(kBars).training.validation_share, 0);
  options_.trainers.lightgbm.early_stopping_rounds = 3;
  EXPECT_EQ(protocol(kBars).training.validation_share, options_.training.validation_share);
  const TrainingSplit made = split(data, kBars);
  ASSERT_GT(made.validation.size(), 1'000U);
  EXPECT_TRUE(made.holdout.rows.empty());
  EXPECT_EQ(last_label_known(made.validation), close_of(kBars));
  EXPECT_LT(last_label_known(made.fit), Timestamp(data.rows.data.decided_at_ms[made.validation.rows.front()]))
      << "and no label that is fitted on reaches into it";
}

TEST_F(VintageTraining, WithoutARecordThereIsNothingToCalibrateBy) {
  const LearningData data = data_until(kBars);
  const auto staged = registry_->store().stage("lightgbm");
  Protocol how = protocol(kBars);
  const auto made = train_vintage_into(staged->directory(), *trainer(), data, how,
                                       PastForecasts{{&data.rows.data, {}}, {}}, undisturbed());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::data);
}

// After a change of the market nothing from before it is learned: neither by the fit nor, of how large a forecast is to
// be, from what earlier versions said after it.
TEST_F(VintageTraining, OfAChangedMarketNoRowFromBeforeTheChangeIsFittedOn) {
  LearningData data = data_until(kBars);
  const Timestamp since = close_of(kBars - 300);
  Protocol how = protocol(kBars);
  how.since = since;
  const auto made = split_of(data, how);
  ASSERT_TRUE(made) << to_string(made.error());
  for (std::uint32_t row = 0; row < data.rows.data.size(); ++row)
    EXPECT_EQ(std::binary_search(made->fit.rows.begin(), made->fit.rows.end(), row),
              data.rows.data.decided_at_ms[row] >= since.ms());
  EXPECT_EQ(made->training_span.from, since);
  EXPECT_EQ(read_protocol(to_json(how).dump())->since, since) << "so that it can be made again";
  EXPECT_FALSE(to_json(protocol(kBars)).contains("since_ms"));
}

TEST_F(VintageTraining, AfterAChangeOnlyWhoWasFittedSinceItHasARecord) {
  const auto versions = versions_made_at({kBars - 400, kBars - 300});
  const LearningData data = data_until(kBars);
  const Timestamp since = close_of(kBars - 200);
  const auto all = past_forecasts(versions, data);
  const auto before = past_forecasts(versions, data, nullptr, since);
  ASSERT_TRUE(all && before);
  ASSERT_GT(before->rows.size(), 0U);
  EXPECT_LT(before->rows.size(), all->rows.size());
  for (std::size_t i = 0; i < before->rows.size(); ++i) {
    EXPECT_LT(data.rows.data.decided_at_ms[before->rows.rows[i]], since.ms());
    EXPECT_EQ(before->rows.rows[i], all->rows.rows[i]);
    EXPECT_EQ(before->forecast[i], all->forecast[i]);
  }
  auto fitted_since = versions;
  Protocol how = read_protocol(fitted_since.back().manifest.protocol_json).value();
  how.since = since;
  fitted_since.back().manifest.protocol_json = to_json(how).dump();
  EXPECT_EQ(past_forecasts(fitted_since, data, nullptr, since)->rows.rows, all->rows.rows);
}

}  // namespace
}  // namespace clm
