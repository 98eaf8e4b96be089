#include "market/store/columnar_file.hpp"

#include <cmath>
#include <fstream>
#include <memory>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "base/file_io.hpp"
#include "market/series/candle.hpp"
#include "support/temp_directory.hpp"
#include "support/testdata.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;
using testing::TempDirectory;

ColumnarTable small_table(std::size_t rows = 40) {
  std::vector<std::int64_t> times;
  std::vector<double> prices;
  std::vector<float> shares;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows; ++i) {
    times.push_back(static_cast<std::int64_t>(i) * 3'600'000 - 7);
    prices.push_back(i % 7 == 3 ? kMissing : 0.1 * static_cast<double>(i));
    shares.push_back(0.5F * static_cast<float>(i));
    names.push_back(i % 2 == 0 ? "BTCUSDT" : "");
  }
  return {{{"time", times}, {"price", prices}, {"share", shares}, {"symbol", names}}, {{"b", "2"}, {"a", "1"}}};
}

const std::vector<ColumnRequest>& small_requests() {
  static const std::vector<ColumnRequest> requests = {{"time", ColumnType::int64},
                                                      {"price", ColumnType::float64},
                                                      {"share", ColumnType::float32},
                                                      {"symbol", ColumnType::text}};
  return requests;
}

template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
    return true;
  }
  return a == b;
}

bool same(const ColumnarTable& a, const ColumnarTable& b) {
  return same(a.values<std::int64_t>("time"), b.values<std::int64_t>("time")) &&
         same(a.values<double>("price"), b.values<double>("price")) &&
         same(a.values<float>("share"), b.values<float>("share")) &&
         same(a.values<std::string>("symbol"), b.values<std::string>("symbol"));
}

void write_bytes(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(ColumnarFile, WhatIsWrittenIsRead) {
  const TempDirectory directory;
  const fs::path path = directory.path() / "deep" / "table.parquet";
  for (const auto compression : {Compression::none, Compression::zstd}) {
    ASSERT_TRUE(write_parquet(path, small_table(), {compression, 7}));
    const auto read = read_parquet(path, small_requests());
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_TRUE(same(*read, small_table()));
    EXPECT_EQ(read->metadata, small_table().metadata);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator()), 1);
}

TEST(ColumnarFile, TheSameTableIsTheSameBytes) {
  const TempDirectory directory;
  const auto table = small_table();
  const auto bytes = encode_parquet(views_of(table), table.metadata);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, *encode_parquet(views_of(small_table()), table.metadata));
  ASSERT_TRUE(write_parquet(directory.path() / "t.parquet", table));
  EXPECT_EQ(*bytes, *read_file(directory.path() / "t.parquet"));
}

TEST(ColumnarFile, AnEmptyTableKeepsItsColumns) {
  const TempDirectory directory;
  const fs::path path = directory.path() / "t.parquet";
  ASSERT_TRUE(write_parquet(path, small_table(0)));
  const auto read = read_parquet(path, small_requests());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->columns.size(), 4U);
  EXPECT_EQ(read->rows(), 0U);
}

TEST(ColumnarFile, InspectStatesRowsTypesAndSpan) {
  const TempDirectory directory;
  const fs::path path = directory.path() / "t.parquet";
  ASSERT_TRUE(write_parquet(path, small_table(40), {Compression::none, 16}));
  const auto info = inspect_parquet(path);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->rows, 40U);
  ASSERT_EQ(info->columns.size(), 4U);
  EXPECT_EQ(info->columns[0].min, -7);
  EXPECT_EQ(info->columns[0].max, 39 * 3'600'000 - 7);
  EXPECT_EQ(info->columns[1].type, ColumnType::float64);
  EXPECT_EQ(info->columns[3].type, ColumnType::text);
  EXPECT_EQ(info->metadata.at("a"), "1");
}

