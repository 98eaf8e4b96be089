// Preloaded, it stands between the program and the libraries of boosted trees and adds up the CPU time that their calls
// take in the calling thread: what is left of a run is the program's own. Trainings must run on one thread, one at a
// time (--jobs 1). At the end it writes two numbers, seconds of training and of forecasting, to $LIBRARY_CLOCK_FILE.
#include <LightGBM/c_api.h>
#include <dlfcn.h>
#include <xgboost/c_api.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

struct Clock {
  double training_seconds = 0, forecasting_seconds = 0;
  ~Clock() {
    const char* name = std::getenv("LIBRARY_CLOCK_FILE");
    std::FILE* file = name == nullptr ? nullptr : std::fopen(name, "w");
    if (file == nullptr) return;
    std::fprintf(file, "%.3f %.3f\n", training_seconds, forecasting_seconds);
    std::fclose(file);
  }
};
Clock clock_of_the_run;

double thread_seconds() {
  std::timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// What a look at the clock itself takes.
double look_seconds() {
  constexpr int kLooks = 1000;
  const double before = thread_seconds();
  for (int i = 1; i < kLooks; ++i) thread_seconds();
  return (thread_seconds() - before) / kLooks;
}

/// Calls the library's own function of that name.
template <typename... Parameters, typename... Arguments>
int timed(double Clock::*sum, int (*)(Parameters...), const char* name, Arguments... arguments) {
  const auto function = reinterpret_cast<int (*)(Parameters...)>(::dlsym(RTLD_NEXT, name));
  const double before = thread_seconds();
  const int result = function(arguments...);
  clock_of_the_run.*sum += thread_seconds() - before;
  return result;
}

constexpr auto kTraining = &Clock::training_seconds;
constexpr auto kForecasting = &Clock::forecasting_seconds;

}  // namespace

int LGBM_DatasetCreateFromSampledColumn(double** sample, int** indices, std::int32_t columns, const int* counts,
                                        std::int32_t sampled, std::int32_t local, std::int64_t all,
                                        const char* parameters, DatasetHandle* out) {
  return timed(kTraining, &LGBM_DatasetCreateFromSampledColumn, __func__, sample, indices, columns, counts, sampled,
               local, all, parameters, out);
}
int LGBM_DatasetPushRows(DatasetHandle dataset, const void* data, int type, std::int32_t rows, std::int32_t columns,
                         std::int32_t first) {
  return timed(kTraining, &LGBM_DatasetPushRows, __func__, dataset, data, type, rows, columns, first);
}
int LGBM_BoosterCreate(const DatasetHandle dataset, const char* parameters, BoosterHandle* out) {
  return timed(kTraining, &LGBM_BoosterCreate, __func__, dataset, parameters, out);
}
int LGBM_BoosterAddValidData(BoosterHandle booster, const DatasetHandle rows) {
  return timed(kTraining, &LGBM_BoosterAddValidData, __func__, booster, rows);
}
int LGBM_BoosterUpdateOneIter(BoosterHandle booster, int* finished) {
  return timed(kTraining, &LGBM_BoosterUpdateOneIter, __func__, booster, finished);
}
int LGBM_BoosterGetEval(BoosterHandle booster, int index, int* length, double* results) {
  return timed(kTraining, &LGBM_BoosterGetEval, __func__, booster, index, length, results);
}
int LGBM_BoosterPredictForMatSingleRowFast(FastConfigHandle config, const void* row, std::int64_t* length,
                                           double* out) {
  // A row takes microseconds: looking at the clock each time would be felt, so one call of many stands for all.
  constexpr unsigned kEvery = 64;
  static const auto function = reinterpret_cast<decltype(&LGBM_BoosterPredictForMatSingleRowFast)>(
      ::dlsym(RTLD_NEXT, "LGBM_BoosterPredictForMatSingleRowFast"));
  static const double look = look_seconds();
  static unsigned calls = 0;
  if (++calls % kEvery != 0) return function(config, row, length, out);
  const double before = thread_seconds();
  const int result = function(config, row, length, out);
  clock_of_the_run.forecasting_seconds += kEvery * (thread_seconds() - before - look);
  return result;
}

// What the library asks us for while it makes this one, a copy of the rows, counts as its own.
int XGQuantileDMatrixCreateFromCallback(DataIterHandle iterator, DMatrixHandle proxy, DataIterHandle reference,
                                        DataIterResetCallback* reset, XGDMatrixCallbackNext* next, char const* config,
                                        DMatrixHandle* out) {
  return timed(kTraining, &XGQuantileDMatrixCreateFromCallback, __func__, iterator, proxy, reference, reset, next,
               config, out);
}
int XGBoosterUpdateOneIter(BoosterHandle booster, int round, DMatrixHandle rows) {
  return timed(kTraining, &XGBoosterUpdateOneIter, __func__, booster, round, rows);
}
int XGBoosterEvalOneIter(BoosterHandle booster, int round, DMatrixHandle rows[], const char* names[], bst_ulong count,
                         const char** result) {
  return timed(kTraining, &XGBoosterEvalOneIter, __func__, booster, round, rows, names, count, result);
}
int XGBoosterPredictFromDense(BoosterHandle booster, char const* values, char const* config, DMatrixHandle proxy,
                              bst_ulong const** shape, bst_ulong* dimensions, const float** result) {
  return timed(kForecasting, &XGBoosterPredictFromDense, __func__, booster, values, config, proxy, shape, dimensions,
               result);
}
