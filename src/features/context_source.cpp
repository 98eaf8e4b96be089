#include "features/context_source.hpp"

#include "base/contract.hpp"

namespace clm {

void ContextCursor::add(ContextKind kind, const ContextPoint& point) {
  auto& points = context_.of(kind);
  std::size_t& next = next_[static_cast<std::size_t>(kind)];
  expects(points.empty() || points.back().known_at <= point.known_at, "context comes in the order it becomes known");
  // Only the last point that is known can still be asked for: a cursor that lives for months stays small.
  constexpr std::size_t kKeptPoints = 1024;
  if (next > kKeptPoints) {
    points.erase(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(next - 1));
    next = 1;
  }
  points.push_back(point);
}

ContextValues ContextCursor::at(Timestamp now) {
  std::array<double, kContextKinds> value;
  for (std::size_t kind = 0; kind < kContextKinds; ++kind) {
    const auto& points = context_.points[kind];
    std::size_t& next = next_[kind];
    while (next < points.size() && points[next].known_at <= now) ++next;
    value[kind] = next > 0 && now - points[next - 1].known_at <= kContextMaxAge ? points[next - 1].value : kMissing;
  }
  return {value[0], value[1], value[2], value[3]};
}

}  // namespace clm
