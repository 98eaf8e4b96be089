#include "market/series/candle.hpp"

namespace clm {

std::string to_string(const SeriesKey& key) {
  return key.venue.str() + "/" + key.interval.name() + "/" + key.symbol.str();
}

}  // namespace clm
