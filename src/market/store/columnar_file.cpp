#include "market/store/columnar_file.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include "base/file_io.hpp"
#include "base/shown_text.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

/// Arrow quotes what it finds in a file.
constexpr std::size_t kMostShownOfArrow = 200;

/// What one call to Arrow reads with: no threads, and no more memory than a file may ask for.
class Source {
 public:
  Source(std::string area, const fs::path& path, std::int64_t most_bytes = kMostColumnarBytes)
      : area_(std::move(area)), path_(path), most_bytes_(most_bytes) {}

  tl::unexpected<Error> error(std::string_view what, std::string message, std::string remedy = {}) const {
    return fail(ErrorKind::data, area_ + "." + std::string(what), std::move(message), path_.string(),
                std::move(remedy));
  }
  tl::unexpected<Error> error(const arrow::Status& status) const {
    if (status.IsOutOfMemory()) return too_large();
    return error("corrupt", "not a whole " + area_ + " file: " + shown(status.message(), kMostShownOfArrow),
                 "Fetch or export the file again; if it is another format, import it as that.");
  }

  tl::unexpected<Error> too_large() const {
    return error("too_large", "needs more than " + std::to_string(most_bytes_ / 1'000'000) + " MB for one column");
  }

  std::int64_t most_bytes() const { return most_bytes_; }

  /// A directory or a pipe is refused before anything waits for it.
  Status exists() const {
    std::error_code failure;
    if (fs::is_regular_file(path_, failure)) return {};
    return fail(ErrorKind::unavailable, area_ + ".read",
                fs::exists(path_, failure) ? "it is not a regular file" : "there is no such file", path_.string());
  }
  Result<std::string> load() const {
    if (auto there = exists(); !there) return forward_error(there);
    auto bytes = read_file(path_, static_cast<std::uint64_t>(most_bytes_));
    if (!bytes)
      return fail(bytes.error().kind, area_ + (bytes.error().code == "file.too_large" ? ".too_large" : ".read"),
                  bytes.error().message, path_.string(), bytes.error().remedy);
    return bytes;
  }
  Result<std::shared_ptr<arrow::io::ReadableFile>> open() {
    if (auto there = exists(); !there) return forward_error(there);
    auto file = arrow::io::ReadableFile::Open(path_.string(), pool());
    if (!file.ok())
      return fail(ErrorKind::unavailable, area_ + ".read", "cannot open: " + file.status().message(), path_.string());
    return *file;
  }
  arrow::MemoryPool* pool() { return &pool_; }

  /// Runs what calls Arrow; its exceptions become our error.
  template <typename Call>
  auto guarded(Call call) -> decltype(call()) {
    try {
      return call();
    } catch (const std::bad_alloc&) {
      return error("too_large", "there is not enough memory for what the file says it holds");
    } catch (const std::exception& thrown) {
      return error(arrow::Status::Invalid(thrown.what()));
    }
  }

 private:
  std::string area_;
  fs::path path_;
  std::int64_t most_bytes_;
  arrow::CappedMemoryPool pool_{arrow::default_memory_pool(), most_bytes_};
};

// --- From Arrow's arrays to ours -------------------------------------------------------------------------------

/// What the values of a time column are multiplied or divided by to become ms. {1, 1} for plain numbers.
struct Scale {
  std::int64_t multiply = 1, divide = 1;
};

Scale scale_of(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::DATE32: return {86'400'000, 1};
    case arrow::Type::TIMESTAMP:
      switch (static_cast<const arrow::TimestampType&>(type).unit()) {
        case arrow::TimeUnit::SECOND: return {1'000, 1};
        case arrow::TimeUnit::MILLI: return {1, 1};
        case arrow::TimeUnit::MICRO: return {1, 1'000};
        case arrow::TimeUnit::NANO: return {1, 1'000'000};
      }
      return {};
    default: return {};
  }
}

std::optional<ColumnType> nearest_type(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64: return ColumnType::int64;
    case arrow::Type::FLOAT: return ColumnType::float32;
    case arrow::Type::DOUBLE: return ColumnType::float64;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING: return ColumnType::text;
    case arrow::Type::DICTIONARY:
      if (nearest_type(*static_cast<const arrow::DictionaryType&>(type).value_type()) == ColumnType::text)
        return ColumnType::text;
      return std::nullopt;
    default: return std::nullopt;
  }
}

