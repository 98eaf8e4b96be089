#include "learning/cycle/held_out_rows.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

/// `times` decision times of `symbols` rows each.
Dataset rows_of(std::size_t times, std::size_t symbols) {
  Dataset data;
  for (std::size_t t = 0; t < times; ++t)
    for (std::size_t s = 0; s < symbols; ++s) {
      data.frame_row.push_back(static_cast<std::uint32_t>(data.size()));
      data.decided_at_ms.push_back(static_cast<std::int64_t>(t) * 3'600'000);
    }
  return data;
}

TEST(ThinnedRows, KeepWholeTimesAtEvenDistances) {
  const Dataset data = rows_of(100, 7);
  const RowSet kept = thinned(all_rows(data), 250);
  ASSERT_EQ(kept.size(), 34U * 7U) << "every third time";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::size_t time = i / 7;
    EXPECT_EQ(kept.rows[i], 3 * time * 7 + i % 7);
  }
}

TEST(ThinnedRows, FewRowsStayAsTheyAre) {
  const Dataset data = rows_of(10, 7);
  EXPECT_EQ(thinned(all_rows(data), 70).rows, all_rows(data).rows);
}

}  // namespace
}  // namespace clm
