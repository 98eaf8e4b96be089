#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "evaluation/verdict/evidence.hpp"
#include "report/comparison_section.hpp"
#include "report/marks.hpp"
#include "report/overview_report.hpp"
#include "report/verdict_section.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Timestamp kPageTime = from_calendar(2025, 3, 1);

/// The evidence as the cycle writes it, of a judgement with a few telling figures.
std::string evidence_json() {
  Judgement judgement;
  judgement.rows = 1000;
  judgement.times = 50;
  judgement.from_ms = from_calendar(2024, 1, 1).ms();
  judgement.to_ms = from_calendar(2024, 2, 1).ms();
  judgement.candidate.name = "xgboost";
  judgement.candidate.rank_ic.mean.count = 50;
  judgement.candidate.rank_ic.mean.mean = 0.0312;
  judgement.candidate.rank_ic.mean.lo = 0.0101;
  judgement.candidate.rank_ic.mean.hi = 0.0523;
  judgement.candidate.reliability = {{500, 0.48, 0.47}, {500, 0.52, 0.55}};
  judgement.candidate.positions.profit_factor = std::numeric_limits<double>::infinity();
  judgement.candidate.by_delay = {{0, judgement.candidate.rank_ic, 4.5}, {5, judgement.candidate.rank_ic, 1.5}};
  judgement.candidate.long_short_net_return = {{judgement.from_ms, judgement.to_ms}, {0.01, -0.03}};
  ModelJudgement reversal;
  reversal.name = "<b>reversal</b>";
  judgement.baselines = {reversal};
  Comparison lead;
  lead.against = reversal.name;
  lead.rank_ic.difference.count = 50;
  lead.rank_ic.difference.mean = 0.02;
  judgement.against_baselines = {lead};
  Verdict verdict;
  verdict.reasons = {"No foresight <script>alert(1)</script>."};
  verdict.checks = {{"max_drawdown", false, 0.41, 0.30}, {"coverage", true, 1.0, 0.9}};
  verdict.conditions = {{"skill_p_value", false, 0.2, 0.01},
                        {"long_short_net_bps", false, -1.0, 0.0},
                        {"positions_net_bps_per_bar", true, 2.0, 0.5}};
  return Evidence(judgement, verdict, verdict).text();
}

VersionFacts version_facts() {
  VersionFacts facts;
  facts.model_type = "xgboost";
  facts.version = "0123456789ab";
  facts.status = "rejected";
  facts.standing.status = "rejected";
  facts.evidence = read_evidence(evidence_json()).value();
  facts.importance = {{"rsi_14", 0.6}, {"a&b", 0.4}};
  return facts;
}

TEST(Evidence, IsReadBackAsItWasWritten) {
  const auto evidence = read_evidence(evidence_json());
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->rows, 1000);
  EXPECT_EQ(evidence->candidate.rank_ic.value, 0.0312);
  EXPECT_EQ(evidence->candidate.rank_ic.lo, 0.0101);
  ASSERT_EQ(evidence->candidate.calibration.size(), 2U);
  EXPECT_EQ(evidence->candidate.calibration[1].share, 0.55);
  EXPECT_TRUE(std::isnan(evidence->candidate.profit_factor)) << "null is not known, never 0";
  EXPECT_TRUE(std::isnan(evidence->candidate.win_rate.value)) << "the share of no trades is not known";
  ASSERT_EQ(evidence->candidate.by_delay.size(), 2U);
  EXPECT_EQ(evidence->candidate.by_delay[1].delay_bars, 5);
  EXPECT_EQ(evidence->candidate.long_short_equity.value.size(), 2U);
  EXPECT_EQ(evidence->differences.at(0).rank_ic.value, 0.02);
  EXPECT_EQ(evidence->verdict.decision, "reject");
  EXPECT_EQ(evidence->verdict.conditions.size(), 3U);
}

