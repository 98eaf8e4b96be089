#pragma once
#include <xgboost/c_api.h>

#include <span>
#include <string>
#include <utility>

#include "models/training_rows.hpp"

namespace clm {

/// Owns a handle of XGBoost's C interface. Internal to the two xgboost_*.cpp files.
template <int (*Free)(void*)>
class XgbHandle {
 public:
  XgbHandle() = default;
  XgbHandle(XgbHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  XgbHandle& operator=(XgbHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  XgbHandle(const XgbHandle&) = delete;
  XgbHandle& operator=(const XgbHandle&) = delete;
  ~XgbHandle() {
    if (handle_ != nullptr) Free(handle_);
  }
  void* get() const { return handle_; }
  void** receive() { return &handle_; }

 private:
  void* handle_ = nullptr;
};
using XgbBooster = XgbHandle<XGBoosterFree>;
using XgbMatrix = XgbHandle<XGDMatrixFree>;

/// The binned matrix of `rows`, streamed block by block. `reference` gives the bins of another matrix, or is null.
/// Errors `train.failed` (data).
Result<XgbMatrix> make_xgb_matrix(const RowSet& rows, Targets targets, int threads, int max_bin,
                                  DMatrixHandle reference);

/// How XGBoost is told of `row_count` rows of floats in memory.
std::string xgb_array_interface(std::span<const float> values, std::size_t row_count);

/// Routes this thread's messages of XGBoost to our log at debug level (its callback and verbosity are per thread).
void quiet_xgboost();

/// Error `train.failed` (data) with the library's last words.
tl::unexpected<Error> xgb_training_failure();

}  // namespace clm