TEST(ColumnarFile, AsksForWhatTheFileHas) {
  const TempDirectory directory;
  const fs::path path = directory.path() / "t.parquet";
  ASSERT_TRUE(write_parquet(path, small_table()));
  const auto code = [&](const ColumnRequest& request) {
    const auto read = read_parquet(path, std::span(&request, 1));
    return read ? std::string() : read.error().code;
  };
  EXPECT_EQ(code({"absent", ColumnType::float64}), "parquet.column");
  EXPECT_EQ(code({"symbol", ColumnType::float64}), "parquet.column");
  EXPECT_EQ(code({"price", ColumnType::text}), "parquet.column");
  EXPECT_EQ(code({"price", ColumnType::int64}), "parquet.value");
  EXPECT_EQ(code({"absent", ColumnType::float64, ColumnRequest::Presence::optional}), "");
  EXPECT_EQ(read_parquet(directory.path() / "none", small_requests()).error().code, "parquet.read");
  EXPECT_EQ(read_parquet(directory.path(), small_requests()).error().code, "parquet.read");
  EXPECT_EQ(read_feather(path, small_requests()).error().code, "feather.corrupt");
  write_bytes(directory.path() / "empty", "");
  EXPECT_EQ(read_parquet(directory.path() / "empty", small_requests()).error().code, "parquet.corrupt");
}

// A foreign file: times in us and ns, small integers, nulls, a dictionary of texts, more than one batch.
std::shared_ptr<arrow::Table> foreign_table() {
  const auto chunk = [](const std::shared_ptr<arrow::DataType>& type, const std::vector<std::optional<int>>& values) {
    std::shared_ptr<arrow::Array> array;
    const auto fill = [&](auto&& builder) {
      for (const auto& value : values)
        EXPECT_TRUE(value ? builder.Append(static_cast<std::int32_t>(*value)).ok() : builder.AppendNull().ok());
      EXPECT_TRUE(builder.Finish(&array).ok());
    };
    if (type->id() == arrow::Type::TIMESTAMP) fill(arrow::TimestampBuilder(type, arrow::default_memory_pool()));
    if (type->id() == arrow::Type::DATE32) fill(arrow::Date32Builder());
    if (type->id() == arrow::Type::INT32) fill(arrow::Int32Builder());
    return array;
  };
  arrow::StringDictionaryBuilder words;
  EXPECT_TRUE(words.Append("x").ok() && words.AppendNull().ok() && words.Append("y").ok());
  const auto us = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), ns = arrow::timestamp(arrow::TimeUnit::NANO);
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("us", us), arrow::field("ns", ns), arrow::field("day", arrow::date32()),
                     arrow::field("count", arrow::int32()), arrow::field("word", words.type())}),
      std::vector<std::shared_ptr<arrow::Array>>{
          chunk(us, {-1, 1'999, 2'000}), chunk(ns, {0, 1'000'000, 1'999'999}), chunk(arrow::date32(), {0, 1, -1}),
          chunk(arrow::int32(), {5, std::nullopt, -3}), words.Finish().ValueOrDie()});
  return arrow::ConcatenateTables({table, table}).ValueOrDie();
}

void check_foreign(const Result<ColumnarTable>& read) {
  ASSERT_TRUE(read) << to_string(read.error());
  using Integers = std::vector<std::int64_t>;
  EXPECT_EQ(read->values<std::int64_t>("us"), (Integers{-1, 1, 2, -1, 1, 2})) << "rounded down, also before 1970";
  EXPECT_EQ(read->values<std::int64_t>("ns"), (Integers{0, 1, 1, 0, 1, 1}));
  EXPECT_EQ(read->values<std::int64_t>("day"), (Integers{0, 86'400'000, -86'400'000, 0, 86'400'000, -86'400'000}));
  EXPECT_TRUE(same(read->values<double>("count"), {5, kMissing, -3, 5, kMissing, -3}));
  EXPECT_EQ(read->values<std::string>("word"), (std::vector<std::string>{"x", "", "y", "x", "", "y"}));
}

const std::vector<ColumnRequest>& foreign_requests() {
  static const std::vector<ColumnRequest> requests = {{"word", ColumnType::text},
                                                      {"us", ColumnType::int64},
                                                      {"ns", ColumnType::int64},
                                                      {"day", ColumnType::int64},
                                                      {"count", ColumnType::float64}};
  return requests;
}

