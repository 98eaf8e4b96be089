// A file that holds too much is refused while no more memory is in use than one file may take.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>

#include "base/file_io.hpp"
#include "market/import/import_file.hpp"
#include "market/store/columnar_file.hpp"
#include "support/temp_directory.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CLM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CLM_SANITIZED 1
#endif
#endif

namespace clm {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t kFirstMs = 1'000'000'000'000;
constexpr std::size_t kManyRows = 2'500'000;

/// A line of /proc/self/status in MB.
long status_mb(const char* name) {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  long kib = -1;
  while (file != nullptr && kib < 0 && std::fgets(line, sizeof line, file) != nullptr)
    if (const std::string text(line); text.starts_with(name)) kib = std::atol(line + std::string(name).size() + 1);
  if (file != nullptr) std::fclose(file);
  return kib / 1'000;
}

struct Refusal {
  int code = -1;       ///< 0: refused with one of the codes that name the limit
  long grown_mb = -1;  ///< by how much the most memory in use grew
};

/// Reads a file in a process of its own.
Refusal read_apart(const fs::path& path, const ImportLimits& limits = {}) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const long before = status_mb("VmRSS:");
    const auto content = read_market_file(path, limits);
    Refusal refusal{1, status_mb("VmHWM:") - before};
    if (!content && content.error().code.starts_with("import.too_") &&
        content.error().remedy.find("max_file_mb") != std::string::npos)
      refusal.code = 0;
    if (content) refusal.code = 2;
    static_cast<void>(::write(ends[1], &refusal, sizeof refusal) + 0);
    ::_exit(0);
  }
  ::close(ends[1]);
  Refusal refusal;
  EXPECT_EQ(::read(ends[0], &refusal, sizeof refusal), static_cast<ssize_t>(sizeof refusal));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return refusal;
}

void expect_refused_cheaply(const fs::path& path) {
  const Refusal refusal = read_apart(path);
  EXPECT_EQ(refusal.code, 0) << path;
#ifndef CLM_SANITIZED
  EXPECT_LE(refusal.grown_mb, 105) << path;
#endif
}

