// Bad input and a full disk: what was wrong, where, and nothing lost.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <zlib.h>

#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t kStartMs = 1'672'531'200'000;

std::string row(int hour, const std::string& close = "2") {
  return std::to_string(kStartMs + hour * 3'600'000LL) + ",2,4,1," + close + ",9\n";
}
std::string rows(int count, int from = 0) {
  std::string text;
  for (int i = 0; i < count; ++i) text += row(from + i);
  return text;
}
std::string gzip(const std::string& text) {
  std::string packed(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class BadInput : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (place_.beside() / name).string(); }
  /// The refusal of a file with this content, nothing of which may be stored.
  nlohmann::json refusal(const std::string& name, const std::string& content, int exit_code = 3) const {
    place_.write(name, content);
    const auto error = place_.error({"import", path(name)}, exit_code);
    EXPECT_NE(error["where"].get<std::string>().find(name), std::string::npos) << error;
    EXPECT_EQ(place_.json({"data"})["series"].size(), 0u);
    return error;
  }
  nlohmann::json imported(const std::string& name, const std::string& content) const {
    place_.write(name, content);
    return place_.json({"import", path(name)});
  }
  TestWorkspace place_;
};

TEST_F(BadInput, AFileThatCannotBeUsedIsRefusedByName) {
  const std::string packed = gzip(rows(5'000));
  refusal("BTCUSDT-1h.csv.gz", packed.substr(0, packed.size() / 2));
  EXPECT_EQ(refusal("EMPTY-1h.csv", "")["code"], "import.empty");
  EXPECT_EQ(refusal("data.csv", rows(5))["code"], "import.no_symbol");
  std::string mixed = rows(50);
  for (int i = 0; i < 50; ++i) mixed += std::to_string(kStartMs + 50 * 3'600'000LL + i * 300'000LL) + ",2,4,1,2,9\n";
  EXPECT_EQ(refusal("BTCUSDT-1h.csv", mixed)["code"], "import.mixed_intervals");
  EXPECT_EQ(refusal("ETHUSDT-1m.csv", rows(20))["code"], "import.interval_mismatch");
  EXPECT_EQ(refusal("XRPUSDT-1h.json",
                    R"({"symbol":"ETHUSDT","interval":"1h","candles":[[1672531200000,2,4,1,3,9]]})")["code"],
            "import.symbol_mismatch");
}

TEST_F(BadInput, APathThatIsNoneOrHoldsNothingIsRefused) {
  EXPECT_EQ(place_.error({"import", path("nowhere.csv")}, 6)["code"], "import.missing");
  fs::create_directories(path("empty"));
  place_.error({"import", path("empty")}, 3);
}

TEST_F(BadInput, AnImportOfWhichEveryRowIsQuarantinedHasTheExitCodeOfBadData) {
  place_.write("BTCUSDT-1h.csv", row(0, "two") + row(1, "nan") + row(2, "-1"));
  const Outcome outcome = place_.run({"import", "--json", path("BTCUSDT-1h.csv")});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.describe();
  EXPECT_EQ(outcome.json()["rows_quarantined"], 3);
  place_.write("ETHUSDT-1h.csv", std::to_string(2'524'608'000'000LL) + ",2,4,1,2,9\n" +
                                     std::to_string(2'524'611'600'000LL) + ",2,4,1,2,9\n");
  const Outcome future = place_.run({"import", "--json", path("ETHUSDT-1h.csv")});
  EXPECT_EQ(future.exit_code, 3) << future.describe();
  EXPECT_EQ(future.json()["rows_stored"], 0);
}

TEST_F(BadInput, TheLimitOfAFileIsASettingAndTheErrorSaysWhich) {
  const std::string many = rows(15'000);
  place_.environment["CLM_IMPORT_MAX_FILE_MB"] = "1";
  const auto refused = refusal("BTCUSDT-1h.csv.gz", gzip(many));
  EXPECT_EQ(refused["code"], "import.too_many_rows");
  const std::string remedy = refused["remedy"];
  EXPECT_EQ(remedy.find("Set max_file_mb = 3 under [import]"), 0U) << remedy;
  place_.environment["CLM_IMPORT_MAX_FILE_MB"] = "3";
  EXPECT_EQ(imported("BTCUSDT-1h.csv.gz", gzip(many))["rows_stored"], 15'000);
}

TEST_F(BadInput, ASymbolIsTakenAsPeopleWriteItAndAPathIsNone) {
  place_.simulate(300);
  const std::string stored = place_.json({"data"})["series"][0]["symbol"];
  const std::string pair = stored.substr(0, stored.size() - 4) + "/" + stored.substr(stored.size() - 4);
  const auto rows_of = [&](const std::string& symbol) {
    return place_.json({"features", "--export", path("f.parquet"), "--symbol", symbol})["rows"];
  };
  const auto rows = rows_of(stored);
  EXPECT_EQ(rows, 300);
  EXPECT_EQ(rows_of(pair), rows);
  EXPECT_EQ(rows_of(pair + ":USDT"), rows);
  std::string small = stored;
  for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  EXPECT_EQ(rows_of(small), rows);
  const auto refused = place_.error({"features", "--export", path("f.parquet"), "--symbol", "./data/BTCUSDT.csv"}, 2);
  EXPECT_EQ(refused["code"], "symbol.path");
  place_.environment["CLM_UNIVERSE_SYMBOLS"] = pair;
  EXPECT_EQ(place_.json({"regimes"})["symbols"].size(), 1U);
  place_.environment["CLM_UNIVERSE_SYMBOLS"] = "./data/BTCUSDT.csv";
  EXPECT_EQ(place_.error({"regimes"}, 2)["code"], "symbol.path");
}

TEST_F(BadInput, BadRowsAreQuarantinedWithTheirLineAndTheRestIsStored) {
  const auto report = imported("BTCUSDT-1h.csv", rows(50) + row(50, "two") + row(51, "nan") + row(52, "inf") +
                                                     row(53, "-2") + row(3, "3") + row(7) + row(54));
  EXPECT_EQ(report["files"], 1);
  EXPECT_EQ(report["symbols"], 1);
  EXPECT_EQ(report["rows_read"], 57);
  EXPECT_EQ(report["rows_stored"], 51);
  EXPECT_EQ(report["rows_duplicate"], 1);
  EXPECT_EQ(report["rows_quarantined"], 5);
  std::vector<int> lines;
  for (const auto& entry : report["quarantine"]) {
    lines.push_back(entry["line"]);
    EXPECT_EQ(entry["file"], path("BTCUSDT-1h.csv"));
    EXPECT_FALSE(entry["reason"].get<std::string>().empty());
  }
  EXPECT_EQ(lines, (std::vector<int>{51, 52, 53, 54, 55}));
  EXPECT_EQ(place_.json({"data"})["series"][0]["rows"], 51);
}

TEST_F(BadInput, UnsortedRowsAreTheSameSeries) {
  std::string backwards;
  for (int i = 49; i >= 0; --i) backwards += row(i);
  imported("BTCUSDT-1h.csv", rows(50));
  EXPECT_EQ(imported("BTCUSDT-1h.csv", backwards)["rows_duplicate"], 50);
}

TEST_F(BadInput, ALineWithoutEndIsRefusedAndNotHeld) {
  const auto error = refusal("BTCUSDT-1h.csv.gz", gzip(rows(50) + std::string(64 << 20, '7')));
  EXPECT_EQ(error["code"], "import.line_too_long");
  EXPECT_NE(error["where"].get<std::string>().find("51"), std::string::npos) << error;
}

TEST_F(BadInput, ABadFileAmongGoodOnesIsReportedAndTheRestGoesOn) {
  place_.write("in/BTCUSDT-1h.csv", rows(50));
  place_.write("in/ETHUSDT-1h.csv", "");
  const Outcome outcome = place_.run({"import", path("in"), "--json"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.describe();
  const auto report = outcome.json();
  EXPECT_EQ(report["rows_stored"], 50);
  ASSERT_EQ(report["failed"].size(), 1u);
  EXPECT_EQ(report["failed"][0]["error"]["code"], "import.empty");
}

TEST(DiskFull, AnImportFailsLosesNothingAndCompletesLater) {
  const TestWorkspace place;
  place.write("BTCUSDT-1h.csv", rows(500));
  place.write("more/BTCUSDT-1h.csv", rows(8'000));
  place.json({"import", (place.beside() / "BTCUSDT-1h.csv").string(), "--venue", "v"});
  const FileTree before = files_below(place.path() / "candles" / "v");
  auto cramped = place.invocation({"import", (place.beside() / "more").string(), "--venue", "v", "--json"});
  cramped.max_file_bytes = 64 * 1024;
  const Outcome outcome = run_program(cramped);
  EXPECT_EQ(outcome.exit_code, 6) << outcome.describe();
  EXPECT_EQ(outcome.json()["error"]["code"], "file.write");
  EXPECT_EQ(differences(before, files_below(place.path() / "candles" / "v")), std::vector<std::string>{});
  const auto report = place.json({"import", (place.beside() / "more").string(), "--venue", "v"});
  EXPECT_EQ(report["rows_stored"], 7'500);
  EXPECT_EQ(report["rows_duplicate"], 500);
}

TEST(DiskFull, ACycleFailsLosesNothingAndCompletesLater) {
  const TestWorkspace undisturbed;
  undisturbed.simulate();
  undisturbed.cycle();
  for (const std::uint64_t limit : {1'000U, 20'000U, 60'000U}) {
    SCOPED_TRACE("files of at most " + std::to_string(limit) + " bytes");
    const TestWorkspace place;
    place.simulate();
    auto cramped = place.invocation({"cycle", "--json"});
    cramped.max_file_bytes = limit;
    const Outcome outcome = run_program(cramped);
    EXPECT_TRUE(outcome.exit_code == 3 || outcome.exit_code == 6) << outcome.describe();
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_EQ(place.run({"verify"}).exit_code, 0);
    place.json({"cycle", "--force"});
    EXPECT_EQ(place.statuses(), undisturbed.statuses());
    EXPECT_EQ(differences(files_below(undisturbed.path() / "versions"), files_below(place.path() / "versions")),
              std::vector<std::string>{});
  }
}

/// A file system of two megabytes for as long as it lives.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& at) : at_(at) {
    fs::create_directories(at);
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=2m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount(at_.c_str());
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path at_;
  bool mounted_ = false;
};

TEST(DiskFull, ARealOneEndsASimulationWithAnErrorAndWhatWasStoredStays) {
  const TestWorkspace place;
  place.write("BTCUSDT-1h.csv", rows(500));
  const SmallDisk disk(place.path() / "candles");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs to be root";
  place.json({"import", (place.beside() / "BTCUSDT-1h.csv").string()});
  const auto before = place.json({"data"});
  const auto error = place.error({"simulate", "--symbols", "30", "--bars", "9000"}, 6);
  EXPECT_EQ(error["code"], "file.write") << error;
  const auto after = place.json({"data"});
  for (const auto& series : after["series"])
    EXPECT_TRUE(series["venue"] == "sim" || series == before["series"][0]) << series;
}

}  // namespace
}  // namespace clm::testing