fs::path write_foreign_feather(const fs::path& directory) {
  const fs::path path = directory / "foreign.feather";
  auto sink = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.codec = arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME).ValueOrDie();
  auto writer = arrow::ipc::MakeFileWriter(sink, foreign_table()->schema(), options).ValueOrDie();
  EXPECT_TRUE(writer->WriteTable(*foreign_table()).ok() && writer->Close().ok() && sink->Close().ok());
  return path;
}

TEST(ColumnarFile, ConvertsWhatOthersWrite) {
  const TempDirectory directory;
  const fs::path path = directory.path() / "foreign.parquet";
  auto sink = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*foreign_table(), arrow::default_memory_pool(), sink, 2).ok());
  ASSERT_TRUE(sink->Close().ok());
  check_foreign(read_parquet(path, foreign_requests()));
  const fs::path feather = write_foreign_feather(directory.path());
  check_foreign(read_feather(feather, foreign_requests()));
  const auto info = inspect_feather(feather);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->rows, 6U);
  const ColumnRequest nulls{"count", ColumnType::int64};
  EXPECT_EQ(read_feather(feather, std::span(&nulls, 1)).error().code, "feather.value");
}

// Every truncation and every flipped bit (a few per byte) gives an error or, where the bit meant nothing, the values.
TEST(ColumnarFile, DamagedParquetIsAnErrorNeverWrongValues) {
  const TempDirectory directory;
  const fs::path path = directory.path() / "t.parquet";
  const auto table = small_table(12);
  const std::string bytes = *encode_parquet(views_of(table), table.metadata);
  for (std::size_t size = 0; size < bytes.size(); size += 3) {
    write_bytes(path, std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(read_parquet(path, small_requests())) << size;
    EXPECT_FALSE(inspect_parquet(path)) << size;
  }
  const auto byte_at = [&](std::size_t back) { return static_cast<unsigned char>(bytes[bytes.size() - back]); };
  const std::size_t footer_bytes = byte_at(8) + byte_at(7) * 256U + 8U;
  int refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ (1 << (i * 5 % 8)));
    write_bytes(path, altered);
    const auto read = read_parquet(path, small_requests());
    static_cast<void>(inspect_parquet(path));
    if (!read) ++refused;
    if (read && i < bytes.size() - footer_bytes) {
      EXPECT_TRUE(same(*read, table)) << "byte " << i;
    }
  }
  EXPECT_GT(refused, static_cast<int>(bytes.size()) / 3);
}

TEST(ColumnarFile, DamagedFeatherNeverCrashes) {
  const TempDirectory directory;
  const std::string bytes = *read_file(write_foreign_feather(directory.path()));
  const fs::path path = directory.path() / "damaged.feather";
  for (std::size_t size = 0; size < bytes.size(); size += 5) {
    write_bytes(path, std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(read_feather(path, foreign_requests())) << size;
  }
  int refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ (1 << (i * 3 % 8)));
    write_bytes(path, altered);
    refused += read_feather(path, foreign_requests()) ? 0 : 1;
    static_cast<void>(inspect_feather(path));
  }
  EXPECT_GT(refused, 100);
}

TEST(ColumnarFile, ReadsFreqtradeFeather) {
  const auto data = testing::test_data("freqtrade");
  if (!data) GTEST_SKIP() << testing::kNoTestData;
  fs::path path;
  for (const auto& entry : fs::directory_iterator(*data / "freqtrade"))
    if (entry.path().extension() == ".feather") path = entry.path();
  const std::vector<ColumnRequest> columns = {{"date", ColumnType::int64}, {"close", ColumnType::float64}};
  const auto read = read_feather(path, columns);
  ASSERT_TRUE(read) << to_string(read.error());
  ASSERT_EQ(read->rows(), 5'760U);
  EXPECT_EQ(read->values<std::int64_t>("date").front(), 1'515'560'100'000) << "the first row of the CSV beside it";
  EXPECT_EQ(read->values<std::int64_t>("date")[1] - read->values<std::int64_t>("date")[0], 300'000);
}

}  // namespace
}  // namespace clm
