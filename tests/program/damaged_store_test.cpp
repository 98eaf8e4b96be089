// A damaged file of the stores stops nobody: its symbol is named and left out, verify finds it, an import repairs it.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "market/store/candle_store.hpp"
#include "market/store/columnar_file.hpp"
#include "market/store/context_store.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

class DamagedStores : public ::testing::Test {
 protected:
  DamagedStores() {
    place_.simulate();
    for (const auto& entry : fs::directory_iterator(place_.path() / "candles/sim/1h"))
      symbols_.push_back(entry.path().filename().string());
    std::sort(symbols_.begin(), symbols_.end());
    victim_ = symbols_.at(2);
    file_ = place_.path() / "candles/sim/1h" / victim_ / "2024.parquet";
  }
  void truncate() const { fs::resize_file(file_, fs::file_size(file_) / 2); }

  /// What every command that reads the store says: the damaged file, and only it, in the document and on standard
  /// error.
  void expect_named(const Outcome& outcome) const {
    const auto document = outcome.json();
    ASSERT_TRUE(document.contains("damaged")) << outcome.describe();
    ASSERT_EQ(document["damaged"].size(), 1U) << outcome.describe();
    const auto& damaged = document["damaged"][0];
    EXPECT_EQ(damaged["venue"], "sim");
    EXPECT_EQ(damaged["symbol"], victim_);
    EXPECT_EQ(damaged["interval"], "1h");
    EXPECT_EQ(damaged["period"], "2024");
    EXPECT_FALSE(damaged["problem"]["message"].get<std::string>().empty());
    EXPECT_NE(outcome.err.find(victim_ + " 2024"), std::string::npos) << outcome.err;
  }

  TestWorkspace place_;
  std::vector<std::string> symbols_;
  std::string victim_;
  fs::path file_;
};