TEST(Evidence, SaysWhatWasJudgedAlsoWhereAnOlderReleaseJudgedOtherwise) {
  Json document = Json::parse(evidence_json());
  Json& judgement = document["judgement"];
  judgement["judged"]["return"] = "relative";
  judgement["candidate"]["probability"]["source"] = "served";
  judgement["against_baselines"][0]["gross_bps"] = {{"mean", 1.5}, {"interval", {0.5, 2.5}}};
  VersionFacts facts = version_facts();
  facts.evidence = read_evidence(document.dump()).value();
  EXPECT_EQ(facts.evidence->differences[0].gross_bps.lo, 0.5);
  const std::string page = version_report(facts, kPageTime);
  for (const char* words :
       {"the outcome is the return from the next open to the exit", "0 is what is judged",
        "Judged is the probability that is served", "hedged: half in the symbol", "Lead in profit before costs"})
    EXPECT_THAT(page, HasSubstr(words));

  judgement.erase("judged");
  judgement["candidate"]["probability"].erase("source");
  judgement["against_baselines"][0].erase("gross_bps");
  facts.evidence = read_evidence(document.dump()).value();
  const std::string old_page = version_report(facts, kPageTime);
  EXPECT_THAT(old_page, HasSubstr("0 differs from the rank IC against the label that the tables show"));
  EXPECT_THAT(old_page, HasSubstr("Nothing was served: judged is a map"));
  for (const char* words : {"return from the next open", "hedged", "Lead in profit before costs"})
    EXPECT_THAT(old_page, Not(HasSubstr(words)));
}

TEST(Evidence, WithoutJudgementIsAnError) {
  for (const char* text : {"", "{", "[]", "{\"verdict\":{}}", "{\"judgement\":1}"}) {
    const auto evidence = read_evidence(text);
    ASSERT_FALSE(evidence) << text;
    EXPECT_EQ(evidence.error().code, "report.evidence");
  }
}

TEST(Verdict, SaysWhatWouldHaveToChangeAndOnlyThat) {
  const auto changes = what_would_have_to_change(read_evidence(evidence_json())->verdict);
  EXPECT_THAT(
      changes,
      ElementsAre("The largest fall of its capital (max drawdown) would have to be at most 30.0 %; found was 41.0 %.",
                  "The p-value of its rank IC (how often chance alone gives one as high) would have to be "
                  "at most 0.01000; found was 0.20000."))
      << "one way of trading pays, so the other need not";
}

TEST(Verdict, TooFewTradesAreSaidToBeFew) {
  VerdictFigures verdict;
  verdict.decision = "reject";
  verdict.conditions = {{"positions_net_bps_per_bar", false, 12.0, 0.0, 1, 50},
                        {"long_short_net_bps", false, kUnknown, 0.0, 0, 50}};
  EXPECT_THAT(what_would_have_to_change(verdict),
              ElementsAre(HasSubstr("found was too few to say: 1 of at least 50 trades."),
                          HasSubstr("found was nothing: there were no trades."), HasSubstr("enough that one pays")));
  EXPECT_THAT(limits_table(verdict), HasSubstr("too few to say: 1 of at least 50 trades"));
  verdict.conditions = {{"gross_bps", false, 2.0, 3.0, 700, 50}};
  EXPECT_THAT(
      what_would_have_to_change(verdict),
      ElementsAre("The profit before costs of a book of equal gross exposure would have to be more than 3.00 bps; "
                  "found was 2.00 bps in 700 rebalances."));
  verdict.conditions = {{"lineup_difference_lower_bound", false, -0.0042, -0.003, 0, 0}};
  EXPECT_THAT(what_would_have_to_change(verdict),
              ElementsAre(HasSubstr("would have to be more than \u22120.0030; found was \u22120.0042.")));
}

TEST(VersionReport, OfOneThatAPersonPromotedSaysSoAndIsNotRed) {
  VersionFacts facts = version_facts();
  facts.standing = {"active", kPageTime, true, "I trust it", ""};
  const std::string page = version_report(facts, kPageTime);
  EXPECT_THAT(page, HasSubstr("xgboost 0123456789ab: Active since 2025-03-01 00:00 by a person&#39;s decision "
                              "(\u201cI trust it\u201d). The policy&#39;s verdict when it was judged: refused. No "
                              "foresight"));
  EXPECT_THAT(page, HasSubstr("<p class=\"sentence plain\">"));
  EXPECT_THAT(page, HasSubstr("<div class=\"verdict plain\">"));
  EXPECT_THAT(page, Not(HasSubstr("what was active before stays")));
  EXPECT_THAT(page, HasSubstr("The policy would not have put it into service as it is; a person did: I trust it"));
  EXPECT_THAT(page, Not(HasSubstr("did not earn a place"))) << "it serves";
  facts.standing = {"rejected", kPageTime, false, "", ""};
  EXPECT_THAT(version_report(facts, kPageTime), HasSubstr("<p class=\"sentence bad\">"));
}

