#include <memory>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "market/store/columnar_file.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

/// Borrowed values as an Arrow array: numbers without a copy.
template <typename ArrayType, typename T>
std::shared_ptr<arrow::Array> borrowed(std::span<const T> values) {
  return std::make_shared<ArrayType>(
      static_cast<std::int64_t>(values.size()),
      std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(values.data()),
                                      static_cast<std::int64_t>(values.size_bytes())));
}

struct ToArrow {
  arrow::Result<std::shared_ptr<arrow::Array>> operator()(std::span<const std::int64_t> values) const {
    return borrowed<arrow::Int64Array>(values);
  }
  arrow::Result<std::shared_ptr<arrow::Array>> operator()(std::span<const double> values) const {
    return borrowed<arrow::DoubleArray>(values);
  }
  arrow::Result<std::shared_ptr<arrow::Array>> operator()(std::span<const float> values) const {
    return borrowed<arrow::FloatArray>(values);
  }
  arrow::Result<std::shared_ptr<arrow::Array>> operator()(std::span<const std::string> values) const {
    arrow::StringBuilder builder;
    for (const std::string& value : values) ARROW_RETURN_NOT_OK(builder.Append(value));
    return builder.Finish();
  }
};

std::size_t length_of(const ColumnView& column) {
  return std::visit([](const auto& values) { return values.size(); }, column.values);
}

arrow::Status write_to(std::shared_ptr<arrow::io::OutputStream> sink, std::span<const ColumnView> columns,
                       const std::map<std::string, std::string>& metadata, const ParquetWriteOptions& options) {
  parquet::WriterProperties::Builder properties;
  // Doubles hardly repeat: a dictionary costs time and saves nothing. Page checksums are how a reader notices a
  // flipped bit; only integer statistics are ever looked at.
  properties.disable_dictionary()->enable_page_checksum()->disable_statistics();
  if (options.compression == Compression::zstd)
    properties.compression(parquet::Compression::ZSTD)->compression_level(1);
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const ColumnView& column : columns) {
    ARROW_ASSIGN_OR_RAISE(auto array, std::visit(ToArrow{}, column.values));
    if (array->type_id() == arrow::Type::STRING) properties.enable_dictionary(column.name);
    if (array->type_id() == arrow::Type::INT64) properties.enable_statistics(column.name);
    fields.push_back(arrow::field(column.name, array->type(), /*nullable=*/false));
    arrays.push_back(std::move(array));
  }
  const auto rows = static_cast<std::int64_t>(columns.empty() ? 0 : length_of(columns.front()));
  const auto table = arrow::Table::Make(arrow::schema(std::move(fields)), std::move(arrays), rows);
  ARROW_ASSIGN_OR_RAISE(auto writer, parquet::arrow::FileWriter::Open(*table->schema(), arrow::default_memory_pool(),
                                                                      std::move(sink), properties.build()));
  ARROW_RETURN_NOT_OK(writer->WriteTable(*table, static_cast<std::int64_t>(options.rows_per_group)));
  // In the map's order, so that the same table is the same bytes.
  auto pairs = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, text] : metadata) pairs->Append(key, text);
  ARROW_RETURN_NOT_OK(writer->AddKeyValueMetadata(pairs));
  return writer->Close();
}

void check_arguments(std::span<const ColumnView> columns, const ParquetWriteOptions& options) {
  expects(options.rows_per_group >= 1, "a row group holds rows");
  for (const ColumnView& column : columns)
    expects(length_of(column) == length_of(columns.front()), "columns of one table have equal length");
}

/// Runs what calls Arrow; its status and its exceptions become our error.
template <typename Call>
Status written(Call call, ErrorKind kind, const std::string& where) {
  std::string problem;
  try {
    const arrow::Status status = call();
    if (status.ok()) return {};
    problem = status.ToString();
  } catch (const std::exception& thrown) {
    problem = thrown.what();
  }
  return fail(kind, "parquet.write", "cannot write Parquet: " + problem, where,
              kind == ErrorKind::unavailable ? "Check the disk's free space and permissions." : "");
}

}  // namespace

std::vector<ColumnView> views_of(const ColumnarTable& table) {
  std::vector<ColumnView> views;
  for (const Column& column : table.columns)
    std::visit([&](const auto& values) { views.push_back({column.name, std::span(values)}); }, column.values);
  return views;
}

Result<std::string> encode_parquet(std::span<const ColumnView> columns,
                                   const std::map<std::string, std::string>& metadata,
                                   const ParquetWriteOptions& options) {
  check_arguments(columns, options);
  std::string bytes;
  const auto call = [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
    ARROW_RETURN_NOT_OK(write_to(sink, columns, metadata, options));
    ARROW_ASSIGN_OR_RAISE(const auto buffer, sink->Finish());
    bytes.assign(reinterpret_cast<const char*>(buffer->data()), static_cast<std::size_t>(buffer->size()));
    return arrow::Status::OK();
  };
  if (auto done = written(call, ErrorKind::defect, {}); !done) return forward_error(done);
  return bytes;
}

Status write_parquet(const fs::path& path, std::span<const ColumnView> columns,
                     const std::map<std::string, std::string>& metadata, const ParquetWriteOptions& options) {
  check_arguments(columns, options);
  std::error_code failure;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), failure);
  const fs::path aside = aside_path(path);
  const auto call = [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::FileOutputStream::Open(aside.string()));
    ARROW_RETURN_NOT_OK(write_to(sink, columns, metadata, options));
    return sink->Close();
  };
  Status done = written(call, ErrorKind::unavailable, path.string());
  if (done) done = publish(aside, path);
  if (!done) fs::remove(aside, failure);
  return done;
}

Status write_parquet(const fs::path& path, const ColumnarTable& table, const ParquetWriteOptions& options) {
  return write_parquet(path, views_of(table), table.metadata, options);
}

}  // namespace clm
