#include "features/labels/dataset.hpp"

#include <algorithm>
#include <numeric>

#include "base/contract.hpp"

namespace clm {

void RowSet::gather(std::size_t begin, std::size_t end, std::span<float> out) const {
  const FeatureFrame& frame = *data->frame;
  const std::size_t columns = frame.columns();
  expects(begin <= end && end <= rows.size(), "gather asks for rows of this choice");
  expects(out.size() == (end - begin) * columns, "gather has room for the rows asked for");
  // Of a frame in a file a row makes a page resident, shared with those neighbours alone that are asked for too.
  constexpr std::size_t kRowsAtOnce = 256, kLeastValues = 1024 / sizeof(float);
  float* target = out.data();
  for (std::size_t first = begin; first < end; first += kRowsAtOnce) {
    const std::size_t last = std::min(end, first + kRowsAtOnce);
    for (std::size_t i = first; i < last; ++i, target += columns) {
      const auto source = frame.row(data->frame_row[rows[i]]);
      std::copy(source.begin(), source.end(), target);
    }
    frame.values.let_go_after((last - first) * std::max(columns, kLeastValues));
  }
}

RowSet all_rows(const Dataset& data) {
  RowSet set{&data, std::vector<std::uint32_t>(data.size())};
  std::iota(set.rows.begin(), set.rows.end(), 0U);
  return set;
}

}  // namespace clm
