#include "models/lightgbm_handles.hpp"

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <string_view>

#include "base/contract.hpp"
#include "base/log.hpp"

namespace clm {
namespace {

/// Mirrors the library's own variable; as global as that is.
struct ThreadSeats {
  std::mutex mutex;
  std::condition_variable freed;
  int threads = 0;
  int taken = 0;
};

ThreadSeats& seats() {
  static ThreadSeats instance;
  return instance;
}

/// As the library decides in LGBM_DatasetCreateFromMat: zeros are implied, everything else is listed.
bool is_listed(double value) { return std::fabs(value) > 1e-35 || std::isnan(value); }

/// Draws rows, as the library would from a whole matrix, to place the bins.
Result<LgbDataset> make_empty_dataset(const RowSet& rows, const std::string& parameters) {
  const auto row_count = static_cast<std::int32_t>(rows.size());
  const std::size_t columns = rows.data->frame->columns();
  int sample_count = 0;
  if (LGBM_GetSampleCount(row_count, parameters.c_str(), &sample_count) != 0) return lgb_training_failure();
  std::vector<std::int32_t> sample(static_cast<std::size_t>(sample_count));
  if (LGBM_SampleIndices(row_count, parameters.c_str(), sample.data(), &sample_count) != 0)
    return lgb_training_failure();
  sample.resize(static_cast<std::size_t>(sample_count));

  std::vector<std::vector<double>> values(columns);
  std::vector<std::vector<int>> positions(columns);
  for (std::size_t column = 0; column < columns; ++column) {
    values[column].reserve(sample.size());
    positions[column].reserve(sample.size());
  }
  std::vector<float> row(columns);
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const auto index = static_cast<std::size_t>(sample[i]);
    rows.gather(index, index + 1, row);
    for (std::size_t column = 0; column < columns; ++column) {
      const auto value = double{row[column]};
      if (!is_listed(value)) continue;
      values[column].push_back(value);
      positions[column].push_back(static_cast<int>(i));
    }
  }
  std::vector<double*> value_pointers;
  std::vector<int*> position_pointers;
  std::vector<int> counts;
  for (std::size_t column = 0; column < columns; ++column) {
    value_pointers.push_back(values[column].data());
    position_pointers.push_back(positions[column].data());
    counts.push_back(static_cast<int>(values[column].size()));
  }
  LgbDataset dataset;
  if (LGBM_DatasetCreateFromSampledColumn(value_pointers.data(), position_pointers.data(),
                                          static_cast<std::int32_t>(columns), counts.data(), sample_count, row_count,
                                          row_count, parameters.c_str(), dataset.receive()) != 0)
    return lgb_training_failure();
  return dataset;
}

}  // namespace

Result<LgbThreadSeat> LgbThreadSeat::acquire(int threads, const CancelToken& cancel) {
  ThreadSeats& all = seats();
  std::unique_lock lock(all.mutex);
  while (all.taken > 0 && all.threads != threads) {
    if (Status going = cancel.check(); !going) return forward_error(going);
    // The token has no way to wake us: look at it from time to time.
    all.freed.wait_for(lock, std::chrono::milliseconds(50));
  }
  all.threads = threads;
  ++all.taken;
  return LgbThreadSeat(threads);
}

LgbThreadSeat LgbThreadSeat::join() {
  ThreadSeats& all = seats();
  const std::lock_guard lock(all.mutex);
  if (all.taken == 0) all.threads = 1;
  ++all.taken;
  return LgbThreadSeat(all.threads);
}

LgbThreadSeat::~LgbThreadSeat() {
  if (threads_ == 0) return;
  ThreadSeats& all = seats();
  const std::lock_guard lock(all.mutex);
  if (--all.taken == 0) all.freed.notify_all();
}

Result<LgbDataset> make_lgb_dataset(const RowSet& rows, const std::string& parameters, DatasetHandle reference) {
  expects(rows.size() <= std::size_t{std::numeric_limits<std::int32_t>::max()}, "LightGBM counts rows in 32 bits");
  const Result<Targets> targets = gather_targets(rows);
  if (!targets) return forward_error(targets);
  const auto row_count = static_cast<std::int32_t>(rows.size());
  const auto columns = static_cast<std::int32_t>(rows.data->frame->columns());

  LgbDataset dataset;
  if (reference == nullptr) {
    Result<LgbDataset> empty = make_empty_dataset(rows, parameters);
    if (!empty) return forward_error(empty);
    dataset = std::move(*empty);
  } else if (LGBM_DatasetCreateByReference(reference, row_count, dataset.receive()) != 0) {
    return lgb_training_failure();
  }
  const Status pushed = for_each_block(rows, [&](std::size_t first, std::span<const float> features) -> Status {
    const auto count = static_cast<std::int32_t>(features.size()) / columns;
    if (LGBM_DatasetPushRows(dataset.get(), features.data(), C_API_DTYPE_FLOAT32, count, columns,
                             static_cast<std::int32_t>(first)) != 0)
      return lgb_training_failure();
    return {};
  });
  if (!pushed) return forward_error(pushed);
  if (LGBM_DatasetSetField(dataset.get(), "label", targets->label.data(), row_count, C_API_DTYPE_FLOAT32) != 0 ||
      LGBM_DatasetSetField(dataset.get(), "weight", targets->weight.data(), row_count, C_API_DTYPE_FLOAT32) != 0)
    return lgb_training_failure();
  return dataset;
}

void quiet_lightgbm() {
  LGBM_RegisterLogCallback([](const char* message) {
    if (std::string_view(message) != "\n") log_debug(message);
  });
}

tl::unexpected<Error> lgb_training_failure() {
  return fail(ErrorKind::data, "train.failed", std::string("LightGBM: ") + LGBM_GetLastError());
}

}  // namespace clm