/// One value as asked; false if it cannot be that.
template <typename Out, typename In>
bool convert(In value, const Scale& scale, Out& out) {
  if constexpr (std::is_floating_point_v<Out>) {
    out = static_cast<Out>(value);
    if (scale.multiply != 1) out *= static_cast<Out>(scale.multiply);
    if (scale.divide != 1) out = std::floor(out / static_cast<Out>(scale.divide));
    return true;
  } else if constexpr (std::is_floating_point_v<In>) {
    constexpr double kLimit = 9.2233720368547758e18;
    if (!(value >= -kLimit && value < kLimit) || std::trunc(value) != value) return false;
    out = static_cast<Out>(value);
    return true;
  } else {
    if constexpr (std::is_same_v<In, std::uint64_t>)
      if (value > static_cast<std::uint64_t>(std::numeric_limits<Out>::max())) return false;
    const auto number = static_cast<std::int64_t>(value);
    if (__builtin_mul_overflow(number, scale.multiply, &out)) return false;
    // Rounded down, also before 1970.
    if (scale.divide != 1) out = out / scale.divide - (out % scale.divide < 0 ? 1 : 0);
    return true;
  }
}

template <typename ArrayType, typename Out>
bool append_numbers(const arrow::Array& any, std::vector<Out>& out) {
  const auto& array = static_cast<const ArrayType&>(any);
  const Scale scale = scale_of(*any.type());
  if constexpr (!std::is_same_v<ArrayType, arrow::BooleanArray>) {
    if constexpr (std::is_same_v<typename ArrayType::value_type, Out>) {
      if (array.null_count() == 0 && scale.multiply == 1 && scale.divide == 1) {
        out.insert(out.end(), array.raw_values(), array.raw_values() + array.length());
        return true;
      }
    }
  }
  out.reserve(out.size() + static_cast<std::size_t>(array.length()));
  for (std::int64_t i = 0; i < array.length(); ++i) {
    Out value{};
    if (array.IsNull(i)) {
      if constexpr (!std::is_floating_point_v<Out>) return false;
      value = std::numeric_limits<Out>::quiet_NaN();
    } else if (!convert(array.Value(i), scale, value)) {
      return false;
    }
    out.push_back(value);
  }
  return true;
}

template <typename Out>
bool append(const arrow::Array& array, std::vector<Out>& out) {
  switch (array.type_id()) {
    case arrow::Type::BOOL: return append_numbers<arrow::BooleanArray>(array, out);
    case arrow::Type::INT8: return append_numbers<arrow::Int8Array>(array, out);
    case arrow::Type::INT16: return append_numbers<arrow::Int16Array>(array, out);
    case arrow::Type::INT32: return append_numbers<arrow::Int32Array>(array, out);
    case arrow::Type::INT64: return append_numbers<arrow::Int64Array>(array, out);
    case arrow::Type::UINT8: return append_numbers<arrow::UInt8Array>(array, out);
    case arrow::Type::UINT16: return append_numbers<arrow::UInt16Array>(array, out);
    case arrow::Type::UINT32: return append_numbers<arrow::UInt32Array>(array, out);
    case arrow::Type::UINT64: return append_numbers<arrow::UInt64Array>(array, out);
    case arrow::Type::TIMESTAMP: return append_numbers<arrow::TimestampArray>(array, out);
    case arrow::Type::DATE32: return append_numbers<arrow::Date32Array>(array, out);
    case arrow::Type::DATE64: return append_numbers<arrow::Date64Array>(array, out);
    case arrow::Type::FLOAT: return append_numbers<arrow::FloatArray>(array, out);
    case arrow::Type::DOUBLE: return append_numbers<arrow::DoubleArray>(array, out);
    default: return false;
  }
}

