#include "report/replay_report.hpp"

#include <gtest/gtest.h>

#include "base/file_io.hpp"
#include "support/temp_directory.hpp"

namespace clm::app {
namespace {

constexpr const char* kDocument = R"({"made_at_ms": 5, "replays": [
  {"policy": "gated", "from": "2023-01-01T00:00:00Z", "to": "2023-03-01T00:00:00Z", "bars": 1416, "trainings": 3,
   "promotions": 1, "refusals": 2, "served_share": 0.5, "served": null,
   "timeline": [
     {"at": "2023-01-02T00:00:00Z", "kind": "promoted", "model_type": "lightgbm", "version": "aaaaaaaaaaaa",
      "text": "better & <safe>", "detail": {}},
     {"at": "2023-02-01T00:00:00Z", "kind": "rejected", "model_type": "lightgbm", "version": "bbbbbbbbbbbb",
      "text": "not shown to be better", "detail": {}}]},
  {"policy": "static", "from": "2023-01-01T00:00:00Z", "to": "2023-03-01T00:00:00Z", "timeline": []}],
  "comparisons": [{"policy": "gated", "less": "static", "rank_ic": {"mean": 0.01, "lo": -0.01, "hi": 0.03},
                   "long_short_net_bps": {"mean": 1, "lo": -2, "hi": 4}}]})";

class ReplayPage : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& text) {
    const auto path = directory_.path() / "replay.json";
    EXPECT_TRUE(write_file_atomic(path, text));
    return path;
  }
  clm::testing::TempDirectory directory_;
};

TEST_F(ReplayPage, TellsWhatHappenedAndWhy) {
  const auto document = read_replay_file(file(kDocument));
  ASSERT_TRUE(document) << to_string(document.error());
  EXPECT_EQ(document->replays.size(), 2U);
  EXPECT_EQ(document->differences.front().less, "static");
  const std::string page = replay_report(*document, "replay.json", Timestamp(0));
  for (const char* part : {"gated", "static", "gated less static", "better &amp; &lt;safe&gt;",
                           "not shown to be better", "aaaaaaaaaaaa", "<svg"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("<safe>"), std::string::npos);
}

TEST_F(ReplayPage, TellsWhatWasServedLessWhoMightHaveSpoken) {
  const auto document = read_replay_file(file(R"({"replays": [{"policy": "gated", "from": "2023-01-01T00:00:00Z",
    "to": "2023-03-01T00:00:00Z", "timeline": [], "regret": {"newest": {}, "best": {"forecaster": "xgboost"},
      "warning": "what was served is 30.0 IC-bars behind the newest vintages", "all": [
        {"forecaster": "newest", "in_words": "the newest vintages", "bars": 1234, "ic_bars": -30.04,
         "interval": [-50.5, -9.5]},
        {"forecaster": "xgboost", "in_words": "xgboost alone", "bars": 12, "ic_bars": -31.5, "interval": null}]}}]})"));
  ASSERT_TRUE(document) << to_string(document.error());
  const std::string page = replay_report(*document, "replay.json", Timestamp(0));
  for (const char* part : {"the newest vintages", "\u221230.0", "[\u221250.5, \u22129.5]", "1,234", "xgboost alone",
                           "\u221231.5", "too few days for an interval", "the best",
                           "gated: what was served is 30.0 IC-bars behind the newest vintages.", "some 26 IC-bars"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  const auto of_before = read_replay_file(file(kDocument));
  EXPECT_EQ(replay_report(*of_before, "replay.json", Timestamp(0)).find("IC-bar"), std::string::npos)
      << "a document of an older release has none";
}

TEST_F(ReplayPage, SaysFirstHowItEnded) {
  const auto document = read_replay_file(file(kDocument));
  ASSERT_TRUE(document);
  EXPECT_EQ(replay_verdict(*document).sentence,
            "gated served nothing: no version came into service. It trained 3 versions, promoted 1, refused 2 and took "
            "back 0; in service at the end: lightgbm aaaaaaaaaaaa. Less static: rank IC 0.0100, 95 % interval "
            "[\u22120.0100, 0.0300], no difference shown.");
  EXPECT_EQ(replay_verdict(*document).kind, "bad");
}

TEST_F(ReplayPage, TellsEnsemblesFromWhatWasTrainedAndWhoLeaves) {
  const auto document = read_replay_file(file(R"({"replays": [{"policy": "gated", "from": "2023-01-01T00:00:00Z",
    "to": "2023-03-01T00:00:00Z", "trainings": 3, "promotions": 3, "refusals": 0, "timeline": [
      {"at": "2023-01-02T00:00:00Z", "kind": "trained", "model_type": "ridge", "version": "aaaaaaaaaaaa", "text": "x"},
      {"at": "2023-01-02T00:00:00Z", "kind": "promoted", "model_type": "ridge", "version": "aaaaaaaaaaaa", "text": "x"},
      {"at": "2023-02-02T00:00:00Z", "kind": "trained", "model_type": "lightgbm", "version": "bbbbbbbbbbbb", "text": "x"},
      {"at": "2023-02-02T00:00:00Z", "kind": "promoted", "model_type": "lightgbm", "version": "bbbbbbbbbbbb", "text": "x"},
      {"at": "2023-02-02T00:00:00Z", "kind": "trained", "model_type": "ensemble", "version": "cccccccccccc", "text": "x"},
      {"at": "2023-02-02T00:00:00Z", "kind": "promoted", "model_type": "ensemble", "version": "cccccccccccc", "text": "x"},
      {"at": "2023-02-02T00:00:00Z", "kind": "retired", "model_type": "ridge", "version": "aaaaaaaaaaaa", "text": "x"}
    ]}]})"));
  ASSERT_TRUE(document) << to_string(document.error());
  const std::string sentence = replay_verdict(*document).sentence;
  EXPECT_NE(sentence.find("It trained 2 versions and made 1 ensemble of such, promoted 3"), std::string::npos)
      << sentence;
  EXPECT_NE(sentence.find("in service at the end: ensemble cccccccccccc, lightgbm bbbbbbbbbbbb."), std::string::npos)
      << sentence;
}