TEST(VersionReport, OfAVintageSaysWhoWasJudgedAndNotThatItWas) {
  VersionFacts facts = version_facts();
  facts.evidence->refresh = RefreshCheck{"abcabcabcabc", "ba9876543210", 20'000, 1.0, 0.51, 32'190};
  facts.standing = {"retired", kPageTime, false, "", "speaks with weight 0.17 in ensemble eeeeeeeeeeee"};
  const std::string page = version_report(facts, kPageTime);
  const std::string accepted =
      "A vintage of recipe abcabcabcabc, which was accepted when version ba9876543210 was judged; it was not judged "
      "itself.";
  EXPECT_THAT(page, HasSubstr("<p class=\"sentence good\">xgboost 0123456789ab: Retired since 2025-03-01 00:00, and "
                              "speaks with weight 0.17 in ensemble eeeeeeeeeeee. " +
                              accepted));
  EXPECT_THAT(page, HasSubstr("All of this was found of version ba9876543210"));
  EXPECT_THAT(page, HasSubstr("correlate by 0.51"));
  EXPECT_THAT(page, HasSubstr("calibrated by 32,190 rows"));
  EXPECT_THAT(page, Not(HasSubstr("when it was judged")));
  EXPECT_THAT(page, Not(HasSubstr("Judged on")));
  EXPECT_THAT(page, Not(HasSubstr("Beside the baselines")));
}

TEST(VersionReport, OfALineupSaysWhoSpeaksAndThatItWasNotJudged) {
  VersionFacts facts;
  facts.model_type = "ensemble";
  facts.version = "eeeeeeeeeeee";
  facts.status = "active";
  facts.standing = {"active", kPageTime, false, "The lineup of accepted recipes.", "serves"};
  facts.evidence_problem = "the stored evidence holds no judgement";
  facts.lineup = LineupFigures{
      "none was active",
      {{"lightgbm", "abc", "v2", kPageTime, 0.5}, {"lightgbm", "abc", "v1", kPageTime - Duration(86'400'000), 0.25}}};
  const std::string page = version_report(facts, kPageTime);
  EXPECT_THAT(page, HasSubstr("It was not judged: its members are vintages of accepted recipes"));
  EXPECT_THAT(page, Not(HasSubstr("There is no judgement")));
  for (const char* said : {">v2<", ">v1<", ">2025-03-01 00:00<", ">2025-02-28 00:00<", "0.250"})
    EXPECT_THAT(page, HasSubstr(said));
}

TEST(VersionReport, HistoryHasTheTimeOfTheDataAndThatOfTheClock) {
  VersionFacts facts = version_facts();
  facts.history = {
      {kPageTime, kPageTime + Duration(3'600'000), "training", "candidate", "cli, cycle 3", "No foresight."},
      {std::nullopt, kPageTime + Duration(7'200'000), "candidate", "active", "person", "I trust it"}};
  const std::string page = version_report(facts, kPageTime);
  EXPECT_THAT(page, HasSubstr("data-label=\"Data until (UTC)\"><span>2025-03-01 00:00</span></td><td class=\"w name\" "
                              "data-label=\"Decided at (UTC)\"><span>2025-03-01 01:00"));
  EXPECT_THAT(page, HasSubstr("data-label=\"Data until (UTC)\"><span>\u2013</span></td><td class=\"w name\" "
                              "data-label=\"Decided at (UTC)\"><span>2025-03-01 02:00"));
}

TEST(VersionReport, LoadsNothingAndEscapesEverything) {
  const std::string page = version_report(version_facts(), kPageTime);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<b>reversal")));
  EXPECT_THAT(page, HasSubstr("a&amp;b"));
  for (const char* outside : {"src=", "href=\"http", "url(", "@import", "<link"})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
}

TEST(VersionReport, EveryPlotHasATextForThoseWhoDoNotSeeIt) {
  const std::string page = version_report(version_facts(), kPageTime);
  std::size_t plots = 0;
  for (auto at = page.find("<svg"); at != std::string::npos; at = page.find("<svg", at + 1)) {
    const std::string tag = page.substr(at, page.find('>', at) - at);
    EXPECT_TRUE(tag.find("role=\"img\" aria-label=\"") != std::string::npos ||
                tag.find("aria-hidden") != std::string::npos)
        << tag;
    ++plots;
  }
  EXPECT_GE(plots, 4U);
}

