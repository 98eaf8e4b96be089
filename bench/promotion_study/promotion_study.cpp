#include "promotion_study.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "base/parallel.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "features/inputs/candle_source.hpp"
#include "learning/cycle/cycle.hpp"
#include "registry/cycle_log.hpp"
#include "registry/database.hpp"
#include "registry/registry.hpp"

namespace clm {
namespace {

constexpr double kAlpha = 0.05;

/// A directory that goes away with its market.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::remove_all(path_, ignored_);
    std::filesystem::create_directories(path_, ignored_);
  }
  ~Scratch() { std::filesystem::remove_all(path_, ignored_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::error_code ignored_;
};

double rank_ic_of(const nlohmann::json& model) {
  const auto& mean = model.at("rank_ic").at("mean");
  return mean.is_number() ? mean.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

StudiedMarket studied(std::uint64_t seed, const CycleReport& report) {
  StudiedMarket market;
  market.seed = seed;
  for (const CycleResult& result : report.results) {
    const Evidence evidence = Evidence::from_json(result.evidence_json);
    if (evidence.is_of_refresh() || evidence.is_of_lineup()) continue;  // what follows from a promotion
    StudiedCandidate candidate{result.model_type, result.decision, std::numeric_limits<double>::quiet_NaN(),
                               result.reasons};
    if (evidence.has_judgement()) {
      const nlohmann::json& judgement = evidence.judgement();
      candidate.rank_ic = rank_ic_of(judgement.at("candidate"));
      for (const auto& baseline : judgement.at("baselines"))
        market.baseline_rank_ic[baseline.at("name").get<std::string>()] = rank_ic_of(baseline);
    }
    market.candidates.push_back(std::move(candidate));
  }
  return market;
}

Result<StudiedMarket> study_market(const PromotionStudyOptions& options, std::uint64_t seed, const RunContext& run) {
  SimulationOptions simulation = options.market;
  simulation.seed = seed;
  auto market = simulate(simulation);
  if (!market) return forward_error(market);
  const MemoryCandleSource candles(std::move(market->series));

  const Scratch scratch(options.scratch / ("market-" + std::to_string(seed)));
  auto database = Database::open(scratch.path() / "clm.db");
  if (!database) return forward_error(database);
  auto registry = Registry::open(*database, ArtifactStore(scratch.path() / "versions"));
  if (!registry) return forward_error(registry);
  auto log = CycleLog::open(*database);
  if (!log) return forward_error(log);
  const auto lock = FileLock::acquire(scratch.path() / "lock", "promotion study");
  if (!lock) return forward_error(lock);
  CycleWorkplace place{candles, nullptr, *registry, *log, *lock, "promotion study", {}};
  CycleRequest request;
  request.as_of = simulation.start + simulation.interval.length() * static_cast<std::int64_t>(simulation.bars);
  request.actor = "promotion study";
  request.triggers = asked_by_hand(options.learning.training.models);
  LearningOptions learning = options.learning;
  learning.floor = Floor::none;  // of the types that are studied alone
  const auto report = run_cycle(place, learning, request, run);
  if (!report) return forward_error(report);

  StudiedMarket outcome = studied(seed, *report);
  for (const StudiedCandidate& candidate : outcome.candidates) {
    const auto active = registry->active(Slot{candidate.model_type});
    if (!active) return forward_error(active);
    if (*active) ++outcome.promoted;
  }
  return outcome;
}

bool is_promoted(const StudiedCandidate& candidate) { return candidate.decision == "deploy"; }

ShareEstimate share_of(const std::vector<StudiedMarket>& markets, std::size_t count) {
  const auto n = static_cast<double>(markets.size());
  return wilson(n == 0 ? 0 : static_cast<double>(count) / n, markets.size(), n, kAlpha);
}

/// A reason without its numbers: up to its colon, or to the " is " of a failed check.
std::string cause(const std::string& reason) {
  if (reason.starts_with("Unsafe: ")) return reason.substr(0, reason.find(" is "));
  return reason.substr(0, reason.find(':'));
}

std::vector<std::string> model_types(const PromotionStudy& study) {
  std::vector<std::string> types;
  for (const StudiedMarket& market : study.markets)
    for (const StudiedCandidate& candidate : market.candidates)
      if (std::find(types.begin(), types.end(), candidate.model_type) == types.end())
        types.push_back(candidate.model_type);
  return types;
}

struct MeanRankIc {
  double mean = 0;
  double standard_error = 0;
};

MeanRankIc mean_of(const std::vector<double>& values) {
  MeanRankIc out;
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return out;
  for (const double value : values) out.mean += value / n;
  for (const double value : values) out.standard_error += (value - out.mean) * (value - out.mean) / n / n;
  out.standard_error = std::sqrt(out.standard_error);
  return out;
}

/// Of every model type and baseline, over the markets that have it.
std::map<std::string, MeanRankIc> mean_rank_ics(const PromotionStudy& study) {
  std::map<std::string, std::vector<double>> values;
  for (const StudiedMarket& market : study.markets) {
    for (const StudiedCandidate& candidate : market.candidates)
      if (!std::isnan(candidate.rank_ic)) values[candidate.model_type].push_back(candidate.rank_ic);
    for (const auto& [name, rank_ic] : market.baseline_rank_ic)
      if (!std::isnan(rank_ic)) values[name].push_back(rank_ic);
  }
  std::map<std::string, MeanRankIc> means;
  for (const auto& [name, list] : values) means[name] = mean_of(list);
  return means;
}

nlohmann::json share_json(const ShareEstimate& share) {
  return {{"share", share.share}, {"interval", {share.lo, share.hi}}, {"markets", share.count}};
}

template <typename... Values>
std::string line(const char* format, Values... values) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

std::string share_line(const std::string& name, const ShareEstimate& share) {
  return line("  %-16s %4.0f of %zu markets  %5.1f %%  (95 %%: %.1f .. %.1f)\n", name.c_str(),
              share.share * static_cast<double>(share.count), share.count, 100 * share.share, 100 * share.lo,
              100 * share.hi);
}

}  // namespace

ShareEstimate PromotionStudy::promoted_markets() const {
  return share_of(markets, static_cast<std::size_t>(std::count_if(
                               markets.begin(), markets.end(), [](const StudiedMarket& m) { return m.promoted > 0; })));
}

ShareEstimate PromotionStudy::promoted_markets(const std::string& model_type) const {
  std::size_t count = 0;
  for (const StudiedMarket& market : markets)
    for (const StudiedCandidate& candidate : market.candidates)
      if (candidate.model_type == model_type && is_promoted(candidate)) ++count;
  return share_of(markets, count);
}

std::size_t PromotionStudy::promotions() const {
  std::size_t count = 0;
  for (const StudiedMarket& market : markets) count += market.promoted;
  return count;
}

std::map<std::string, std::size_t> PromotionStudy::reasons_of_refusals() const {
  std::map<std::string, std::size_t> counts;
  for (const StudiedMarket& market : markets)
    for (const StudiedCandidate& candidate : market.candidates)
      if (!is_promoted(candidate))
        for (const std::string& reason : candidate.reasons) ++counts[cause(reason)];
  return counts;
}

Result<PromotionStudy> run_promotion_study(const PromotionStudyOptions& options, const RunContext& run) {
  SimulationOptions smallest = options.market;
  smallest.symbols = 1;
  smallest.bars = 1;
  const auto truth = simulate(smallest);
  if (!truth) return forward_error(truth);

  SilentProgress silent;
  const RunContext inner{run.clock, run.cancel, silent, 1};
  std::vector<std::optional<Result<StudiedMarket>>> outcomes(options.markets);
  run.progress.begin("markets", options.markets);
  parallel_for(run.jobs, options.markets, [&](std::size_t i) {
    outcomes[i].emplace(study_market(options, options.market.seed + i, inner));
    run.progress.advance();
  });
  run.progress.end();

  PromotionStudy study;
  study.best_rank_ic = truth->best_rank_ic(options.learning.label.horizon_bars);
  for (auto& outcome : outcomes) {
    if (!*outcome) return forward_error(*outcome);
    study.markets.push_back(std::move(**outcome));
  }
  return study;
}

nlohmann::json to_json(const PromotionStudy& study) {
  auto types = nlohmann::json::object();
  for (const std::string& type : model_types(study)) types[type] = share_json(study.promoted_markets(type));
  auto rank_ics = nlohmann::json::object();
  for (const auto& [name, mean] : mean_rank_ics(study))
    rank_ics[name] = {{"mean", mean.mean}, {"standard_error", mean.standard_error}};
  auto markets = nlohmann::json::array();
  for (const StudiedMarket& market : study.markets) {
    auto candidates = nlohmann::json::array();
    for (const StudiedCandidate& candidate : market.candidates)
      candidates.push_back({{"model_type", candidate.model_type},
                            {"decision", candidate.decision},
                            {"rank_ic", finite_or_null(candidate.rank_ic)},
                            {"reasons", candidate.reasons}});
    auto baselines = nlohmann::json::object();
    for (const auto& [name, rank_ic] : market.baseline_rank_ic) baselines[name] = finite_or_null(rank_ic);
    markets.push_back({{"seed", market.seed},
                       {"promoted", market.promoted},
                       {"candidates", candidates},
                       {"baseline_rank_ic", baselines}});
  }
  return {{"best_rank_ic", study.best_rank_ic},
          {"promotions", study.promotions()},
          {"promoted_markets", share_json(study.promoted_markets())},
          {"by_model_type", types},
          {"rank_ic", rank_ics},
          {"reasons_of_refusals", study.reasons_of_refusals()},
          {"markets", markets}};
}

std::string describe(const PromotionStudy& study) {
  std::string text =
      line("Best possible rank IC %.3f. Mean rank IC on the holdouts (standard error):\n", study.best_rank_ic);
  for (const auto& [name, mean] : mean_rank_ics(study))
    text += line("  %-16s %7.4f (%.4f)\n", name.c_str(), mean.mean, mean.standard_error);
  text += "Promoted:\n";
  for (const std::string& type : model_types(study)) text += share_line(type, study.promoted_markets(type));
  text += share_line("any", study.promoted_markets());
  text += line("  promotions in all: %zu\n", study.promotions());
  const auto reasons = study.reasons_of_refusals();
  if (!reasons.empty()) text += "Said of refused candidates:\n";
  for (const auto& [reason, count] : reasons) text += line("  %5zu  %s\n", count, reason.c_str());
  return text;
}

}  // namespace clm