TEST_F(DamagedStores, NobodyStopsAndEverybodySaysSo) {
  for (const auto& [type, version] : place_.cycle()) place_.promote(version);
  truncate();
  const std::vector<std::vector<std::string>> commands{
      {"data"},
      {"predict"},
      {"explain", "--symbol", symbols_[0]},
      {"cycle", "--force"},
      {"train"},
      {"features", "--export", (place_.beside() / "f.parquet").string()},
      {"triggers"},
      {"regimes"},
      {"evaluate", "--from", "2024-02-01", "--to", "2024-02-20", "--models", "ridge"},
      {"replay", "--from", "2024-02-20", "--to", "2024-02-22", "--policy", "static"},
      {"report"}};
  for (auto command : commands) {
    command.emplace_back("--json");
    const Outcome outcome = place_.run(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
    expect_named(outcome);
  }
  const auto predicted = place_.json({"predict"});
  EXPECT_EQ(predicted["predictions"].size(), symbols_.size() - 1);
  EXPECT_EQ(place_.error({"predict", "--symbol", victim_}, 5)["code"], "universe.damaged");
}

TEST_F(DamagedStores, AVersionSaysWhomItLearnedFromAndIsMadeAgainAfterTheRepair) {
  const auto store = CandleStore::open(place_.path() / "candles");
  const SeriesKey key{Venue("sim"), Symbol(victim_), Interval::one_hour()};
  const auto whole = store->read(key, {}, Timestamp::max()).value();
  truncate();
  const auto versions = place_.cycle();
  for (const auto& [type, version] : versions) {
    const auto shown = place_.json({"show", version});
    const auto& learned_from = shown["manifest"]["protocol"]["symbols"];
    EXPECT_EQ(std::count(learned_from.begin(), learned_from.end(), victim_), 0) << learned_from;
    EXPECT_EQ(learned_from.size(), symbols_.size() - 1);
  }
  auto again = *store;
  ASSERT_TRUE(again.write(whole));
  for (const auto& [type, version] : versions)
    EXPECT_EQ(place_.json({"reproduce", version})["identical"], true) << type;
}

TEST_F(DamagedStores, ReproducingAVersionThatLearnedFromTheDamagedSymbolIsRefused) {
  const auto versions = place_.cycle();
  truncate();
  const auto refused = place_.error({"reproduce", versions.begin()->second}, 5);
  EXPECT_EQ(refused["code"], "universe.damaged");
  EXPECT_NE(refused["where"].get<std::string>().find("2024.parquet"), std::string::npos) << refused;
}

TEST_F(DamagedStores, VerifyFindsTheFileAndImportingThePeriodAgainRepairsIt) {
  const auto series = CandleStore::open(place_.path() / "candles")
                          ->read({Venue("sim"), Symbol(victim_), Interval::one_hour()}, {}, Timestamp::max())
                          .value();
  std::string csv = "open_time,open,high,low,close,volume\n";
  for (const Candle& c : series.candles) {
    char line[256];
    std::snprintf(line, sizeof line, "%lld,%.17g,%.17g,%.17g,%.17g,%.17g\n", static_cast<long long>(c.open_time.ms()),
                  c.open, c.high, c.low, c.close, c.volume);
    csv += line;
  }
  place_.write(victim_ + "-1h.csv", csv);
  const auto sound = place_.json({"verify"});
  ASSERT_EQ(sound["files"].size(), symbols_.size());
  for (const auto& file : sound["files"]) EXPECT_EQ(file["ok"], true) << file;

  truncate();
  const Outcome verified = place_.run({"verify", "--json"});
  EXPECT_EQ(verified.exit_code, 5) << verified.describe();
  std::size_t broken = 0;
  const auto document = verified.json();
  for (const auto& file : document["files"]) {
    if (file["ok"] == true) continue;
    ++broken;
    EXPECT_EQ(file["path"], "candles/sim/1h/" + victim_ + "/2024.parquet");
    EXPECT_FALSE(file["problem"]["remedy"].get<std::string>().empty());
  }
  EXPECT_EQ(broken, 1U);

  const auto imported = place_.json({"import", "--venue", "sim", (place_.beside() / (victim_ + "-1h.csv")).string()});
  ASSERT_EQ(imported["repaired"].size(), 1U) << imported;
  EXPECT_EQ(imported["repaired"][0]["whole"], true);
  EXPECT_EQ(imported["repaired"][0]["symbol"], victim_);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  EXPECT_TRUE(place_.json({"data"})["damaged"].empty());
}

// The remedy that verify prints goes on without the file; an undo and a second deletion know of it, too.
TEST_F(DamagedStores, AFileThatIsGoneIsMissedUntilSomebodySaysThatItIsToBe) {
  fs::remove_all(file_.parent_path());
  for (const char* command : {"data", "predict", "cycle"}) {
    const Outcome outcome = place_.run({command, "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
    expect_named(outcome);
  }
  EXPECT_EQ(place_.json({"predict"})["predictions"].size(), symbols_.size() - 1);
  const Outcome verified = place_.run({"verify", "--json"});
  EXPECT_EQ(verified.exit_code, 5) << verified.describe();
  std::string remedy;
  const auto document = verified.json();
  for (const auto& file : document["files"])
    if (file["ok"] == false) remedy = file["problem"]["remedy"];
  const std::string lead = "clm data";
  ASSERT_NE(remedy.find(lead), std::string::npos) << remedy;
  std::istringstream words(remedy.substr(remedy.find(lead) + lead.size() + 1));
  std::vector<std::string> command{"data"};
  for (std::string word; words >> word;) command.push_back(word);
  const auto removed = place_.json(command);
  EXPECT_EQ(removed["rows_removed"], 0);
  EXPECT_EQ(removed["removed"][0]["files_forgotten"], 1);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  EXPECT_TRUE(place_.json({"data"})["damaged"].empty());
  EXPECT_EQ(place_.error(command, 2)["code"], "data.nothing_to_delete");
}

TEST_F(DamagedStores, AFileInThePlaceOfASymbolsFolderStopsThatSymbolAlone) {
  const std::string csv = "1704067200000,1,2,1,2,9\n1704070800000,2,3,2,3,9\n";
  place_.write("in/AAAUSDT-1h.csv", csv);
  place_.write("in/BBBUSDT-1h.csv", csv);
  fs::create_directories(place_.path() / "candles/other/1h");
  std::ofstream(place_.path() / "candles/other/1h/AAAUSDT") << "no folder";
  const std::vector<std::string> import{"import", "--venue", "other", (place_.beside() / "in").string()};
  const auto report = place_.json(import);
  EXPECT_EQ(report["rows_stored"], 2) << report;
  EXPECT_EQ(report["rows_quarantined"], 2) << report;
  const std::string reason = report["quarantine"][0]["reason"];
  EXPECT_NE(reason.find("candles/other/1h/AAAUSDT"), std::string::npos) << reason;
  fs::remove(place_.path() / "candles/other/1h/AAAUSDT");
  EXPECT_EQ(place_.json(import)["rows_stored"], 2) << "the remedy";
}

TEST_F(DamagedStores, WithNoSoundSymbolLeftTheErrorNamesTheFileAndTheWayOut) {
  for (const auto& symbol : symbols_) fs::resize_file(place_.path() / "candles/sim/1h" / symbol / "2024.parquet", 100);
  const auto error = place_.error({"cycle"}, 5);
  EXPECT_EQ(error["code"], "universe.damaged");
  EXPECT_NE(error["remedy"].get<std::string>().find("Import"), std::string::npos) << error;
  EXPECT_EQ(place_.json({"data"})["damaged"].size(), symbols_.size());
}

TEST_F(DamagedStores, ADamagedContextSeriesLeavesItsSymbolOut) {
  auto store = ContextStore::open(place_.path() / "series");
  for (const auto& symbol : {victim_, symbols_[0], kWholeMarket.str()}) {
    ContextSeries series{symbol == "*" ? SeriesKind::fear_greed : SeriesKind::funding_rate, Symbol(symbol), {}};
    for (int i = 0; i < 50; ++i) append(series, from_calendar(2024, 1, 1) + i * std::chrono::hours(8), 1e-4 * i);
    ASSERT_TRUE(store->write(series));
  }
  const fs::path funding = place_.path() / "series/funding_rate" / (victim_ + ".parquet");
  fs::resize_file(funding, fs::file_size(funding) - 20);
  fs::resize_file(place_.path() / "series/fear_greed/%2A.parquet", 10);
  const Outcome cycle = place_.run({"cycle", "--json"});
  EXPECT_EQ(cycle.exit_code, 0) << cycle.describe();
  std::set<std::string> damaged;
  const auto document = cycle.json();
  for (const auto& file : document["damaged"]) damaged.insert(file["series"].get<std::string>());
  EXPECT_EQ(damaged, (std::set<std::string>{"fear_greed", "funding_rate"})) << cycle.describe();
  const Outcome verified = place_.run({"verify", "--json"});
  EXPECT_EQ(verified.exit_code, 5);
}

/// Rows of each symbol in the exported features.
std::map<std::string, std::int64_t> exported_rows(const TestWorkspace& place) {
  const fs::path file = place.beside() / "features.parquet";
  place.json({"features", "--export", file.string()});
  const std::vector<ColumnRequest> columns{{"symbol", ColumnType::text}};
  const auto table = read_parquet(file, columns).value();
  std::map<std::string, std::int64_t> rows;
  for (const std::string& symbol : table.values<std::string>("symbol")) ++rows[symbol];
  return rows;
}

TEST_F(DamagedStores, TheRowsThatDataCallsUsedAreTheRowsThatAreLearnedFrom) {
  auto store = CandleStore::open(place_.path() / "candles");
  const auto series_of = [&](const std::string& symbol) {
    return store->read({Venue("sim"), Symbol(symbol), Interval::one_hour()}, {}, Timestamp::max()).value();
  };
  auto halted = series_of(symbols_[0]);  // 100 bars without a trade
  for (std::size_t i = 400; i < 500; ++i) {
    Candle& c = halted.candles[i];
    c.open = c.high = c.low = c.close = 50;
    c.volume = 0;
  }
  auto impossible = series_of(symbols_[1]);
  impossible.candles[10].low = impossible.candles[10].high * 2;
  auto future = series_of(symbols_[3]);  // stored before anybody asked the clock
  Candle late = future.candles.back();
  late.open_time = from_calendar(2050, 1, 1);
  future.candles.push_back(late);
  auto short_one = series_of(symbols_[4]);
  short_one.key.symbol = Symbol("SHORTUSDT");
  short_one.candles.resize(40);
  ASSERT_TRUE(store->write_all(std::vector<CandleSeries>{halted, impossible, future, short_one}));
  truncate();

  const auto data = place_.json({"data"});
  const auto rows = exported_rows(place_);
  std::size_t left_out = 0;
  for (const auto& series : data["series"]) {
    const auto symbol = series["symbol"].get<std::string>();
    const auto found = rows.find(symbol);
    const std::int64_t learned = found == rows.end() ? 0 : found->second;
    EXPECT_EQ(series["used_rows"], learned) << series;
    EXPECT_EQ(series["usable"], learned > 0) << series;
    std::int64_t all = learned;
    for (const auto& reason : series["left_out"]) all += reason["rows"].get<std::int64_t>();
    EXPECT_EQ(series["rows"], all) << series;
    left_out += series["left_out"].size();
  }
  EXPECT_EQ(left_out, 3U) << data["series"];
  EXPECT_EQ(rows.count(victim_), 0U);
  EXPECT_EQ(rows.at("SHORTUSDT"), 40) << "too short to judge, and learned from: so it is said";

  place_.environment["CLM_UNIVERSE_SYMBOLS"] = symbols_[0] + "," + symbols_[1];
  const auto few = place_.json({"data"});
  for (const auto& series : few["series"])
    EXPECT_EQ(series["usable"], series["symbol"] == symbols_[0] || series["symbol"] == symbols_[1]) << series;
}

TEST_F(DamagedStores, ARowInTheFutureIsNamedAndNotUsed) {
  auto store = CandleStore::open(place_.path() / "candles");
  auto series = store->read({Venue("sim"), Symbol(symbols_[0]), Interval::one_hour()}, {}, Timestamp::max()).value();
  const Timestamp newest = series.known_at(series.candles.size() - 1);
  series.candles.back().open_time = from_calendar(2050, 1, 1);
  ASSERT_TRUE(store->write(series));
  const Outcome data = place_.run({"data"});
  EXPECT_NE(data.out.find("in the future"), std::string::npos) << data.out;
  EXPECT_NE(data.out.find("2050-01-01"), std::string::npos) << data.out;
  for (const auto& as_of : {std::string("2060-01-01"), to_string(newest)})
    EXPECT_EQ(place_.json({"regimes", "--as-of", as_of})["as_of"], to_string(newest)) << as_of;
}

}  // namespace
}  // namespace clm::testing