/// Bytes of a text column; a dictionary makes many of few.
std::int64_t text_bytes(const arrow::Array& array) {
  std::int64_t bytes = 0;
  const auto add = [&](const auto& texts) {
    for (std::int64_t i = 0; i < texts.length(); ++i)
      bytes += static_cast<std::int64_t>(sizeof(std::string)) + (texts.IsNull(i) ? 0 : texts.value_length(i));
  };
  if (array.type_id() == arrow::Type::STRING) add(static_cast<const arrow::StringArray&>(array));
  if (array.type_id() == arrow::Type::LARGE_STRING) add(static_cast<const arrow::LargeStringArray&>(array));
  if (array.type_id() != arrow::Type::DICTIONARY) return bytes;
  const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
  std::int64_t longest = 0;
  const auto longest_of = [&](const auto& texts) {
    for (std::int64_t i = 0; i < texts.length(); ++i)
      longest = std::max<std::int64_t>(longest, texts.IsNull(i) ? 0 : texts.value_length(i));
  };
  if (coded.dictionary()->type_id() == arrow::Type::STRING)
    longest_of(static_cast<const arrow::StringArray&>(*coded.dictionary()));
  if (coded.dictionary()->type_id() == arrow::Type::LARGE_STRING)
    longest_of(static_cast<const arrow::LargeStringArray&>(*coded.dictionary()));
  return coded.length() * (static_cast<std::int64_t>(sizeof(std::string)) + longest);
}

template <>
bool append(const arrow::Array& array, std::vector<std::string>& out) {
  const auto append_texts = [&](const auto& texts) {
    for (std::int64_t i = 0; i < texts.length(); ++i)
      out.push_back(texts.IsNull(i) ? std::string() : std::string(texts.GetView(i)));
    return true;
  };
  if (array.type_id() == arrow::Type::STRING) return append_texts(static_cast<const arrow::StringArray&>(array));
  if (array.type_id() == arrow::Type::LARGE_STRING)
    return append_texts(static_cast<const arrow::LargeStringArray&>(array));
  if (array.type_id() != arrow::Type::DICTIONARY) return false;
  const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
  std::vector<std::string> words;
  if (!append(*coded.dictionary(), words)) return false;
  for (std::int64_t i = 0; i < coded.length(); ++i)
    out.push_back(coded.IsNull(i) ? std::string() : words[static_cast<std::size_t>(coded.GetValueIndex(i))]);
  return true;
}

ColumnValues empty_values(ColumnType type) {
  switch (type) {
    case ColumnType::int64: return std::vector<std::int64_t>();
    case ColumnType::float64: return std::vector<double>();
    case ColumnType::float32: return std::vector<float>();
    case ColumnType::text: return std::vector<std::string>();
  }
  return {};
}

const char* name_of(ColumnType type) {
  switch (type) {
    case ColumnType::int64: return "integer";
    case ColumnType::float64:
    case ColumnType::float32: return "number";
    case ColumnType::text: return "text";
  }
  return "";
}

/// The field of a schema that a request means; -1 for an optional one that is not there.
Result<int> find_field(const Source& source, const arrow::Schema& schema, const ColumnRequest& request) {
  const std::vector<int> found = schema.GetAllFieldIndices(request.name);
  if (found.size() > 1) return source.error("column", "two columns are called '" + shown(request.name) + "'");
  if (found.empty()) {
    if (request.presence == ColumnRequest::Presence::optional) return -1;
    std::string names;
    for (const auto& name : schema.field_names()) names += (names.empty() ? "" : ", ") + name;
    return source.error("column",
                        "no column '" + shown(request.name) + "'; there are: " + shown(names, kMostShownOfArrow));
  }
  const arrow::DataType& type = *schema.field(found.front())->type();
  const auto nearest = nearest_type(type);
  if (!nearest || (*nearest == ColumnType::text) != (request.type == ColumnType::text))
    return source.error("column", "column '" + shown(request.name) + "' is " + type.ToString() +
                                      ", which cannot be read as " + name_of(request.type));
  return found.front();
}

Status append_to(const Source& source, const arrow::Array& array, Column& column) {
  if (auto valid = array.ValidateFull(); !valid.ok()) return source.error(valid);
  if (text_bytes(array) > source.most_bytes()) return source.too_large();
  if (std::visit([&](auto& values) { return append(array, values); }, column.values)) return {};
  return source.error("value", "column '" + shown(column.name) + "' (" + array.type()->ToString() +
                                   ") holds a null, a fraction or a number too large for an integer");
}

