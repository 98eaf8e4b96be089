#include "workspace/recorded_stores.hpp"

#include <gtest/gtest.h>

#include "workspace/workspace_fixture.hpp"

namespace clm {
namespace {

using RecordedStoresTest = testing::WorkspaceTest;

TEST_F(RecordedStoresTest, WhatIsWrittenIsOneBatch) {
  const auto workspace = open();
  {
    const auto stores = RecordedStores::open(*workspace, {BatchKind::simulate, {"a test"}, clock_.now()});
    ASSERT_TRUE(stores) << to_string(stores.error());
    ASSERT_TRUE((*stores)->candles().write(testing::easy_market().series[0]).has_value());
    EXPECT_EQ(*(*stores)->finish({}), 1);
  }
  {
    const auto stores = RecordedStores::open(*workspace, {BatchKind::simulate, {"a test"}, clock_.now()});
    ASSERT_TRUE((*stores)->candles().write(testing::easy_market().series[0]).has_value());
    EXPECT_FALSE((*stores)->finish_if_changed({})->has_value()) << "the same rows again are no change";
  }
  // What is written now belongs to no batch.
  ASSERT_TRUE((*workspace->candles())->write(testing::easy_market().series[1]).has_value());
  const BatchLog log(place_.imports());
  const auto content = log.read();
  ASSERT_TRUE(content) << to_string(content.error());
  ASSERT_EQ(content->batches.size(), 1U);
  ASSERT_EQ(content->candles.size(), 1U);
}

}  // namespace
}  // namespace clm
