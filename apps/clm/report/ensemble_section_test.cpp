#include "report/ensemble_section.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace clm::app {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

Json estimate(double mean) { return {{"mean", mean}, {"interval", {mean - 0.01, mean + 0.01}}}; }

Json evidence() {
  return {{"ensemble",
           {{"weights",
             {{"reason", "fixed weights: because <b>"},
              {"trials",
               {{{"source", "learned"},
                 {"against", "fixed"},
                 {"squared_error_saved", estimate(0.002)},
                 {"rank_ic_gained", estimate(0.001)},
                 {"used", false}}}}}},
            {"members",
             {{"rows", 1000},
              {"rank_ic", estimate(0.05)},
              {"members",
               {{{"model_type", "lightgbm"},
                 {"version", "aaaa"},
                 {"weight", 0.6},
                 {"coverage", 1.0},
                 {"rank_ic", estimate(0.04)},
                 {"adds", estimate(0.02)}},
                {{"model_type", "xgboost"},
                 {"version", "bbbb"},
                 {"weight", 0.4},
                 {"coverage", 0.9},
                 {"rank_ic", estimate(0.03)},
                 {"adds", estimate(-0.01)}}}},
              {"error_correlation", {{1.0, 0.93}, {0.93, 1.0}}},
              {"forecast_correlation", {{1.0, 0.41}, {0.41, nullptr}}},
              {"disagreement",
               {{"mean", 0.02}, {"full_agreement", 0.75}, {"rank_correlation_with_error", estimate(0.1)}}}}}}}};
}

TEST(EnsembleSection, ShowsMembersWeightsAndCorrelations) {
  const auto figures = ensemble_figures_in(evidence().at("ensemble"));
  ASSERT_TRUE(figures);
  const std::string page = ensemble_section(*figures);
  for (const char* shown :
       {"lightgbm", "bbbb", "60.0 %", "+0.0200", "0.930", "0.410", "75.0 %", "learned", "because &lt;b&gt;"})
    EXPECT_THAT(page, HasSubstr(shown));
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_NE(page.find("<svg"), page.rfind("<svg")) << "two plots";
}

TEST(EnsembleSection, IsNotThereForASingleModelAndStandsDamage) {
  EXPECT_FALSE(ensemble_figures_in(Json()));
  const auto empty = ensemble_figures_in(Json::object());
  ASSERT_TRUE(empty);
  EXPECT_EQ(ensemble_section(*empty).find("nan"), std::string::npos);
}

}  // namespace
}  // namespace clm::app
