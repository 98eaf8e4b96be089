// Preloaded, it stands between the program and the libraries of boosted trees and adds up the CPU time that their
// training takes in the calling thread: what is left of a run is the program's own. Trainings must run on one thread,
// one at a time (--jobs 1). At the end it writes the seconds to $LIBRARY_CLOCK_FILE.
#include <LightGBM/c_api.h>
#include <dlfcn.h>
#include <xgboost/c_api.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

struct Clock {
  double seconds = 0;
  ~Clock() {
    const char* name = std::getenv("LIBRARY_CLOCK_FILE");
    std::FILE* file = name == nullptr ? nullptr : std::fopen(name, "w");
    if (file == nullptr) return;
    std::fprintf(file, "%.3f\n", seconds);
    std::fclose(file);
  }
};
Clock clock_of_the_run;

double thread_seconds() {
  std::timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Calls the library's own function of that name.
template <typename... Parameters, typename... Arguments>
int timed(int (*)(Parameters...), const char* name, Arguments... arguments) {
  const auto function = reinterpret_cast<int (*)(Parameters...)>(::dlsym(RTLD_NEXT, name));
  const double before = thread_seconds();
  const int result = function(arguments...);
  clock_of_the_run.seconds += thread_seconds() - before;
  return result;
}

}  // namespace

int LGBM_DatasetCreateFromSampledColumn(double** sample, int** indices, std::int32_t columns, const int* counts,
                                        std::int32_t sampled, std::int32_t local, std::int64_t all,
                                        const char* parameters, DatasetHandle* out) {
  return timed(&LGBM_DatasetCreateFromSampledColumn, __func__, sample, indices, columns, counts, sampled, local, all,
               parameters, out);
}
int LGBM_DatasetPushRows(DatasetHandle dataset, const void* data, int type, std::int32_t rows, std::int32_t columns,
                         std::int32_t first) {
  return timed(&LGBM_DatasetPushRows, __func__, dataset, data, type, rows, columns, first);
}
int LGBM_BoosterCreate(const DatasetHandle dataset, const char* parameters, BoosterHandle* out) {
  return timed(&LGBM_BoosterCreate, __func__, dataset, parameters, out);
}
int LGBM_BoosterAddValidData(BoosterHandle booster, const DatasetHandle rows) {
  return timed(&LGBM_BoosterAddValidData, __func__, booster, rows);
}
int LGBM_BoosterUpdateOneIter(BoosterHandle booster, int* finished) {
  return timed(&LGBM_BoosterUpdateOneIter, __func__, booster, finished);
}
int LGBM_BoosterGetEval(BoosterHandle booster, int index, int* length, double* results) {
  return timed(&LGBM_BoosterGetEval, __func__, booster, index, length, results);
}
// What the library asks us for while it makes this one, a copy of the rows, counts as its own.
int XGQuantileDMatrixCreateFromCallback(DataIterHandle iterator, DMatrixHandle proxy, DataIterHandle reference,
                                        DataIterResetCallback* reset, XGDMatrixCallbackNext* next, char const* config,
                                        DMatrixHandle* out) {
  return timed(&XGQuantileDMatrixCreateFromCallback, __func__, iterator, proxy, reference, reset, next, config, out);
}
int XGBoosterUpdateOneIter(BoosterHandle booster, int round, DMatrixHandle rows) {
  return timed(&XGBoosterUpdateOneIter, __func__, booster, round, rows);
}
int XGBoosterEvalOneIter(BoosterHandle booster, int round, DMatrixHandle rows[], const char* names[], bst_ulong count,
                         const char** result) {
  return timed(&XGBoosterEvalOneIter, __func__, booster, round, rows, names, count, result);
}