std::map<std::string, std::string> metadata_of(const std::shared_ptr<const arrow::KeyValueMetadata>& pairs) {
  std::map<std::string, std::string> metadata;
  if (pairs == nullptr) return metadata;
  for (std::int64_t i = 0; i < pairs->size(); ++i)
    // Arrow's own copy of the schema is not something the file says about itself.
    if (pairs->key(i) != "ARROW:schema") metadata[pairs->key(i)] = pairs->value(i);
  return metadata;
}

std::vector<ColumnInfo> describe(const arrow::Schema& schema) {
  std::vector<ColumnInfo> columns;
  for (const auto& field : schema.fields())
    columns.push_back({field->name(), nearest_type(*field->type()), field->type()->ToString(), {}, {}});
  return columns;
}

// --- Parquet ---------------------------------------------------------------------------------------------------

parquet::ReaderProperties parquet_properties(Source& source) {
  parquet::ReaderProperties properties(source.pool());
  properties.set_page_checksum_verification(true);
  return properties;
}

Result<std::unique_ptr<parquet::arrow::FileReader>> open_parquet(Source& source) {
  auto file = source.open();
  if (!file) return forward_error(file);
  parquet::arrow::FileReaderBuilder builder;
  if (auto opened = builder.Open(*file, parquet_properties(source)); !opened.ok()) return source.error(opened);
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  // Pre-buffering would hand the reads to Arrow's own threads; files are small and local.
  properties.set_pre_buffer(false);
  auto reader = builder.memory_pool(source.pool())->properties(properties)->Build();
  if (!reader.ok()) return source.error(reader.status());
  return std::move(*reader);
}

/// Smallest and largest of an int64 column over all row groups, if every group states them.
void add_statistics(const parquet::FileMetaData& file, ColumnInfo& info) {
  for (int leaf = 0; leaf < file.num_columns(); ++leaf) {
    const parquet::ColumnDescriptor* descriptor = file.schema()->Column(leaf);
    if (descriptor->path()->ToDotString() != info.name || descriptor->physical_type() != parquet::Type::INT64) continue;
    for (int group = 0; group < file.num_row_groups(); ++group) {
      const auto chunk = file.RowGroup(group)->ColumnChunk(leaf);
      const auto statistics = std::dynamic_pointer_cast<parquet::Int64Statistics>(chunk->statistics());
      if (statistics == nullptr || !statistics->HasMinMax()) {
        info.min = info.max = std::nullopt;
        return;
      }
      info.min = std::min(info.min.value_or(statistics->min()), statistics->min());
      info.max = std::max(info.max.value_or(statistics->max()), statistics->max());
    }
    return;
  }
}

// --- Feather ---------------------------------------------------------------------------------------------------

/// From memory, because Arrow reads an IPC file with threads of its own, which may outlive the call.
Result<std::shared_ptr<arrow::ipc::RecordBatchFileReader>> open_feather(Source& source, const std::string& bytes,
                                                                        const std::vector<int>& fields) {
  arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  options.memory_pool = source.pool();
  options.included_fields = fields;
  auto reader = arrow::ipc::RecordBatchFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(std::string_view(bytes))), options);
  if (!reader.ok()) return source.error(reader.status());
  return *reader;
}

}  // namespace

std::size_t ColumnarTable::rows() const {
  return columns.empty() ? 0 : std::visit([](const auto& values) { return values.size(); }, columns.front().values);
}

