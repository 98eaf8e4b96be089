#include "models/xgboost_handles.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace clm {
namespace {

/// Where XGBoost's callbacks, which have no way to report an error of ours, find the next block.
struct BlockSource {
  const RowSet& rows;
  Targets targets;
  DMatrixHandle proxy;
  std::vector<float> block;
  std::size_t next_row = 0;
};

void reset_blocks(DataIterHandle handle) { static_cast<BlockSource*>(handle)->next_row = 0; }

int next_block(DataIterHandle handle) {
  BlockSource& source = *static_cast<BlockSource*>(handle);
  const std::size_t begin = source.next_row;
  const std::size_t end = std::min(begin + kBlockRows, source.rows.size());
  if (begin == end) return 0;
  const std::span<float> features(source.block.data(), (end - begin) * source.rows.data->frame->columns());
  source.rows.gather(begin, end, features);
  constexpr int kFloat32 = 1;
  const bst_ulong count = end - begin;
  if (XGProxyDMatrixSetDataDense(source.proxy, xgb_array_interface(features, count).c_str()) != 0 ||
      XGDMatrixSetDenseInfo(source.proxy, "label", source.targets.label.data() + begin, count, kFloat32) != 0 ||
      XGDMatrixSetDenseInfo(source.proxy, "weight", source.targets.weight.data() + begin, count, kFloat32) != 0)
    return 0;  // too few rows then arrive, which make_xgb_matrix notices
  source.next_row = end;
  return 1;
}

}  // namespace

Result<XgbMatrix> make_xgb_matrix(const RowSet& rows, Targets targets, int threads, int max_bin,
                                  DMatrixHandle reference) {
  XgbMatrix proxy;
  if (XGProxyDMatrixCreate(proxy.receive()) != 0) return xgb_training_failure();
  BlockSource source{rows, std::move(targets), proxy.get(), {}, 0};
  source.block.resize(std::min(kBlockRows, rows.size()) * rows.data->frame->columns());
  const std::string config =
      R"({"missing":NaN,"nthread":)" + std::to_string(threads) + R"(,"max_bin":)" + std::to_string(max_bin) + "}";
  XgbMatrix matrix;
  if (XGQuantileDMatrixCreateFromCallback(&source, proxy.get(), reference, reset_blocks, next_block, config.c_str(),
                                          matrix.receive()) != 0)
    return xgb_training_failure();
  bst_ulong row_count = 0;
  if (XGDMatrixNumRow(matrix.get(), &row_count) != 0 || row_count != rows.size()) return xgb_training_failure();
  return matrix;
}

std::string xgb_array_interface(std::span<const float> values, std::size_t row_count) {
  return R"({"data":[)" + std::to_string(reinterpret_cast<std::uintptr_t>(values.data())) + R"(,true],"shape":[)" +
         std::to_string(row_count) + ',' + std::to_string(values.size() / row_count) +
         R"(],"typestr":"<f4","version":3})";
}

void quiet_xgboost() {
  XGBRegisterLogCallback([](const char* message) { log_debug(message); });
  XGBSetGlobalConfig(R"({"verbosity":1})");
}

tl::unexpected<Error> xgb_training_failure() {
  return fail(ErrorKind::data, "train.failed", std::string("XGBoost: ") + XGBGetLastError());
}

}  // namespace clm
