#pragma once
#include <LightGBM/c_api.h>

#include <string>
#include <utility>

#include "base/cancel.hpp"
#include "models/library_handle.hpp"
#include "models/training_rows.hpp"

namespace clm {

// Internal to the lightgbm_*.cpp files.
using LgbBooster = LibraryHandle<LGBM_BoosterFree>;
using LgbDataset = LibraryHandle<LGBM_DatasetFree>;

/// LightGBM keeps the number of threads in one variable of the process, set by every call that takes parameters,
/// and indexes buffers sized by an earlier value of it: with two numbers in use at once it writes out of bounds. So
/// every call that reads or sets it is made while holding a seat, and all seats taken at one time have one number.
class LgbThreadSeat {
 public:
  /// Waits while seats with another number are taken. Error `cancelled`.
  static Result<LgbThreadSeat> acquire(int threads, const CancelToken& cancel);
  /// Does not wait: takes the number in force, or 1. For short work that does not depend on it.
  static LgbThreadSeat join();

  LgbThreadSeat(LgbThreadSeat&& other) noexcept : threads_(std::exchange(other.threads_, 0)) {}
  LgbThreadSeat(const LgbThreadSeat&) = delete;
  LgbThreadSeat& operator=(const LgbThreadSeat&) = delete;
  LgbThreadSeat& operator=(LgbThreadSeat&&) = delete;
  ~LgbThreadSeat();
  int threads() const { return threads_; }

 private:
  explicit LgbThreadSeat(int threads) : threads_(threads) {}
  int threads_;
};

/// The binned dataset of `rows`, streamed block by block. `reference` gives the bins of another dataset, or is null.
/// Errors `train.failed`, and those of `gather_targets`.
Result<LgbDataset> make_lgb_dataset(const RowSet& rows, const std::string& parameters, DatasetHandle reference);

/// Routes this thread's messages of LightGBM to our log at debug level (its callback is per thread). What LightGBM
/// calls fatal it also writes to standard error itself.
void quiet_lightgbm();

/// Error `train.failed` (data) with the library's last words.
tl::unexpected<Error> lgb_training_failure();

}  // namespace clm
