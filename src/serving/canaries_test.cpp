#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "serving/explanation_report.hpp"
#include "serving/predictor_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::kBars;
using testing::kSymbols;
using testing::market;

class Canaries : public testing::PredictorTest {
 protected:
  Forecasts served_with(std::vector<CanaryShare> canaries) const {
    return ask(load({"ridge"}, {}, std::move(canaries)), market(kBars));
  }
};

TEST_F(Canaries, ACanaryServesItsShareOfTheSymbolsAndNoOther) {
  const VersionId canary = activate(1000);
  const auto with_canary = ask(load(), market(kBars)).predictions;
  const VersionId active = activate(1);
  const auto without = ask(load(), market(kBars)).predictions;
  const auto served = served_with({{"ridge", canary, 0.5}}).predictions;
  std::size_t share = 0;
  for (std::size_t s = 0; s < kSymbols; ++s) {
    const bool in_share = in_canary_share(served[s].symbol, canary, 0.5);
    share += in_share ? 1 : 0;
    EXPECT_EQ(served[s].votes[0].version, in_share ? canary : active);
    EXPECT_EQ(served[s].expected_return_bps, (in_share ? with_canary : without)[s].expected_return_bps);
    EXPECT_EQ(served[s].canaries.size(), in_share ? 1U : 0U);
  }
  EXPECT_GT(share, 0U);
  EXPECT_LT(share, kSymbols);
  const auto broken = registry_->store().directory_of("ridge", canary) / ForecastCalibration::kFileName;
  const std::string whole = read_file(broken).value();
  ASSERT_TRUE(write_file_atomic(broken, whole + " "));
  const auto without_it = served_with({{"ridge", canary, 0.5}}).predictions;
  ASSERT_TRUE(write_file_atomic(broken, whole));
  for (std::size_t s = 0; s < kSymbols; ++s) {
    EXPECT_EQ(without_it[s].votes[0].version, active) << "a broken canary leaves its share to the active version";
    EXPECT_EQ(without_it[s].abstained.size(), served[s].canaries.size());
  }
  const auto of_an_ensemble = served_with({{"ensemble", canary, 1}});
  EXPECT_EQ(of_an_ensemble.predictions[0].votes[0].version, active) << "no ensemble is active";
}

TEST_F(Canaries, WhoIsServedByACanaryIsExplainedByIt) {
  const VersionId canary = activate(1000);
  activate(1);
  const Predictor predictor = load({"ridge"}, {}, {{"ridge", canary, 0.5}});
  const auto inputs = inputs_of(predictor.needs(), market(kBars));
  const auto served = predictor.predict(*inputs);
  const std::vector<Symbol> backwards(inputs->symbols.rbegin(), inputs->symbols.rend());
  const auto explained = predictor.explain(*inputs, backwards).value();
  ASSERT_EQ(explained.explanations.size(), kSymbols);
  const auto document = to_json(explained, close_of(kBars), 3, {});
  for (std::size_t i = 0; i < kSymbols; ++i) {
    const Prediction& prediction = served.predictions[kSymbols - 1 - i];
    const Explanation& one = explained.explanations[i];
    EXPECT_EQ(one.prediction.symbol, prediction.symbol);
    EXPECT_EQ(one.prediction.expected_return_bps, prediction.expected_return_bps);
    EXPECT_EQ(one.prediction.canaries, prediction.canaries);
    ASSERT_EQ(one.members.size(), 1U);
    EXPECT_EQ(one.members[0].vote.version, prediction.votes[0].version);
    EXPECT_EQ(document["explanations"][i]["canaries"].size(), prediction.canaries.size());
  }
  EXPECT_EQ(predictor.explain(*inputs, {Symbol("NOSUCH")}).error().code, "predict.unknown_symbol");
}

}  // namespace
}  // namespace clm
