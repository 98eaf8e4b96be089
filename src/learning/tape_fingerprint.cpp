#include "learning/tape_fingerprint.hpp"

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

}  // namespace

std::string tape_fingerprint(const MarketTape& tape) {
  Sha256 hash;
  for (const Symbol& symbol : tape.symbols()) hash.update(symbol.str() + "\n");
  const FeatureFrame& frame = *tape.frame();
  hash.update(frame.set_hash + "\n");
  add(hash, frame.symbol_begin);
  add(hash, frame.open_time_ms);
  add(hash, frame.values);
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
