#include "report/evaluation_report.hpp"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "evaluation/verdict/judgement.hpp"

namespace clm::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

const Timestamp kNow = from_calendar(2025, 3, 1);

struct Figures {
  double rank_ic = 0.05, half_width = 0.01, net_bps = -3;
};

ModelJudgement model(const std::string& name, const Figures& figures) {
  ModelJudgement m;
  m.name = name;
  m.rank_ic.mean.mean = figures.rank_ic;
  m.rank_ic.mean.lo = figures.rank_ic - figures.half_width;
  m.rank_ic.mean.hi = figures.rank_ic + figures.half_width;
  m.long_short.rebalances = 400;
  m.long_short_net_bps.count = 400;
  m.rank_ic.mean.count = 200;
  m.long_short.gross_bps = 9;
  m.long_short.turnover = 0.4;
  m.long_short.break_even_cost_bps = 5.6;
  m.long_short.by_cost = {{0, 9, 1}, {5, 1, 0.1}, {10, -7, -0.8}};
  m.long_short_net_bps.mean = figures.net_bps;
  m.long_short_net_bps.lo = figures.net_bps - 2;
  m.long_short_net_bps.hi = figures.net_bps + 2;
  m.long_short_net_return = {{1'700'000'000'000, 1'700'090'000'000},
                             {0.01, -figures.rank_ic - 0.001 * static_cast<double>(name.size())}};
  m.by_delay = {{0, m.rank_ic, 9}, {1, m.rank_ic, 7}, {5, m.rank_ic, 3}};
  m.by_block = {{"2023-01-01", 100, 1000, 0.06, 0.04, 0.08, 0.51, 0},
                {"2023-04-01", 100, 1000, 0.02, -0.01, 0.05, 0.5, 0}};
  m.by_month = m.by_block;
  m.by_month.push_back({"2023-06", 100, 1000, 0.03, 0.01, 0.05, 0.5, 0});
  return m;
}

