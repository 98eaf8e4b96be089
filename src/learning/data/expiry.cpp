#include "learning/data/expiry.hpp"

#include "learning/options/hours.hpp"

namespace clm {

bool is_expired(Timestamp data_end, Timestamp at, const ServingOptions& options) {
  return options.max_data_age_days > 0 && at - data_end > hours(24 * options.max_data_age_days);
}

}  // namespace clm
