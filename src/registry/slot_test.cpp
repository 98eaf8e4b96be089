#include "registry/slot.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(Slot, IsNamedByItsTypeAndARecipeWithANameOfItsOwnByBoth) {
  EXPECT_EQ(slot_name(Slot{"lightgbm"}), "lightgbm");
  EXPECT_EQ(slot_name(Slot{"lightgbm", "yearly"}), "lightgbm/yearly");
  for (const Slot& slot : {Slot{"lightgbm"}, Slot{"lightgbm", "yearly"}, Slot{"ensemble"}, Slot{"nhits", "a-b_2"}})
    EXPECT_EQ(slot_of(slot_name(slot)), slot);
  EXPECT_EQ(slot_of("lightgbm/default"), Slot{"lightgbm"});
  EXPECT_EQ(slot_of("lightgbm/"), (Slot{"lightgbm", ""})) << "nothing is in it";
  Manifest manifest;
  manifest.model_type = "xgboost";
  EXPECT_EQ(slot_name(manifest), "xgboost");
  manifest.scope = "deep";
  EXPECT_EQ(slot_name(manifest), "xgboost/deep");
}

}  // namespace
}  // namespace clm