const Column* ColumnarTable::find(std::string_view name) const {
  for (const Column& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

Result<ColumnarTable> read_parquet(const fs::path& path, std::span<const ColumnRequest> columns,
                                   std::int64_t most_bytes) {
  Source source("parquet", path, most_bytes);
  return source.guarded([&]() -> Result<ColumnarTable> {
    auto reader = open_parquet(source);
    if (!reader) return forward_error(reader);
    std::shared_ptr<arrow::Schema> schema;
    if (auto got = (*reader)->GetSchema(&schema); !got.ok()) return source.error(got);
    const auto rows = (*reader)->parquet_reader()->metadata()->num_rows();
    ColumnarTable table;
    table.metadata = metadata_of((*reader)->parquet_reader()->metadata()->key_value_metadata());
    for (const ColumnRequest& request : columns) {
      const auto field = find_field(source, *schema, request);
      if (!field) return forward_error(field);
      if (*field < 0) continue;
      std::shared_ptr<arrow::ChunkedArray> chunks;
      if (auto got = (*reader)->ReadColumn(*field, &chunks); !got.ok()) return source.error(got);
      if (chunks->length() != rows) return source.error("corrupt", "column '" + shown(request.name) + "' ends early");
      Column column{request.name, empty_values(request.type)};
      for (const auto& chunk : chunks->chunks())
        if (auto done = append_to(source, *chunk, column); !done) return forward_error(done);
      table.columns.push_back(std::move(column));
    }
    return table;
  });
}

Result<ColumnarTable> read_feather(const fs::path& path, std::span<const ColumnRequest> columns,
                                   std::int64_t most_bytes) {
  Source source("feather", path, most_bytes);
  return source.guarded([&]() -> Result<ColumnarTable> {
    const auto bytes = source.load();
    if (!bytes) return forward_error(bytes);
    auto whole = open_feather(source, *bytes, {});
    if (!whole) return forward_error(whole);
    ColumnarTable table;
    std::vector<int> fields;
    for (const ColumnRequest& request : columns) {
      const auto field = find_field(source, *(*whole)->schema(), request);
      if (!field) return forward_error(field);
      if (*field < 0) continue;
      fields.push_back(*field);
      table.columns.push_back({request.name, empty_values(request.type)});
    }
    table.metadata = metadata_of((*whole)->schema()->metadata());
    if (fields.empty()) return table;
    auto reader = open_feather(source, *bytes, fields);
    if (!reader) return forward_error(reader);
    for (int i = 0; i < (*reader)->num_record_batches(); ++i) {
      const auto batch = (*reader)->ReadRecordBatch(i);
      if (!batch.ok()) return source.error(batch.status());
      for (Column& column : table.columns) {
        const auto array = (*batch)->GetColumnByName(column.name);
        if (array == nullptr || array->length() != (*batch)->num_rows())
          return source.error("corrupt", "column '" + shown(column.name) + "' ends early");
        if (auto done = append_to(source, *array, column); !done) return forward_error(done);
      }
    }
    return table;
  });
}

Result<ColumnarInfo> inspect_parquet(const fs::path& path) {
  Source source("parquet", path);
  return source.guarded([&]() -> Result<ColumnarInfo> {
    auto file = source.open();
    if (!file) return forward_error(file);
    const auto reader = parquet::ParquetFileReader::Open(*file, parquet_properties(source));
    const auto metadata = reader->metadata();
    std::shared_ptr<arrow::Schema> schema;
    auto got = parquet::arrow::FromParquetSchema(metadata->schema(), parquet::default_arrow_reader_properties(),
                                                 metadata->key_value_metadata(), &schema);
    if (!got.ok()) return source.error(got);
    if (metadata->num_rows() < 0) return source.error("corrupt", "it says that it holds fewer than no rows");
    ColumnarInfo info{static_cast<std::size_t>(metadata->num_rows()), describe(*schema),
                      metadata_of(metadata->key_value_metadata())};
    for (ColumnInfo& column : info.columns) add_statistics(*metadata, column);
    return info;
  });
}

Result<ColumnarInfo> inspect_feather(const fs::path& path, std::int64_t most_bytes) {
  Source source("feather", path, most_bytes);
  return source.guarded([&]() -> Result<ColumnarInfo> {
    const auto bytes = source.load();
    if (!bytes) return forward_error(bytes);
    auto reader = open_feather(source, *bytes, {});
    if (!reader) return forward_error(reader);
    const auto rows = (*reader)->CountRows();
    if (!rows.ok()) return source.error(rows.status());
    if (*rows < 0) return source.error("corrupt", "it says that it holds fewer than no rows");
    return ColumnarInfo{static_cast<std::size_t>(*rows), describe(*(*reader)->schema()),
                        metadata_of((*reader)->schema()->metadata())};
  });
}

}  // namespace clm
