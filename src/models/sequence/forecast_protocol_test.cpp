#include "models/sequence/forecast_protocol.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "support/temp_directory.hpp"
#include "support/testdata.hpp"

namespace clm {
namespace {

std::filesystem::path write(const testing::TempDirectory& directory, const std::string& text) {
  const auto path = directory.path() / "table.csv";
  std::ofstream(path) << text;
  return path;
}

TEST(WideTable, ReadsColumnsBesideTheDateWhereverItStands) {
  const testing::TempDirectory directory;
  const auto table = read_wide_table(write(directory, "a,Date,b\r\n1.5,2020-01-01,\r\n-2e3,2020-01-02,nan\n3,x,4"));
  ASSERT_TRUE(table) << to_string(table.error());
  EXPECT_EQ(table->columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table->dates, (std::vector<std::string>{"2020-01-01", "2020-01-02", "x"}));
  EXPECT_EQ(table->values[0], (std::vector<double>{1.5, -2000, 3}));
  EXPECT_TRUE(std::isnan(table->values[1][0]) && std::isnan(table->values[1][1]));
  EXPECT_EQ(table->values[1][2], 4);
}

TEST(WideTable, SaysWhatIsWrongAndWhere) {
  const testing::TempDirectory directory;
  const auto code = [&](const std::string& text) {
    const auto table = read_wide_table(write(directory, text));
    return table ? std::string("accepted") : table.error().code;
  };
  EXPECT_EQ(code(""), "table.empty");
  EXPECT_EQ(code("date,a\n"), "table.empty");
  EXPECT_EQ(code("a,b\n1,2\n"), "table.header");
  EXPECT_EQ(code("date\nx\n"), "table.header");
  EXPECT_EQ(code("date,a,a\nx,1,2\n"), "table.header");
  EXPECT_EQ(code("date,a\nx,1,2\n"), "table.row_width");
  EXPECT_EQ(code("date,a\nx,inf\n"), "table.number");
  const auto bad = read_wide_table(write(directory, "date,a\nx,1\ny,oops\n"));
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().where.find(":3, column a"), std::string::npos) << bad.error().where;
  EXPECT_EQ(read_wide_table(directory.path() / "none.csv").error().code, "import.missing");
}

WideTable counted(std::size_t rows) {
  WideTable table;
  table.columns = {"a", "b"};
  table.values.resize(2);
  for (std::size_t row = 0; row < rows; ++row) {
    table.values[0].push_back(static_cast<double>(row));
    table.values[1].push_back(100 + static_cast<double>(row * row));
    table.dates.emplace_back();
  }
  return table;
}

TEST(SlidingWindows, HoldInputThenTargetAndSkipWhatIsUnknown) {
  WideTable table = counted(12);
  table.values[1][5] = std::numeric_limits<double>::quiet_NaN();
  StandardisedTable plain;
  for (const auto& column : table.values) plain.values.emplace_back(column.begin(), column.end());
  const SlidingWindows windows(plain, {1, 11}, 3, 2);
  // Ten rows, five to a window: six starts of column a; of column b only that at row 6, behind the gap.
  EXPECT_EQ(windows.starts(), 6u);
  EXPECT_EQ(windows.size(), 7u);
  WindowBatch batch;
  const std::uint32_t last[] = {6, 0};
  windows.read(last, batch);
  EXPECT_EQ(batch.inputs, (std::vector<float>{136, 149, 164, 1, 2, 3}));
  EXPECT_EQ(batch.targets, (std::vector<float>{181, 200, 4, 5}));
  EXPECT_EQ(SlidingWindows(plain, {0, 4}, 3, 2).size(), 0u);
}

TEST(Standardise, ReadsTrainingRowsOnly) {
  WideTable table = counted(10), later = table;
  later.values[0][9] = 1e9;
  const auto a = standardise(table, {0, 6}), b = standardise(later, {0, 6});
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.sd, b.sd);
  EXPECT_DOUBLE_EQ(a.mean[0], 2.5);
  EXPECT_DOUBLE_EQ(a.sd[0], std::sqrt(35.0 / 12));
  WideTable constant = counted(4);
  constant.values[0].assign(4, 7.0);
  EXPECT_EQ(standardise(constant, {0, 4}).values[0], std::vector<float>(4, 0.0F));
}

TEST(ProtocolSplit, IsThatOfThePapers) {
  const auto hourly = *protocol_split("ETTh1", 17420);
  EXPECT_EQ(hourly.training().to, 8640u);
  EXPECT_EQ(hourly.validation(336).from, 8304u);
  EXPECT_EQ(hourly.test(336).from, 11184u);
  EXPECT_EQ(hourly.test(336).to, 14400u);
  EXPECT_EQ(protocol_split("ETTm1", 69680)->training_rows, 34560u);
  const auto other = *protocol_split("weather", 1003);
  EXPECT_EQ(other.training_rows, 702u);
  EXPECT_EQ(other.test_rows, 200u);
  EXPECT_EQ(other.validation_rows, 101u);
  EXPECT_EQ(protocol_split("ETTh2", 1000).error().code, "table.too_short");
}

// The naive forecast needs no training: its published figures hold or the data path is wrong. All windows; values from
// the reference computation that reproduces the 24 cells of Zeng et al. (2023), table 2.
TEST(NaiveError, ReproducesThePublishedTable) {
  const auto data = testing::test_data("ett");
  if (!data) GTEST_SKIP() << testing::kNoTestData;
  struct Cell {
    const char* series;
    std::size_t horizon, windows;
    double mse, mae;
  };
  for (const Cell& cell : {Cell{"ETTh1", 96, 2785, 1.2944, .7132}, Cell{"ETTh1", 192, 2689, 1.3249, .7331},
                           Cell{"ETTh1", 336, 2545, 1.3299, .7460}, Cell{"ETTh1", 720, 2161, 1.3351, .7550},
                           Cell{"ETTh2", 96, 2785, .4317, .4216}, Cell{"ETTh2", 720, 2161, .5945, .5190}}) {
    const auto table = read_wide_table(*data / "ett" / (std::string(cell.series) + ".csv.gz"));
    ASSERT_TRUE(table) << to_string(table.error());
    const auto split = *protocol_split(cell.series, table->rows());
    const StandardisedTable scaled = standardise(*table, split.training());
    const SlidingWindows test(scaled, split.test(1), 1, cell.horizon);
    EXPECT_EQ(test.starts(), cell.windows);
    const auto error = *naive_error(test);
    EXPECT_NEAR(error.mse, cell.mse, 6e-5) << cell.series << " " << cell.horizon;
    EXPECT_NEAR(error.mae, cell.mae, 6e-5) << cell.series << " " << cell.horizon;
  }
}

}  // namespace
}  // namespace clm
