#include "features/engine/feature_export.hpp"

#include <algorithm>

#include "market/store/columnar_file.hpp"

namespace clm {

Result<std::size_t> export_features(const FeatureFrame& frame, std::span<const Symbol> symbols,
                                    const std::filesystem::path& file) {
  std::vector<std::size_t> chosen;
  for (const auto& symbol : symbols) {
    const auto found = std::find(frame.symbols.begin(), frame.symbols.end(), symbol);
    if (found == frame.symbols.end())
      return fail(ErrorKind::usage, "features.unknown_symbol", "there are no candles of " + symbol.str(), symbol.str(),
                  "`clm data` lists what is stored.");
    chosen.push_back(static_cast<std::size_t>(found - frame.symbols.begin()));
  }
  if (chosen.empty())
    for (std::size_t s = 0; s < frame.symbols.size(); ++s) chosen.push_back(s);

  std::vector<std::string> symbol_column;
  std::vector<std::int64_t> time_column;
  for (const auto s : chosen) {
    symbol_column.insert(symbol_column.end(), frame.symbol_begin[s + 1] - frame.symbol_begin[s],
                         frame.symbols[s].str());
    time_column.insert(time_column.end(),
                       frame.open_time_ms.begin() + static_cast<std::ptrdiff_t>(frame.symbol_begin[s]),
                       frame.open_time_ms.begin() + static_cast<std::ptrdiff_t>(frame.symbol_begin[s + 1]));
  }
  std::vector<std::vector<float>> features(frame.columns());
  std::vector<ColumnView> columns{{"symbol", std::span<const std::string>(symbol_column)},
                                  {"open_time", std::span<const std::int64_t>(time_column)}};
  for (std::size_t c = 0; c < frame.columns(); ++c) {
    features[c].reserve(time_column.size());
    for (const auto s : chosen)
      for (std::size_t row = frame.symbol_begin[s]; row < frame.symbol_begin[s + 1]; ++row)
        features[c].push_back(frame.values[row * frame.columns() + c]);
    columns.push_back({frame.names[c], std::span<const float>(features[c])});
  }
  ParquetWriteOptions options;
  options.compression = Compression::zstd;
  const std::map<std::string, std::string> metadata{{"feature_set", frame.set_name}, {"feature_hash", frame.set_hash}};
  if (auto written = write_parquet(file, columns, metadata, options); !written) return forward_error(written);
  return time_column.size();
}

}  // namespace clm