class ImportMemory : public ::testing::Test {
 protected:
  /// Text made of many lines, packed.
  template <typename Line>
  fs::path packed(const std::string& name, const std::string& head, std::size_t count, Line line) const {
    const fs::path path = directory_.path() / name;
    gzFile file = ::gzopen(path.c_str(), "wb1");
    ::gzputs(file, head.c_str());
    std::string block;
    for (std::size_t i = 0; i < count; ++i) {
      block += line(i);
      if (block.size() < 60'000 && i + 1 < count) continue;
      ::gzwrite(file, block.data(), static_cast<unsigned>(block.size()));
      block.clear();
    }
    ::gzclose(file);
    return path;
  }
  ColumnarTable constant_table(std::size_t rows) const {
    ColumnarTable table;
    std::vector<std::int64_t> times(rows);
    for (std::size_t i = 0; i < rows; ++i) times[i] = kFirstMs + static_cast<std::int64_t>(i) * 60'000;
    table.columns.push_back({"date", std::move(times)});
    for (const char* name : {"open", "high", "low", "close", "volume"})
      table.columns.push_back({name, std::vector<double>(rows, 2.0)});
    return table;
  }
  /// As freqtrade writes it, in batches of 65,536 rows.
  fs::path feather(const std::string& name, std::size_t rows, arrow::Compression::type compression) const {
    const fs::path path = directory_.path() / name;
    const ColumnarTable table = constant_table(rows);
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const Column& column : table.columns) {
      if (const auto* times = std::get_if<std::vector<std::int64_t>>(&column.values)) {
        fields.push_back(arrow::field(column.name, arrow::timestamp(arrow::TimeUnit::MILLI, "UTC")));
        arrays.push_back(std::make_shared<arrow::TimestampArray>(fields.back()->type(), std::ssize(*times),
                                                                 arrow::Buffer::Wrap(*times)));
      } else {
        const auto& values = std::get<std::vector<double>>(column.values);
        fields.push_back(arrow::field(column.name, arrow::float64()));
        arrays.push_back(std::make_shared<arrow::DoubleArray>(std::ssize(values), arrow::Buffer::Wrap(values)));
      }
    }
    const auto whole = arrow::Table::Make(arrow::schema(fields), arrays);
    auto sink = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
    auto options = arrow::ipc::IpcWriteOptions::Defaults();
    options.codec = arrow::util::Codec::Create(compression).ValueOrDie();
    auto writer = arrow::ipc::MakeFileWriter(sink, whole->schema(), options).ValueOrDie();
    EXPECT_TRUE(writer->WriteTable(*whole, 65'536).ok() && writer->Close().ok() && sink->Close().ok());
    return path;
  }

  testing::TempDirectory directory_;
};

TEST_F(ImportMemory, APackedCsvOfMillionsOfRows) {
  expect_refused_cheaply(packed("BTCUSDT-1h.csv.gz", "", kManyRows, [](std::size_t i) {
    return std::to_string(kFirstMs + static_cast<std::int64_t>(i) * 60'000) + ",2,4,1,2,9\n";
  }));
  expect_refused_cheaply(
      packed("ETHUSDT-1h.csv.gz", "", 4 * kManyRows, [](std::size_t) { return "1000000000000,2,4,1,2,9\n"; }));
  expect_refused_cheaply(packed("XRPUSDT-1h.csv.gz", "open_time,open,high,low,close,volume\n", 4 * kManyRows,
                                [](std::size_t) { return "x\n"; }));
}

TEST_F(ImportMemory, APackedJsonOfMillionsOfRows) {
  expect_refused_cheaply(packed("BTCUSDT-1h.json.gz", "[", kManyRows, [](std::size_t i) {
    return std::string(i == 0 ? "" : ",") + "[" + std::to_string(kFirstMs + static_cast<std::int64_t>(i) * 60'000) +
           ",2,4,1,2,9]";
  }));
  const ImportLimits limits;
  const auto error_of = [&](const std::string& text) {
    const auto content = read_market_bytes(text, limits);
    return content ? std::string("none") : content.error().code;
  };
  EXPECT_EQ(error_of("[[1672531200000,\"" + std::string(100'000, '1') + "\",4,1,2,9]]"), "import.too_large");
  EXPECT_EQ(error_of(std::string(1'000, '[')), "import.not_candles");
}

TEST_F(ImportMemory, ParquetAndFeatherWithManyRows) {
  const fs::path path = directory_.path() / "BTCUSDT-1m.parquet";
  ASSERT_TRUE(write_parquet(path, constant_table(kManyRows), {Compression::zstd, 1'048'576}));
  expect_refused_cheaply(path);
  expect_refused_cheaply(feather("ETHUSDT-1m.feather", kManyRows, arrow::Compression::LZ4_FRAME));
  expect_refused_cheaply(feather("XRPUSDT-1m.feather", kManyRows, arrow::Compression::ZSTD));
}

TEST_F(ImportMemory, TheLimitThatAnErrorNamesLetsTheFileIn) {
  const fs::path path = directory_.path() / "BTCUSDT-1m.parquet";
  ASSERT_TRUE(write_parquet(path, constant_table(20'000)));
  const fs::path csv = packed("BTCUSDT-1m.csv.gz", "", 20'000, [](std::size_t i) {
    return std::to_string(kFirstMs + static_cast<std::int64_t>(i) * 60'000) + ",2,4,1,2,9\n";
  });
  for (const fs::path& file : {path, csv}) {
    ImportLimits limits;
    limits.max_memory_bytes = 1'000'000;
    const auto refused = read_market_file(file, limits);
    ASSERT_FALSE(refused) << file;
    EXPECT_EQ(refused.error().code, "import.too_many_rows");
    unsigned long needed = 0;
    const std::string& remedy = refused.error().remedy;
    ASSERT_EQ(std::sscanf(remedy.c_str(), "Set max_file_mb = %lu", &needed), 1) << remedy;
    EXPECT_LE(needed, 4U) << remedy;
    limits.max_memory_bytes = needed * 1'000'000;
    const auto read = read_market_file(file, limits);
    ASSERT_TRUE(read) << file << to_string(read.error());
    EXPECT_EQ(read->rows_read, 20'000U);
  }
}

TEST_F(ImportMemory, ManySymbolsInOneFileAreBounded) {
  ImportLimits limits;
  limits.max_symbols = 10;
  std::string text = "symbol,open_time,open,high,low,close,volume\n";
  for (int i = 0; i < 20; ++i) text += "S" + std::to_string(i) + ",1000000000000,2,4,1,2,9\n";
  const auto content = read_market_bytes(text, limits);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->candles.size(), 10U);
  EXPECT_EQ(content->quarantine.count(), 10U);
}

}  // namespace
}  // namespace clm