TEST_F(ReplayPage, SaysWhyNobodyWasPromotedNorRefused) {
  const auto document = read_replay_file(file(R"({"replays": [{"policy": "gated", "from": "2023-01-01T00:00:00Z",
    "to": "2023-03-01T00:00:00Z", "trainings": 12, "promotions": 0, "refusals": 0, "timeline": []}]})"));
  ASSERT_TRUE(document);
  EXPECT_NE(replay_verdict(*document).sentence.find("none was refused: all were in the shadow at the end, or "
                                                    "policy.mode is not enforced. It trained 12 versions"),
            std::string::npos)
      << replay_verdict(*document).sentence;
}

TEST_F(ReplayPage, MarksARefusalAsARefusalWhereverItHappened) {
  const auto document = read_replay_file(file(R"({"replays": [{"policy": "gated", "from": "2023-01-01T00:00:00Z",
    "to": "2023-03-01T00:00:00Z", "timeline": [{"at": "2023-01-30T12:00:00Z", "kind": "trained", "model_type": "lightgbm",
    "version": "bbbbbbbbbbbb", "text": "no foresight", "detail": {"status": "rejected"}}]}]})"));
  ASSERT_TRUE(document);
  const std::string page = replay_report(*document, "replay.json", Timestamp(0));
  EXPECT_NE(page.find("<use href=\"#mark-refused\" x=\"50.00%\""), std::string::npos);
  EXPECT_EQ(page.find("<use href=\"#mark-open\" x=\"50.00%\""), std::string::npos);
}

TEST_F(ReplayPage, RefusesAnotherDocument) {
  for (const char* text : {"", "{", "[]", "{\"replays\": []}", "{\"replays\": 3}"}) {
    const auto document = read_replay_file(file(text));
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().code, "report.replay");
  }
}

}  // namespace
}  // namespace clm::app