TEST(OverviewReport, WithoutACycleSaysHowToGoOn) {
  EXPECT_THAT(overview_report({}, kPageTime), HasSubstr("No cycle was run yet, and there is no data"));
  OverviewFacts facts;
  facts.data = {
      {"sim", "AAA", "1h", 10, {kPageTime, kPageTime + Duration(36'000'000)}, {}, {}, 0, "ok", true, 1.0, {}}};
  EXPECT_THAT(overview_report(facts, kPageTime), HasSubstr("Next: look through the data below, then clm cycle"));
}

TEST(OverviewReport, NamesAFailedTraining) {
  OverviewFacts facts;
  facts.shown_cycle = 3;
  facts.cycles = {{3, kPageTime, {}, "done", 1.5, {}, {{"lightgbm", "", "failed", {}, {"train.failed: no rows"}}}}};
  EXPECT_THAT(cycle_report(facts, kPageTime), HasSubstr("train.failed: no rows"));
}

TEST(OverviewReport, SaysFirstWhatWasDecidedAndWhoServes) {
  OverviewFacts facts;
  facts.shown_cycle = 3;
  facts.cycles = {{3,
                   kPageTime,
                   kPageTime + Duration(86'400'000),
                   "done",
                   1.5,
                   {},
                   {{"lightgbm", "aaaa", "reject", {}, {"No foresight."}},
                    {"xgboost", "bbbb", "deploy", {}, {"It has foresight: 0.05."}}}}};
  facts.active = {{"xgboost", "bbbb", {kPageTime, Timestamp::max()}, false},
                  {"lightgbm", "cccc", {kPageTime, Timestamp::max()}, true}};
  const std::string page = overview_report(facts, kPageTime);
  EXPECT_THAT(page,
              HasSubstr("<p class=\"sentence good\">Cycle 3, data until 2025-03-01 00:00: of 2 candidate(s) 1 passed, "
                        "1 refused. xgboost bbbb passed: It has foresight: 0.05. Active now: xgboost bbbb, lightgbm "
                        "cccc (by a person&#39;s decision)."));
  EXPECT_THAT(page, HasSubstr("decided at 2025-03-02 00:00 UTC by the clock; 1.5 s of wall time"));
  EXPECT_THAT(page, HasSubstr(">Data until (UTC)</th>"));
  EXPECT_THAT(page, HasSubstr(">Decided at (UTC)</th>"));
  EXPECT_THAT(page, HasSubstr("The axis is the time of the data"));
}

TEST(OverviewReport, TellsVintagesFromWhatWasJudgedAndSaysWhoSpeaks) {
  VersionFacts vintage = version_facts();
  vintage.evidence->refresh = RefreshCheck{"abc", "bbbb", 20'000, 1.0, 0.5, 5'000};
  VersionFacts lineup;
  lineup.version = "eeee";
  lineup.lineup = LineupFigures{"none was active", {}};
  OverviewFacts facts;
  facts.shown_cycle = 3;
  facts.cycles = {{3,
                   kPageTime,
                   {},
                   "done",
                   1.5,
                   {},
                   {{"xgboost", vintage.version, "deploy", {}, {"A refresh."}, DecidedOn::vintage},
                    {"ensemble", "eeee", "deploy", {}, {"The lineup."}, DecidedOn::lineup}}}};
  facts.candidates = {vintage, lineup};
  facts.active = {{"xgboost", vintage.version, {kPageTime, Timestamp::max()}, false}};
  facts.speakers = "ensemble eeee, made of xgboost";
  facts.lineup.members = {{"xgboost", "abc", vintage.version, kPageTime, 1}};
  facts.without_vote = {"lightgbm: no version is active"};
  facts.due = {"xgboost: the next vintage is due from 2025-03-08T00:00:00Z"};
  const std::string page = overview_report(facts, kPageTime);
  EXPECT_THAT(page,
              HasSubstr("<p class=\"sentence good\">Cycle 3, data until 2025-03-01 00:00: new vintages of accepted "
                        "recipes: xgboost 0123456789ab. The lineup: ensemble eeee. Active now: xgboost "
                        "0123456789ab. Who speaks: ensemble eeee, made of xgboost."));
  EXPECT_THAT(page, HasSubstr(">refreshed<"));
  EXPECT_THAT(page, ::testing::Not(HasSubstr(">passed<"))) << "in the table of cycles as well";
  EXPECT_THAT(page, HasSubstr("lightgbm: no version is active"));
  EXPECT_THAT(page, HasSubstr("the next vintage is due from 2025-03-08T00:00:00Z"));
  EXPECT_THAT(page, Not(HasSubstr("candidate(s)"))) << "nobody was judged";
}

