#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/triggers/triggers.hpp"

namespace clm {

/// A training that failed as often as is allowed: nobody tries it again, and the next one is another job.
struct GivenUpTraining {
  std::int64_t job = 0;
  int attempts = 0;
  std::string why;                     ///< the last error, with its remedy
  bool have_settings_changed = false;  ///< since: then the next cycle trains it
};

/// When time or new bars will call for a training of a type. What is seen in the market (drift, decay, a regime) may
/// call for one earlier, where a version is served.
struct NextTraining {
  std::string model_type;
  bool served = false;                   ///< whether a version has a vote
  std::optional<Timestamp> last_tried;   ///< as of when the last training was made; none: nothing was tried
  std::optional<Timestamp> at;           ///< the first moment at which `time_based` fires; none: it is not listened to
  std::optional<std::int64_t> new_bars;  ///< more bars of the universe until `data_volume` fires; none: likewise
  std::optional<Timestamp> not_before;   ///< the cool-down after the last training; `data_corrected` does not wait
  std::string waits_for;                 ///< what has to happen first; empty: nothing
  std::optional<GivenUpTraining> given_up;  ///< the last training of the type was
};

/// By the rules of `check_vacancy`, `check_age` and `check_new_bars`: with `new_bars` bars known now, it fires at `at`
/// and not before, and with as many more bars as are given and not with one fewer.
NextTraining next_training(const ModelFreshness& model, std::int64_t new_bars, const TriggerOptions& options);

/// "lightgbm: the next vintage is due from ... or after 1234 more bars; the newest training was as of ...", or
/// "lightgbm: no version is served; last tried as of ...; tried again from ... or after 1234 more bars"
std::string describe(const NextTraining& next);
/// {model_type, served, last_tried, at, new_bars, not_before, waits_for, given_up: {job, attempts, why} or null}
nlohmann::json to_json(const NextTraining& next);

}  // namespace clm
