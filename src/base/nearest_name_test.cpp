#include "base/nearest_name.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

using Names = std::vector<std::string>;

TEST(NearestName, DistanceCountsLetters) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("cycle", "cycle"), 0u);
  EXPECT_EQ(edit_distance("cycle", ""), 5u);
  EXPECT_EQ(edit_distance("cylce", "cycle"), 2u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(NearestName, NamesWhatWasMeantNearestFirst) {
  const Names known{"promote", "predict", "reproduce", "models", "jobs"};
  EXPECT_EQ(nearest_names("predcit", known), (Names{"predict"}));
  EXPECT_EQ(nearest_names("model", known), (Names{"models"}));
  EXPECT_EQ(nearest_names("promot", known).front(), "promote");
  EXPECT_EQ(nearest_names("repro", known), (Names{"reproduce"})) << "a beginning";
}

TEST(NearestName, SaysNothingWhereNothingIsNear) {
  const Names known{"promote", "jobs"};
  EXPECT_EQ(nearest_names("", known), Names());
  EXPECT_EQ(nearest_names("zzzzzz", known), Names());
  EXPECT_EQ(nearest_names("x", known), Names());
  EXPECT_EQ(nearest_names(std::string(100'000, 'x'), known), Names()) << "at no cost";
}

TEST(NearestName, IsASentence) {
  EXPECT_EQ(did_you_mean({}), "");
  EXPECT_EQ(did_you_mean({"a"}), "Did you mean a?");
  EXPECT_EQ(did_you_mean({"a", "b"}), "Did you mean a or b?");
  EXPECT_EQ(did_you_mean({"a", "b", "c"}), "Did you mean a, b or c?");
}

}  // namespace
}  // namespace clm