TEST(Marks, AreTheSameShapesForADecisionEverywhere) {
  EXPECT_EQ(mark_of_decision("deploy"), Mark::taken);
  EXPECT_EQ(mark_of_decision("reject"), Mark::refused);
  EXPECT_EQ(mark_of_decision("failed"), Mark::refused);
  EXPECT_EQ(mark_of_decision("keep"), Mark::open);
  OverviewFacts facts;
  facts.cycles = {{3, kPageTime, {}, "done", 1.5, {}, {{"lightgbm", "aaaa", "reject", {}, {}}}}};
  const std::string page = overview_report(facts, kPageTime);
  for (const char* shape : {"id=\"mark-taken\"", "id=\"mark-refused\"", "id=\"mark-open\""})
    EXPECT_EQ(page.find(shape), page.rfind(shape)) << "once in a page";
  EXPECT_THAT(page, HasSubstr("<use href=\"#mark-refused\" x=\"50.00%\""));
}

TEST(DataReport, SaysFirstHowMuchCanBeLearnedFrom) {
  const TimeRange range{kPageTime, kPageTime + Duration(36'000'000)};
  EXPECT_THAT(
      data_report({{"sim", "AAA", "1h", 10, range, {}, {}, 0, "ok", true, 1.0, {}},
                   {"sim", "BBB", "1h", 30, range, {}, {}, 0, "frozen", false, 0.5, {}}},
                  kPageTime),
      HasSubstr("<p class=\"sentence bad\">2 series, 40 bars until 2025-03-01 10:00: 62.5 % of the bars can be "
                "learned from (1 frozen, 1 ok). The least usable is BBB, 50.0 %. 1 of the series cannot be used as "
                "a whole.</p>"));
}

TEST(DataReport, TellsFirstOfTheSeriesThatAreNotOk) {
  const TimeRange range{kPageTime, kPageTime + Duration(36'000'000)};
  const std::string page = data_report({{"sim", "AAA", "1h", 10, range, {}, {}, 0, "ok", true, 1.0, {}},
                                        {"sim", "BBB", "1h", 30, range, {}, {}, 0, "frozen", false, 0.5, {}}},
                                       kPageTime);
  EXPECT_LT(page.find("<td class=\"w name\"><span>BBB"), page.find("<td class=\"w name\"><span>AAA"));
}

TEST(CoverageStretches, AgreeWithAskingEveryCell) {
  const auto hour = [](int h) { return Timestamp(0) + Duration(3'600'000LL * h); };
  SeriesCoverage series;
  series.rows = 1;
  series.symbol = "AAA";
  series.range = {hour(10), hour(90)};
  series.missing = {{hour(20), hour(30)}, {hour(85), hour(86)}};
  series.unusable = {{hour(28), hour(40)}};
  const auto stretches = coverage_stretches(series, {hour(0), hour(100)}, 100);
  const auto inside = [](const std::vector<TimeRange>& ranges, Timestamp t) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const TimeRange& range) { return range.contains(t); });
  };
  for (int h = 0; h < 100; ++h) {
    std::string expected;
    if (series.range.contains(hour(h))) expected = "present";
    if (inside(series.missing, hour(h))) expected = "missing";
    if (inside(series.unusable, hour(h))) expected = "unusable";
    std::string drawn;
    for (const auto& stretch : stretches)
      if (hour(h).ms() >= stretch.from_ms && hour(h).ms() < stretch.to_ms) drawn = stretch.css;
    EXPECT_EQ(drawn, expected) << h;
  }
}

TEST(CoverageStretches, OneBarOfManyIsStillSeen) {
  SeriesCoverage series;
  series.rows = 1;
  series.range = {Timestamp(0), Timestamp(1'000'000)};
  series.missing = {{Timestamp(500'000), Timestamp(500'001)}};
  const auto stretches = coverage_stretches(series, series.range, 10);
  ASSERT_EQ(stretches.size(), 3U);
  EXPECT_EQ(stretches[1].css, "missing");
}

}  // namespace
}  // namespace clm::app
