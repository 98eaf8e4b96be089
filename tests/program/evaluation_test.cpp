// A walk-forward and its page, on a simulated market.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/time.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

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
  Json kept = Json::parse(text_of(stored));
  kept["file"] = first["file"];
  Json printed = first;
  printed.erase("damaged");  // of the store at that moment
  EXPECT_EQ(kept, printed) << "what is stored is what was printed";

  const Json report = place_.json({"report", "--evaluation", "latest"});
  EXPECT_EQ(report["kind"], "evaluation");
  EXPECT_EQ(report["file"], (place_.path() / "reports" / (stored.stem().string() + ".html")).string());
  const std::string page = text_of(report["file"].get<std::string>());
  for (const char* part : {"average (ensemble)", "(best baseline)", "Rank IC by block", "Rank IC by delay of entry",
                           "Profit by cost", "Equity of the long-short book", "xgboost, mean over its fits",
                           "clm evaluate --from 2024-03-01 --to 2024-04-20 --refit-months 1", "xgboost.rounds"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("older release"), std::string::npos);

  // Made later, although its name comes earlier.
  place_.json({"evaluate", "--from", "2024-03-01", "--to", "2024-04-01", "--models", "xgboost"});
  const std::string newest = place_.json({"report", "--evaluation", "latest"})["file"];
  EXPECT_NE(newest.find("evaluation-2024-03-01-2024-04-01"), std::string::npos) << newest;
  EXPECT_NE(text_of(newest).find("The model is xgboost."), std::string::npos);
  const std::string elsewhere = (place_.beside() / "page.html").string();
  place_.json({"report", "--evaluation", stored.string(), "--output", elsewhere});
  EXPECT_EQ(text_of(elsewhere).size(), page.size()) << "a file that is named is shown whatever came after it";
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
  ASSERT_EQ(early["skipped"].size(), 2u) << "before there were candles, and before there were enough to learn from";
  EXPECT_EQ(from_of(early["skipped"][1]), from_calendar(2024, 1, 1));
}

TEST_F(EvaluationPage, AnotherQuestionAboutTheSameDatesHasAFileOfItsOwn) {
  const Json both = evaluate(), one = evaluate({"--models", "xgboost"});
  EXPECT_NE(both["file"], one["file"]);
  EXPECT_EQ(Json::parse(text_of(both["file"].get<std::string>()))["models"].size(), 2u);
  EXPECT_EQ(evaluate({"--models", "xgboost"})["file"], one["file"]) << "the same question has one answer";
  place_.environment["CLM_COSTS_FEE_BPS"] = "9.5";
  EXPECT_NE(evaluate({"--models", "xgboost"})["file"], one["file"]);
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
