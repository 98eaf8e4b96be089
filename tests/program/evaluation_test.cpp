// A walk-forward and its page, on a simulated market.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/time.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

class EvaluationPage : public ::testing::Test {
 protected:
  EvaluationPage() { place_.simulate(2'900); }  // 2024-01-01 to 2024-04-30
  Json evaluate(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"evaluate", "--from", "2024-03-01", "--to", "2024-04-20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place_.json(arguments);
  }
  TestWorkspace place_;
};

TEST_F(EvaluationPage, OfOneModelTheTablesNameItOnceAndTheBaselineOfItsKindApart) {
  const Outcome told = place_.run(
      {"evaluate", "--from", "2023-10-01", "--to", "2024-04-20", "--models", "ridge", "--refit-months", "1"});
  ASSERT_EQ(told.exit_code, 0) << told.describe();
  EXPECT_EQ(told.out.find("average"), std::string::npos) << "of one model it is that model: " << told.out;
  EXPECT_NE(told.out.find("\nridge (baseline) "), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("Lead of ridge in rank IC"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("  over ridge (baseline): "), std::string::npos) << told.out;
  const auto skipped = told.out.find("Not judged, ");
  ASSERT_NE(skipped, std::string::npos) << "nothing is stored before 2024: " << told.out;
  EXPECT_EQ(told.out.find("Not judged, ", skipped + 1), std::string::npos)
      << "months in a row are one line: " << told.out;
  EXPECT_NE(told.out.find("2023-10-01 to 2024-0", skipped), std::string::npos) << told.out;
}

TEST_F(EvaluationPage, OfATimeWithoutRowsSaysWhichTimesThereAre) {
  const auto error = place_.error({"evaluate", "--from", "2025-03-01", "--to", "2025-05-01", "--models", "xgboost"}, 3);
  EXPECT_EQ(error["code"], "split.no_folds");
  EXPECT_EQ(error["where"], "--from 2025-03-01 --to 2025-05-01");
  EXPECT_NE(error["message"].get<std::string>().find("are of 2024-01-"), std::string::npos) << error;
}

TEST_F(EvaluationPage, IsMadeOfTheNewestEvaluation) {
  const auto none = place_.error({"report", "--evaluation", "latest"}, 2);
  EXPECT_EQ(none["code"], "report.no_evaluation");
  EXPECT_NE(none["remedy"].get<std::string>().find("clm evaluate"), std::string::npos);

  const Json first = evaluate();
  const fs::path stored = first["file"].get<std::string>();
  EXPECT_EQ(stored.parent_path(), place_.path() / "reports");
  Json kept = Json::parse(content_of(stored));
  kept["file"] = first["file"];
  Json printed = first;
  printed.erase("damaged");  // of the store at that moment
  EXPECT_EQ(kept, printed) << "what is stored is what was printed";

  const Json report = place_.json({"report", "--evaluation", "latest"});
  EXPECT_EQ(report["kind"], "evaluation");
  EXPECT_EQ(report["file"], (place_.path() / "reports" / (stored.stem().string() + ".html")).string());
  const std::string page = content_of(report["file"].get<std::string>());
  for (const char* part : {"average (ensemble)", "(best baseline)", "Rank IC by block", "Rank IC by delay of entry",
                           "Profit by cost", "Equity of the long-short book", "xgboost, mean over its fits",
                           "clm evaluate --from 2024-03-01 --to 2024-04-20 --refit-months 1", "xgboost.rounds"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("older release"), std::string::npos);

  // Made later, although its name comes earlier.
  place_.json({"evaluate", "--from", "2024-03-01", "--to", "2024-04-01", "--models", "xgboost"});
  const std::string newest = place_.json({"report", "--evaluation", "latest"})["file"];
  EXPECT_NE(newest.find("evaluation-2024-03-01-2024-04-01"), std::string::npos) << newest;
  EXPECT_NE(content_of(newest).find("The model is xgboost."), std::string::npos);
  const std::string elsewhere = (place_.beside() / "page.html").string();
  place_.json({"report", "--evaluation", stored.string(), "--output", elsewhere});
  EXPECT_EQ(content_of(elsewhere).size(), page.size()) << "a file that is named is shown whatever came after it";
}

TEST_F(EvaluationPage, DocumentHoldsItsBlocksImportanceAndProtocol) {
  place_.environment["CLM_COSTS_FEE_BPS"] = "9.5";
  const Json document = evaluate({"--models", "xgboost"});
  ASSERT_EQ(document["walk"].size(), document["blocks"].get<std::size_t>());
  const auto& candidate = document["judgement"]["candidate"];
  ASSERT_EQ(candidate["by_block"].size(), document["walk"].size());
  std::size_t rows = 0;
  for (std::size_t b = 0; b < document["walk"].size(); ++b) {
    const auto& step = document["walk"][b];
    EXPECT_LT(step["training"]["to_ms"].get<std::int64_t>() + 24 * 3'600'000,
              step["test"]["from_ms"].get<std::int64_t>())
        << "an embargo of a day lies between what was trained on and what was judged";
    EXPECT_GT(step["fit_rows"].get<int>(), 0);
    rows += candidate["by_block"][b]["rows"].get<std::size_t>();
  }
  EXPECT_EQ(rows, document["judgement"]["rows"].get<std::size_t>()) << "every judged row is in one block";
  double share = 0;
  for (const auto& feature : document["importance"][0]["features"]) share += feature["share"].get<double>();
  EXPECT_NEAR(share, 1.0, 1e-6);
  EXPECT_EQ(document["command"], "clm evaluate --from 2024-03-01 --to 2024-04-20 --refit-months 1 --models xgboost");
  bool found = false;
  for (const auto& setting : document["protocol"]["settings"]) {
    if (setting["key"] != "costs.fee_bps") continue;
    found = true;
    EXPECT_EQ(setting["value"], "9.5");
    EXPECT_TRUE(setting.contains("default"));
  }
  EXPECT_TRUE(found);
}

TEST_F(EvaluationPage, BeginsWhereItWasAskedToAndSaysWhatItCouldNotJudge) {
  const auto walk = [&](const std::string& from) {
    return place_.json({"evaluate", "--from", from, "--to", "2024-04-10", "--models", "xgboost"});
  };
  const auto from_of = [](const Json& range) { return Timestamp(range["from_ms"].get<std::int64_t>()); };
  const Json middle = walk("2024-03-11");
  ASSERT_EQ(middle["walk"].size(), 2u);
  EXPECT_EQ(from_of(middle["walk"][0]["test"]), from_calendar(2024, 3, 11)) << "not at the next month";
  EXPECT_EQ(from_of(middle["walk"][1]["test"]), from_calendar(2024, 4, 1));
  EXPECT_TRUE(middle["skipped"].empty());
  const Json early = walk("2023-12-01");
  ASSERT_EQ(early["skipped"].size(), 3u) << "no candles; too few to learn from; no earlier forecasts to scale by";
  EXPECT_EQ(from_of(early["skipped"][1]), from_calendar(2024, 1, 1));
  EXPECT_EQ(from_of(early["skipped"][2]), from_calendar(2024, 2, 1));
}

TEST_F(EvaluationPage, AnotherQuestionAboutTheSameDatesHasAFileOfItsOwn) {
  const Json both = evaluate(), one = evaluate({"--models", "xgboost"});
  EXPECT_NE(both["file"], one["file"]);
  EXPECT_EQ(Json::parse(content_of(both["file"].get<std::string>()))["models"].size(), 2u);
  EXPECT_EQ(evaluate({"--models", "xgboost"})["file"], one["file"]) << "the same question has one answer";
  place_.environment["CLM_COSTS_FEE_BPS"] = "9.5";
  EXPECT_NE(evaluate({"--models", "xgboost"})["file"], one["file"]);
}

TEST_F(EvaluationPage, SaysWhatTheBestIsWorthAfterSoManyTries) {
  const Json first = evaluate();
  const Json& ability = first["superior_ability"];
  for (const char* figure : {"rank_ic", "net_return"}) {
    EXPECT_EQ(ability[figure]["candidates"], 3) << "two models and their average";
    EXPECT_TRUE(ability[figure]["unknown_because"].is_null()) << ability;
    ASSERT_EQ(ability[figure]["over"].size(), first["judgement"]["baselines"].size());
    double largest = 0;
    for (const auto& over : ability[figure]["over"]) {
      EXPECT_LE(over["p_lower"], over["p_upper"]);
      largest = std::max(largest, over["p"].get<double>());
    }
    EXPECT_EQ(ability[figure]["p"], largest);
  }
  EXPECT_EQ(first["settings_tried"]["settings"], 3);
  EXPECT_EQ(first["settings_tried"]["earlier_evaluations"], 0);
  EXPECT_EQ(first["settings_tried"]["splits"], 12'870);
  const Json daily = first["daily"];
  EXPECT_EQ(daily["forecasters"].size(), 3 + first["judgement"]["baselines"].size());
  EXPECT_EQ(daily["forecasters"][0]["role"], "average");
  EXPECT_EQ(daily["forecasters"][0]["net_return"].size(), daily["day_ms"].size());

  place_.environment["CLM_XGBOOST_MAX_DEPTH"] = "2";
  const Json other = evaluate();
  EXPECT_EQ(other["settings_tried"]["settings"], 5) << "another xgboost and its average; lightgbm is the same";
  EXPECT_EQ(other["settings_tried"]["earlier_evaluations"], 1);
  EXPECT_EQ(evaluate()["settings_tried"]["settings"], 5) << "asked again, it is no further try";
  const Json months = place_.json({"evaluate", "--from", "2024-03-01", "--to", "2024-04-01", "--models", "xgboost"});
  EXPECT_EQ(months["settings_tried"]["settings"], 1) << "of other months";
  EXPECT_TRUE(months["settings_tried"]["overfitting_probability"].is_null());
  EXPECT_NE(months["settings_tried"]["unknown_because"].get<std::string>().find("one setting"), std::string::npos);
  EXPECT_NE(months["superior_ability"]["rank_ic"]["unknown_because"].get<std::string>().find("one candidate"),
            std::string::npos);

  Json older = Json::parse(content_of(first["file"].get<std::string>()));
  older.erase("daily");
  std::ofstream(first["file"].get<std::string>()) << older;
  std::ofstream(place_.path() / "reports" / "evaluation-cut.json") << "{";
  const Json told = evaluate();
  EXPECT_EQ(told["settings_tried"]["settings"], 3);
  EXPECT_EQ(told["settings_tried"]["not_comparable"], 1);
  EXPECT_EQ(told["settings_tried"]["unreadable"], 1);
}

/// Spearman's correlation, written out.
double spearman(const std::vector<double>& x, const std::vector<double>& y) {
  const auto ranks = [](const std::vector<double>& values) {
    std::vector<double> out;
    for (const double value : values) {
      double rank = 0.5;
      for (const double other : values) rank += other < value ? 1 : other == value ? 0.5 : 0;
      out.push_back(rank);
    }
    return out;
  };
  const auto a = ranks(x), b = ranks(y);
  const double middle = 0.5 * static_cast<double>(x.size() + 1);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    xx += (a[i] - middle) * (a[i] - middle);
    yy += (b[i] - middle) * (b[i] - middle);
    xy += (a[i] - middle) * (b[i] - middle);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

/// The cells of a CSV without quotes.
std::vector<std::vector<std::string>> cells_of(const std::string& csv) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream text(csv);
  for (std::string line; std::getline(text, line);) {
    lines.emplace_back();
    std::istringstream cells(line + ",");
    for (std::string cell; std::getline(cells, cell, ',');) lines.back().push_back(cell);
  }
  return lines;
}

TEST_F(EvaluationPage, ItsFiguresFollowFromTheRowsThatItExports) {
  const fs::path csv = place_.beside() / "rows.csv";
  const Json document = evaluate({"--export", csv.string()});
  EXPECT_EQ(document["export"]["file"], csv.string());
  EXPECT_FALSE(Json::parse(content_of(document["file"].get<std::string>())).contains("export"));
  const auto lines = cells_of(content_of(csv));
  EXPECT_EQ(document["export"]["rows"], lines.size() - 1);
  ASSERT_EQ(lines[0], (std::vector<std::string>{"forecaster", "role", "symbol", "decided_at_ms", "known_at_ms",
                                                "forecast", "label", "forward_return", "judged_return", "volatility",
                                                "up_probability", "position", "position_net_bps", "book_weight"}));
  struct Sums {
    std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> by_time;  ///< forecast and return
    double brier = 0, hits = 0, signs = 0, trades = 0, net_bps = 0, gross = 0;
    std::size_t rows = 0;
  };
  std::map<std::string, Sums> sums;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto& cell = lines[i];
    Sums& own = sums[cell[1] + " " + cell[0]];
    const double forecast = std::stod(cell[5]), whole = std::stod(cell[7]), came = std::stod(cell[8]);
    own.by_time[cell[3]].first.push_back(forecast);
    own.by_time[cell[3]].second.push_back(came);
    own.brier += std::pow(std::stod(cell[10]) - (whole > 0 ? 1 : 0), 2);
    ++own.rows;
    own.signs += forecast != 0 && came != 0 ? 1 : 0;
    own.hits += forecast * came > 0 ? 1 : 0;
    own.trades += std::abs(std::stod(cell[11]));
    if (!cell[12].empty()) own.net_bps += std::stod(cell[12]);
    if (!cell[13].empty()) own.gross += std::stod(cell[13]) * std::expm1(whole);
  }
  const auto check = [&](const std::string& role, const Json& model) {
    const std::string name = role + " " + model["name"].get<std::string>();
    ASSERT_TRUE(sums.count(name)) << name;
    const Sums& own = sums.at(name);
    double rank_ic = 0;
    for (const auto& [time, pairs] : own.by_time) rank_ic += spearman(pairs.first, pairs.second);
    EXPECT_NEAR(model["rank_ic"]["mean"], rank_ic / static_cast<double>(own.by_time.size()), 1e-9) << name;
    EXPECT_EQ(model["probability"]["source"], "served") << name;
    EXPECT_NEAR(model["probability"]["brier"], own.brier / static_cast<double>(own.rows), 1e-9) << name;
    EXPECT_EQ(model["positions"]["trades"], own.trades) << name;
    if (own.trades > 0) {
      EXPECT_NEAR(model["positions"]["net_bps_per_trade"], own.net_bps / own.trades, 1e-6) << name;
    }
    if (own.signs > 0) {
      EXPECT_NEAR(model["directional_accuracy"]["share"], own.hits / own.signs, 1e-9) << name;
    }
    EXPECT_NEAR(model["long_short"]["gross_bps"], 1e4 * own.gross / static_cast<double>(own.by_time.size()), 1e-3)
        << name;
  };
  check("average", document["judgement"]["candidate"]);
  for (const auto& model : document["each"]) check("model", model);
  for (const auto& baseline : document["judgement"]["baselines"]) check("baseline", baseline);
  EXPECT_EQ(sums.at("average average").rows, document["judgement"]["rows"].get<std::size_t>());
  EXPECT_EQ(sums.size(), 3 + document["judgement"]["baselines"].size());

  const auto kept = place_.error(
      {"evaluate", "--from", "2024-03-01", "--to", "2024-04-20", "--export", (place_.path() / "clm.toml").string()}, 2);
  EXPECT_EQ(kept["code"], "output.path") << "before anything is trained";
  EXPECT_EQ(kept["where"].get<std::string>().rfind("--export ", 0), 0U);
}

TEST_F(EvaluationPage, OfAWrongFileIsRefused) {
  place_.write("wrong.json", R"({"series": []})");
  const std::string wrong = (place_.beside() / "wrong.json").string();
  const auto refused = place_.error({"report", "--evaluation", wrong}, 3);
  EXPECT_EQ(refused["code"], "report.evaluation");
  EXPECT_EQ(refused["where"], wrong);
  EXPECT_EQ(place_.error({"report", "--evaluation", "/nowhere/x.json"}, 6)["code"], "file.read");
  EXPECT_EQ(place_.run({"report", "--evaluation", "latest", "--data"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(place_.path() / "reports" / "evaluation-wrong.html"));
}

}  // namespace
}  // namespace clm::testing
