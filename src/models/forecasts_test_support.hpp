#pragma once
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "models/model.hpp"

namespace clm::testing {

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// What the model forecasts for the rows; the test fails where it does not.
inline std::vector<float> forecasts(const Model& model, const RowSet& rows) {
  std::vector<float> out(rows.size());
  const Status done = model.predict(rows, out);
  EXPECT_TRUE(done) << to_string(done.error());
  return out;
}

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace clm::testing