/// What choosing the best is worth, as clm evaluate writes it.
Json with_selection(Json json) {
  const auto over = [](const char* name, double p) -> Json {
    return {{"baseline", name}, {"best", "lightgbm"}, {"lead", 0.012}, {"p", p}, {"p_lower", p}, {"p_upper", p}};
  };
  const Json superior{{"candidates", 3},
                      {"days", 181},
                      {"p", 0.125},
                      {"over", {over("zero", 0.001), over("ridge", 0.125)}},
                      {"unknown_because", nullptr}};
  json["superior_ability"] = {{"rank_ic", superior}, {"net_return", superior}};
  json["daily"] = {{"trading", "long_short"}};
  json["settings_tried"] = {{"settings", 5},
                            {"days", 181},
                            {"splits", 12'870},
                            {"overfitting_probability", 0.375},
                            {"best", "lightgbm of <b>evaluation</b>.json"},
                            {"sharpe", 1.5},
                            {"expected_best_sharpe", 1.25},
                            {"deflated_sharpe", 0.625},
                            {"earlier_evaluations", 1},
                            {"not_comparable", 2},
                            {"unreadable", 0},
                            {"unknown_because", nullptr}};
  return json;
}

/// A document as clm evaluate writes it.
Json document(const Figures& average = {}, double lead = 0.012) {
  Judgement judgement;
  judgement.rows = 2000;
  judgement.times = 200;
  judgement.symbols = 10;
  judgement.from_ms = from_calendar(2023, 1, 1).ms();
  judgement.to_ms = from_calendar(2023, 7, 1).ms();
  judgement.horizon_bars = 24;
  judgement.cost_bps_per_side = 7;
  judgement.candidate = model("average", average);
  judgement.baselines = {model("zero", {0, 0, 0}), model("ridge", {0.03, 0.01, -5}),
                         model("<i>odd</i>", {0.01, 0.01, 0})};
  for (const auto& baseline : judgement.baselines) {
    Comparison comparison;
    comparison.against = baseline.name;
    comparison.rank_ic.difference.mean = baseline.name == "ridge" ? lead : 0.04;
    comparison.rank_ic.difference.count = 200;
    comparison.rank_ic.difference.lo = comparison.rank_ic.difference.mean - 0.005;
    comparison.rank_ic.difference.hi = comparison.rank_ic.difference.mean + 0.005;
    judgement.against_baselines.push_back(comparison);
  }
  return with_selection(
      {{"kind", "walk_forward"},
       {"format", 1},
       {"made_at_ms", from_calendar(2025, 2, 1).ms()},
       {"command", "clm evaluate --from 2023-01-01 --to 2023-07-01 --refit-months 3"},
       {"models", {"lightgbm", "xgboost"}},
       {"blocks", 2},
       {"fits", 4},
       {"wall_seconds", 7.5},
       {"fit_seconds_summed", 12.5},
       {"judgement", to_json(judgement)},
       {"each", {to_json(model("lightgbm", {})), to_json(model("xgboost", {0.04, 0.01, -4}))}},
       {"walk",
        {{{"test", {{"from_ms", judgement.from_ms}, {"to_ms", judgement.to_ms}}},
          {"training", {{"from_ms", 0}, {"to_ms", judgement.from_ms}}},
          {"fit_rows", 12345},
          {"validation_rows", 2345},
          {"test_rows", 2000}}}},
       {"importance", {{{"model_type", "lightgbm"}, {"features", {{{"feature", "rsi&14"}, {"share", 0.7}}}}}}},
       {"protocol",
        {{"from_ms", judgement.from_ms},
         {"to_ms", judgement.to_ms},
         {"refit_months", 3},
         {"label", {{"horizon_bars", 24}}},
         {"features", {{"set", "core"}, {"hash", "abc"}, {"count", 90}}},
         {"data",
          {{"venue", "sim"},
           {"interval", "1h"},
           {"symbols", {"AAA", "BBB"}},
           {"rows", 5000},
           {"from_ms", 0},
           {"to_ms", judgement.to_ms},
           {"fingerprint", "f00d"}}},
         {"settings",
          {{{"key", "costs.fee_bps"}, {"value", "10.0"}, {"default", "5.0"}, {"unit", "bps"}},
           {{"key", "training.seed"}, {"value", "1"}, {"unit", ""}}}},
         {"program", {{"version", "0.1.0"}, {"commit", "1234567"}}}}}});
}

Evaluation read(const Json& json) {
  const auto evaluation = read_evaluation(json.dump(), "file.json");
  EXPECT_TRUE(evaluation) << evaluation.error().message;
  return evaluation.value_or(Evaluation{});
}
std::string page_of(const Json& json) { return evaluation_report(read(json), "file.json", kNow); }

/// What documents of before protocol and blocks were stored look like.
Json older(Json json) {
  for (const char* key : {"kind", "format", "made_at_ms", "command", "walk", "importance", "protocol",
                          "superior_ability", "settings_tried", "daily"})
    json.erase(key);
  json["judgement"]["candidate"].erase("by_block");
  for (auto& baseline : json["judgement"]["baselines"]) baseline.erase("by_block");
  for (auto& each : json["each"]) each.erase("by_block");
  return json;
}

TEST(ReadEvaluation, GivesBackWhatWasWritten) {
  const Evaluation evaluation = read(document());
  EXPECT_THAT(evaluation.models, ElementsAre("lightgbm", "xgboost"));
  EXPECT_EQ(evaluation.evidence.candidate.rank_ic.lo, 0.04);
  EXPECT_EQ(evaluation.evidence.candidate_role, "ensemble");
  ASSERT_EQ(evaluation.evidence.members.size(), 2U);
  EXPECT_EQ(evaluation.evidence.members[1].name, "xgboost");
  ASSERT_EQ(evaluation.evidence.candidate.by_block.size(), 2U);
  EXPECT_EQ(evaluation.evidence.candidate.by_block[1].rank_ic.lo, -0.01);
  EXPECT_EQ(evaluation.walk.at(0).fit_rows, 12345);
  EXPECT_EQ(evaluation.importance.at(0).features.at(0).share, 0.7);
  EXPECT_EQ(evaluation.made_at, from_calendar(2025, 2, 1));
  EXPECT_EQ(evaluation.protocol->settings.at(0).default_value, "5.0");
  EXPECT_EQ(evaluation.selection->rank_ic.over.at(1).p, 0.125);
  EXPECT_EQ(evaluation.selection->overfitting_probability, 0.375);
}

TEST(ReadEvaluation, OfOneModelThatModelIsWhatIsJudged) {
  Json json = document();
  json["models"].erase(1);
  json["each"].erase(1);
  const Evaluation evaluation = read(json);
  EXPECT_EQ(evaluation.evidence.candidate.name, "lightgbm");
  EXPECT_TRUE(evaluation.evidence.members.empty());
  EXPECT_THAT(page_of(json), HasSubstr("The model is lightgbm."));
}

/// The message of the error that reading `text` must be.
std::string refusal(const std::string& text) {
  const auto evaluation = read_evaluation(text, "reports/some.json");
  if (evaluation) return "it was read";
  EXPECT_EQ(evaluation.error().code, "report.evaluation");
  EXPECT_EQ(evaluation.error().kind, ErrorKind::data);
  EXPECT_EQ(evaluation.error().where, "reports/some.json");
  EXPECT_THAT(evaluation.error().remedy, HasSubstr("clm evaluate"));
  return evaluation.error().message;
}

TEST(ReadEvaluation, RefusesWhatIsNoEvaluationAndNamesWhy) {
  EXPECT_THAT(refusal(""), HasSubstr("not JSON"));
  EXPECT_THAT(refusal(document().dump().substr(0, 5000)), HasSubstr("not JSON"));
  for (const char* other : {"[]", "{}", "3", "null", "\"x\"", "{\"series\":[]}", "{\"judgement\":{},\"verdict\":{}}",
                            "{\"judgement\":[],\"each\":[]}"})
    EXPECT_THAT(refusal(other), HasSubstr("not what clm evaluate writes")) << other;
  const auto with = [](const char* pointer, const Json& value) {
    Json json = document();
    json[Json::json_pointer(pointer)] = value;
    return refusal(json.dump());
  };
  EXPECT_THAT(with("/kind", "replay"), HasSubstr("not what clm evaluate writes"));
  EXPECT_THAT(with("/format", 2), HasSubstr("format 2 is of a later release"));
  EXPECT_THAT(with("/models", Json::array()), HasSubstr("models is empty"));
  EXPECT_THAT(with("/models/1", 7), HasSubstr("models holds something that is not a text"));
  EXPECT_THAT(with("/each/1/name", nullptr), HasSubstr("each[1].name is not a text"));
  EXPECT_THAT(with("/each/0/long_short/by_cost", "none"), HasSubstr("each[0].long_short.by_cost is not an array"));
  EXPECT_THAT(with("/judgement/rows", "many"), HasSubstr("judgement.rows is not a number"));
  EXPECT_THAT(with("/judgement/to_ms", 9e15), HasSubstr("judgement.to_ms is not a time"));
  EXPECT_THAT(with("/judgement/candidate/rank_ic/mean", "high"), HasSubstr("judgement.candidate.rank_ic.mean"));
  EXPECT_THAT(with("/judgement/baselines", Json::object()), HasSubstr("judgement.baselines is not an array"));
  EXPECT_THAT(with("/judgement/against_baselines", {{"a", 1}}), HasSubstr("against_baselines is not an array"));
  EXPECT_THAT(with("/judgement/against_baselines/1", 4), HasSubstr("against_baselines[1].against is not a text"));
  EXPECT_THAT(with("/walk", 1), HasSubstr("walk is not an array"));
  EXPECT_THAT(with("/protocol", Json::array()), HasSubstr("protocol is not an object"));
  Json uneven = document();
  uneven["each"].erase(1);
  EXPECT_THAT(refusal(uneven.dump()), HasSubstr("not of the same length"));
}

TEST(ReadEvaluation, WithAnyOneOfItsPartsOfTheWrongTypeItIsReadOrRefusedNeverWorse) {
  const Json whole = document(), leaves = whole.flatten();
  for (const auto& [pointer, value] : leaves.items()) {
    if (pointer.find("/1") != std::string::npos || pointer.find("/baselines/2") != std::string::npos ||
        pointer.find("/each/0/") != std::string::npos)
      continue;  // like others that are tried
    Json json = whole;
    json[Json::json_pointer(pointer)] = value.is_string() ? Json(3) : Json("no");
    const auto evaluation = read_evaluation(json.dump(), "x");
    if (!evaluation) continue;
    EXPECT_THAT(evaluation_report(*evaluation, "x", kNow), HasSubstr("</html>")) << pointer;
  }
}

TEST(EvaluationSummary, SaysWhatTheFiguresComeTo) {
  const auto heading = [](const Figures& average, double lead) {
    const EvaluationSummary summary = summarize(read(document(average, lead)));
    return summary.heading + ": " + std::string(summary.kind);
  };
  EXPECT_EQ(heading({0.005, 0.01, 5}, 0.012), "No foresight shown: bad");
  EXPECT_EQ(heading({0.05, 0.01, 5}, 0.001), "Foresight, but no more than a baseline has: bad");
  EXPECT_EQ(heading({0.05, 0.01, 5}, 0.012), "Foresight beyond the baselines, and it pays at 7.0 bps a side: good");
  EXPECT_EQ(heading({0.05, 0.01, 1}, 0.012),
            "Foresight beyond the baselines; that it pays at 7.0 bps a side is not shown: plain");
  EXPECT_EQ(heading({0.05, 0.01, -3}, 0.012),
            "Foresight beyond the baselines, but it does not pay at 7.0 bps a side: plain");
}

TEST(EvaluationSummary, NamesTheClosestBaselineAndTheCostThatBreaksEven) {
  EXPECT_THAT(
      summarize(read(document())).sentences,
      ElementsAre(
          HasSubstr("rank IC 0.0500, 95 % interval [0.0400, 0.0600]: it orders the symbols better than chance"),
          HasSubstr("surely leads 3 of 3 in rank IC. Over the closest, ridge, its lead is 0.0120, 95 % interval "
                    "[0.0070, 0.0170], paired over time: more than chance."),
          HasSubstr("0.0500 entered at the next open, 0.0500 after one bar, 0.0500 after 5 bars."),
          HasSubstr("earns +9.0 bps before costs and \u22123.0 bps at 7.0 bps a side, 95 % interval "
                    "[\u22125.0, \u22121.0] over 400 rebalances. It breaks even at 5.6 bps a side."),
          HasSubstr("above zero in 2 of 2 blocks, in 1 of them with the whole interval")));
}

TEST(EvaluationPage, HoldsEveryPartAndLoadsNothing) {
  const std::string page = page_of(document());
  for (const char* part :
       {"Walk-forward 2023-01-01 to 2023-07-01, 24 bars ahead", "Rank IC by block", "Rank IC by month",
        "Rank IC by delay of entry", "Profit by cost", "breaks even at 5.6 bps", "Equity of the long-short book",
        "Lead in rank IC", "ridge (best baseline)", "average (ensemble)", "lightgbm, mean over its fits", "rsi&amp;14",
        "clm evaluate --from 2023-01-01 --to 2023-07-01 --refit-months 3", "costs.fee_bps", "12,345", "f00d",
        "The words of this page"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_THAT(page, Not(HasSubstr("<i>odd")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("older release")));
  for (const char* outside : {"src=", "href=\"http", "url(", "@import", "<link"})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
}

TEST(EvaluationPage, SaysWhatChoosingTheBestIsWorth) {
  const std::string page = page_of(document());
  EXPECT_THAT(page, HasSubstr("Is the best of 3 candidates better than the baselines"));
  EXPECT_THAT(page, HasSubstr("<span>0.125</span>"));
  EXPECT_THAT(page, HasSubstr("Over every baseline: p 0.125 in rank IC, 0.125 in net return."));
  EXPECT_THAT(page,
              HasSubstr("Settings tried on these months: 5, those of 1 earlier evaluation in reports/ included; 2 "
                        "earlier evaluations not counted"));
  EXPECT_THAT(page, HasSubstr("(PBO): 0.38; at 0.50 choosing the best is worth nothing."));
  EXPECT_THAT(page, HasSubstr("Of 12,870 ways to take half of 181 days, in 38 %"));
  EXPECT_THAT(page, HasSubstr("Sharpe ratio of 1.50 a year, of its daily returns;"));
  EXPECT_THAT(page, HasSubstr("the best of so many without skill would show about 1.25"));
  EXPECT_THAT(page, Not(HasSubstr("<b>evaluation")));

  Json unknown = document();
  for (const char* figure : {"rank_ic", "net_return"}) {
    unknown["superior_ability"][figure]["unknown_because"] = "there is one candidate";
    unknown["superior_ability"][figure]["over"] = Json::array();
  }
  unknown["settings_tried"]["unknown_because"] = "one setting was tried, and there was nothing to choose";
  const std::string silent = page_of(unknown);
  EXPECT_THAT(silent, HasSubstr("(SPA): not said, there is one candidate."));
  EXPECT_THAT(silent, HasSubstr("(PBO): not said, one setting was tried, and there was nothing to choose."));
}

TEST(EvaluationPage, ShowsTheSharpeRatioWithItsIntervalAndTheDaysItNeeds) {
  Json json = document();
  Json& book = json["judgement"]["candidate"]["long_short"];
  book["sharpe_net"] = 1.25;
  book["sharpe_net_interval"] = {-0.5, 3.0};
  book["min_track_record_days"] = 1234.0;
  const std::string page = page_of(json);
  EXPECT_THAT(page, HasSubstr("<span>1.25</span><small>[\u22120.50, 3.00]</small>"));
  EXPECT_THAT(page, HasSubstr("<span>1,234</span>"));
}

TEST(EvaluationPage, ShowsNoFigureOfTradesThatAreTooFewForAnInterval) {
  Json few = document();
  Json& positions = few["judgement"]["candidate"]["positions"];
  positions["trades"] = 11;
  positions["net_bps_per_trade"] = -1250.9;
  positions["net_bps_per_trade_interval"] = nullptr;
  positions["sharpe"] = -6.85;
  few["judgement"]["candidate"]["long_short"]["break_even_cost_bps"] = 0.0;
  const std::string page = page_of(few);
  EXPECT_THAT(page, HasSubstr("<span>11</span><small>too few</small>"));
  EXPECT_THAT(page, Not(HasSubstr("1,250.9")));
  EXPECT_THAT(page, Not(HasSubstr("6.85")));
  EXPECT_THAT(page, HasSubstr("<span>none</span>")) << "no cost at which it breaks even";
}

TEST(EvaluationPage, OfAnOlderDocumentSaysWhatItLacks) {
  const std::string page = page_of(older(document()));
  EXPECT_THAT(page, HasSubstr("The document holds no figures by block"));
  EXPECT_THAT(page, HasSubstr("The document holds no importance of features"));
  EXPECT_THAT(page, HasSubstr("The document does not say how it was made"));
  EXPECT_THAT(page,
              HasSubstr("The document does not say: it was written by an older release. Run clm evaluate again."));
  EXPECT_THAT(page, HasSubstr("Rank IC by month"));
  EXPECT_THAT(page, Not(HasSubstr("Rank IC by block")));
}

TEST(EvaluationPage, GivesEveryForecasterOfAPlotAColourOfItsOwn) {
  const std::string page = page_of(document());
  const auto at = page.find("Equity of the long-short book");
  const std::string figure = page.substr(at, page.find("</figure>", at) - at);
  std::multiset<std::string> lines;
  for (auto line = figure.find("<polyline"); line != std::string::npos; line = figure.find("<polyline", line + 1)) {
    const auto begin = figure.find("class=\"", line) + 7;
    lines.insert(figure.substr(begin, figure.find('"', begin) - begin));
  }
  EXPECT_EQ(lines.size(), 6U) << "the average, two members, three baselines";
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), lines.size());
}

}  // namespace
}  // namespace clm::app
