#include "serving/vintage_words.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(VintageWords, CountTheVintagesOfEachTypeWhereThereAreSeveral) {
  EXPECT_EQ(vintages_in_words({}), "");
  EXPECT_EQ(vintages_in_words({"lightgbm"}), "lightgbm");
  EXPECT_EQ(vintages_in_words({"xgboost", "lightgbm", "ridge"}), "lightgbm, ridge and xgboost");
  EXPECT_EQ(vintages_in_words({"xgboost", "lightgbm", "lightgbm"}), "2 vintages of lightgbm and 1 of xgboost");
  EXPECT_EQ(vintages_in_words({"lightgbm", "lightgbm", "lightgbm"}), "3 vintages of lightgbm");
  EXPECT_EQ(vintages_in_words({"xgboost", "xgboost", "lightgbm"}), "1 vintage of lightgbm and 2 of xgboost");
}

}  // namespace
}  // namespace clm
