#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "report/evidence.hpp"
#include "report/html_page.hpp"

namespace clm::app {

/// One moment of a replay's timeline.
struct ReplayMoment {
  std::int64_t at_ms = 0;
  std::string kind, model_type, version, text;
  std::string status;  ///< of a version that was trained: what it became at once; else empty
};

/// What was served less one other forecaster, in IC-bars (a rank IC of 1 for one bar).
struct ReplayRegret {
  std::string less;  ///< in words
  double bars = kUnknown;
  Estimate ic_bars;
  bool is_best = false;  ///< no other forecaster was better in hindsight
};

/// What one policy did and what came of it; NaN: not known.
struct ReplayFigures {
  std::string policy;
  std::int64_t from_ms = 0, to_ms = 0;
  double bars = kUnknown, trainings = kUnknown, retrains = kUnknown, promotions = kUnknown, canaries = kUnknown;
  double rollbacks = kUnknown, retreats = kUnknown, refusals = kUnknown, regretted = kUnknown;
  double cycle_wall_seconds = kUnknown, served_share = kUnknown, data_age_days = kUnknown;
  std::optional<ModelFigures> served;
  std::vector<ReplayRegret> regret;
  std::string regret_warning;  ///< empty: none
  std::vector<ReplayMoment> timeline;
};

/// The first policy less another, on the rows that all of them forecast.
struct ReplayDifference {
  std::string policy, less;
  Estimate rank_ic, net_bps;
};

/// A document of clm replay.
struct ReplayDocument {
  std::int64_t made_at_ms = 0;
  std::vector<ReplayFigures> replays;
  std::vector<ReplayDifference> differences;
};

/// Errors `file.read` (unavailable), `report.replay` (data): not a document of clm replay.
Result<ReplayDocument> read_replay_file(const std::filesystem::path& file);
/// The same of a document in hand; without a replay in it `replays` is empty.
ReplayDocument replay_document_in(const nlohmann::json& document);

/// How it ended, in a few sentences: what the first policy served and what came of it, what it did, who was in service
/// at the end, and whether it differs from the others.
HtmlVerdict replay_verdict(const ReplayDocument& document);

/// One page: what the policies come to side by side, equity and rank IC by month, and for each its timeline: who was
/// active when, what was decided, and why.
std::string replay_report(const ReplayDocument& document, const std::string& source, Timestamp made_at);

}  // namespace clm::app
