#include "learning/data/tape_fingerprint.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "base/hash.hpp"

namespace clm {
namespace {

/// With its length, so that no two lists run into each other.
template <typename T>
void add(Sha256& hash, const std::vector<T>& values) {
  hash.update(std::to_string(values.size()) + ":").update_values(std::span<const T>(values));
}

/// As any other list, but of the matrix in its file only a part is resident at a time.
void add_features(Sha256& hash, const ScratchArray<float>& values) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 18;
  hash.update(std::to_string(values.size()) + ":");
  for (std::size_t begin = 0; begin < values.size(); begin += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, values.size() - begin);
    hash.update_values(std::span<const float>(values.data() + begin, count));
    values.let_go(begin, begin + count);
  }
}

}  // namespace

std::string tape_fingerprint(const MarketTape& tape) {
  Sha256 hash;
  for (const Symbol& symbol : tape.symbols()) hash.update(symbol.str() + "\n");
  const FeatureFrame& frame = *tape.frame();
  hash.update(frame.set_hash + "\n");
  add(hash, frame.symbol_begin);
  add(hash, frame.open_time_ms);
  add_features(hash, frame.values);
  const Dataset& rows = tape.rows();
  add(hash, rows.frame_row);
  add(hash, rows.known_at_ms);
  add(hash, rows.label);
  add(hash, rows.forward_return);
  add(hash, rows.volatility);
  if (frame.bars == nullptr) return hash.hex_digest();
  add(hash, frame.bars->symbol_begin);
  add(hash, frame.bars->open_time_ms);
  add(hash, frame.bars->log_close);
  add(hash, frame.bars->log_volume);
  return hash.hex_digest();
}

}  // namespace clm
