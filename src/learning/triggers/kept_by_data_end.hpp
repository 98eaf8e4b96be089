#pragma once
#include <cstddef>
#include <map>
#include <utility>

#include "base/time.hpp"

namespace clm {

/// What was learned of the bars before a moment at which data ended, or of a span of them; of the newest few, since the
/// model types of one universe mostly share theirs. What is forgotten is learned again, to the same bits.
template <typename Value, typename Key = Timestamp>
class KeptByDataEnd {
 public:
  /// What is kept of it; made by `Value(args...)` where there is none.
  template <typename... Arguments>
  Value& at(const Key& data_end, Arguments&&... arguments) {
    if (const auto known = kept_.find(data_end); known != kept_.end()) return known->second;
    if (kept_.size() == kMoments) kept_.erase(kept_.begin());
    return kept_.try_emplace(data_end, std::forward<Arguments>(arguments)...).first->second;
  }

 private:
  static constexpr std::size_t kMoments = 8;
  std::map<Key, Value> kept_;
};

}  // namespace clm
