#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "adapters/http/pause.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "commands/served_history.hpp"
#include "commands/voters.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "serving/forecast_report.hpp"
#include "serving/hold_back.hpp"
#include "workspace/followed_predictions.hpp"
#include "workspace/market_view.hpp"
#include "workspace/predictions.hpp"

namespace clm::app {
namespace {

constexpr const char* kPredictDocument = R"(Document (--json)
  {as_of, newest_bar, late_bars, stale, ensemble, regime, horizon_bars,
  entry_at, cost_band_bps, relative, learned_until: {version: time},
  learned_later: [version],
  predictions: [{symbol, action, note,
  expected_return_bps, confidence, consensus: {agree, of}, disagreement_bps,
  votes: {recipe: {model_type, version, expected_return_bps, up_probability,
  weight, horizon_bars, members: [{version, learned_until,
  expected_return_bps, up_probability, weight}]}}, abstained: [{recipe,
  model_type, version, why}], canaries}]}
  votes: a recipe speaks by its vintages: members, what was learned last first,
  each on the scale at which its lineup weighs it. Its expected return is
  their weighted mean, its weight the sum of theirs, its version the first of
  them. consensus: of all members. recipe of who abstains: the one in force
  where there is no version.
  newest_bar: its close. late_bars: whole bars that should have closed since,
  by the clock or by --as-of. stale: by the clock, and more than
  serving.max_late_bars; every action is then HOLD. relative: expected returns
  are less the mean of the universe. learned_until: of the voters, when the
  last label that they were fitted on became known. learned_later: voters that
  were trained as of a time after as_of, and may have learned what they
  forecast, or were chosen by it. cost_band_bps: an
  expected return inside +- this is a HOLD. note: why an action is a HOLD, or
  that the probability of rising says the contrary of the expected return; null:
  nothing. With --follow one document after another.
  disagreement_bps: how far the votes are apart; null with one.

Document of --from and --to (--json)
  {rows: [{time, symbol, forecast, expected_return_bps, up_probability,
  action, lineup}]}
  What clm cycle logged as served at each bar of the past, a row per bar and
  symbol; nothing is computed anew. time: the close of the bar, from when on
  it was known. forecast: in units of the horizon's volatility. lineup: the
  ensemble that spoke; null: the active versions, with configured weights, or
  an earlier release, which noted neither this nor return, probability and
  action. null: nothing was said. The table has the same columns, as CSV; a
  Parquet file has the time in ms since 1970.)";

struct PredictFlags {
  std::vector<std::string> symbols;
  std::string as_of;
  bool follow = false;
  double every_seconds = 2;
  std::string from, to, export_file;
};

bool is_in(const std::vector<Abstention>& abstained, const Abstention& one) {
  return std::any_of(abstained.begin(), abstained.end(), [&](const Abstention& other) {
    return other.model_type == one.model_type && other.why == one.why;
  });
}

/// Who says nothing about any symbol, for one and the same reason.
std::vector<Abstention> silent_everywhere(const Forecasts& forecasts) {
  std::vector<Abstention> silent;
  if (forecasts.predictions.size() < 2) return silent;
  for (const Abstention& one : forecasts.predictions.front().abstained)
    if (std::all_of(forecasts.predictions.begin(), forecasts.predictions.end(),
                    [&](const Prediction& p) { return is_in(p.abstained, one); }))
      silent.push_back(one);
  return silent;
}

/// What is forecast, and what follows from it.
std::string terms(const Forecasts& forecasts, const MarketView& place) {
  std::string text;
  if (forecasts.horizon_bars) {
    const Interval interval = place.candles->interval();
    text = "Expected is the return over " + std::to_string(*forecasts.horizon_bars) + " bars of " + interval.name() +
           (forecasts.basis == ReturnBasis::relative ? ", less the mean of the universe" : "") +
           ": in at the open of " + to_string(place.as_of) + ", out at that of " +
           to_string(place.as_of + interval.length() * *forecasts.horizon_bars) + ".\n";
  }
  text += "HOLD: do nothing on it. In and out costs " + fixed(forecasts.cost_band_bps, 1) +
          " bps; what is expected lies inside that, or nobody has a vote, or a note says why.\n";
  if (!forecasts.held_back.empty())
    text += "EVERY ACTION IS A HOLD, " + forecasts.held_back + ". To look at history: --as-of " +
            to_string(place.as_of) + ".\n";
  return text;
}

/// Votes where most have one: of these the weights are told.
const std::vector<Vote>& most_votes(const Forecasts& forecasts) {
  static const std::vector<Vote> kNone;
  const auto most =
      std::max_element(forecasts.predictions.begin(), forecasts.predictions.end(),
                       [](const Prediction& a, const Prediction& b) { return a.votes.size() < b.votes.size(); });
  return most == forecasts.predictions.end() ? kNone : most->votes;
}

/// Manifests of those who vote. A record that cannot be read is for clm verify to name; it keeps nobody from being
/// served.
std::map<VersionId, Manifest> voting_manifests(const Registry& registry, const Forecasts& forecasts) {
  std::set<VersionId> voters;
  for (const auto& p : forecasts.predictions)
    for (const auto& vote : p.votes) voters.insert(vote.version);
  std::map<VersionId, Manifest> manifests;
  for (const VersionId& version : voters)
    if (auto manifest = registry.find(version.str()).and_then(stored_manifest); manifest)
      manifests.emplace(version, std::move(*manifest));
  return manifests;
}

/// Who speaks, learned until when, with which weight. Canaries speak to a share of the symbols.
std::string speakers(const Forecasts& forecasts, const RecipeNames& names,
                     const std::map<VersionId, Manifest>& manifests, std::size_t width) {
  std::map<VersionId, Vote> all;
  for (const Vote& vote : most_votes(forecasts)) all.emplace(vote.version, vote);
  for (const auto& p : forecasts.predictions)
    for (const Vote& vote : p.votes) all.emplace(vote.version, vote);
  std::vector<Vote> votes;
  for (const auto& [version, vote] : all) votes.push_back(vote);
  TextTable table({"who speaks", "recipe", "version", "learned until", "trained as of", "weight"});
  for (const RecipeVote& one : votes_by_recipe(votes, names))
    for (const Vote& vote : one.members) {
      const auto manifest = manifests.find(vote.version);
      table.add({vote.model_type, one.recipe, vote.version.str(), to_minutes_string(vote.learned_until),
                 manifest == manifests.end() ? "-" : to_minutes_string(manifest->second.created_as_of),
                 fixed(vote.weight, 2)});
    }
  return table.empty() ? "" : "\n" + table.render(width);
}

std::string describe(const Forecasts& forecasts, const MarketView& place, const RecipeNames& names, std::size_t width) {
  TextTable table({"symbol", "action", "expected bps", "disagreement bps", "agree", "confidence", "votes"});
  const auto silent = silent_everywhere(forecasts);
  std::string notes;
  std::size_t small = 0;
  for (const auto& p : forecasts.predictions) {
    std::string votes;
    for (const RecipeVote& vote : votes_by_recipe(p.votes, names))
      votes += (votes.empty() ? "" : ", ") + vote.model_type + " " + fixed(vote.expected_return_bps, 1) + " x " +
               fixed(vote.weight, 2);
    for (const auto& absent : p.abstained)
      if (!is_in(silent, absent)) votes += (votes.empty() ? "" : "; ") + absent.model_type + " abstains: " + absent.why;
    for (const auto& canary : p.canaries) votes += "; with the canary " + canary.str();
    table.add({p.symbol.str(), std::string(to_string(p.action)), fixed(p.expected_return_bps, 1),
               fixed(p.disagreement_bps, 1), std::to_string(p.agree) + " of " + std::to_string(p.votes.size()),
               fixed(p.confidence, 3), votes});
    if (p.note.empty()) continue;
    if (std::fabs(p.expected_return_bps) > forecasts.cost_band_bps)
      notes += "  " + p.symbol.str() + ": " + p.note + "\n";
    else
      ++small;
  }
  if (small > 0)
    notes += "  " + std::to_string(small) +
             " more inside the costs, whose probability points the other way too (--json says it of each)\n";
  std::vector<std::string> types;
  for (const Vote& vote : most_votes(forecasts)) types.push_back(vote.model_type);
  std::string by = voters(forecasts.ensemble, types);
  if (forecasts.regime != VolatilityRegime::unknown)
    by += ", weights of a " + std::string(to_string(forecasts.regime)) + " market";
  std::string text =
      "By " + by + "; " + describe(place.lateness) + "\n" + terms(forecasts, place) + "\n" + table.render(width);
  for (const auto& absent : silent) text += absent.model_type + " abstains everywhere: " + absent.why + "\n";
  return text + (notes.empty() ? "" : "\nNotes\n" + notes);
}

/// With --symbol only these, in the order asked for.
Status keep_asked(const PredictFlags& flags, const MarketView& place, Forecasts& forecasts) {
  if (flags.symbols.empty()) return {};
  const auto symbols = stored_symbols({flags.symbols, "--symbol", "predict.unknown_symbol"}, *place.candles);
  if (!symbols) return forward_error(symbols);
  std::vector<Prediction> asked;
  for (const auto& symbol : *symbols) {
    const auto found = std::find_if(forecasts.predictions.begin(), forecasts.predictions.end(),
                                    [&](const Prediction& p) { return p.symbol == symbol; });
    if (found == forecasts.predictions.end())
      return fail(ErrorKind::usage, "predict.unknown_symbol", "there are no usable candles of " + symbol.str(),
                  "--symbol", "`clm data` lists what is stored and what is wrong with it.");
    asked.push_back(*found);
  }
  forecasts.predictions = std::move(asked);
  return {};
}

/// Writes down and prints what is predicted.
Status tell(Program& program, Workspace& workspace, const MarketView& place, Forecasts forecasts,
            const PredictFlags& flags) {
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  hold_back_if_stale(forecasts, place.lateness);
  const auto names = recipe_names(**registry, workspace.learning(), versions_in(forecasts));
  if (!names) return forward_error(names);
  if (const auto logged = log_predictions(workspace, forecasts, place, *names); !logged)
    program.warn("these predictions are not written down: " + to_string(logged.error()));
  if (auto kept = keep_asked(flags, place, forecasts); !kept) return kept;
  nlohmann::json document = to_json(forecasts, place.as_of, *names);
  add_lateness(document, place.lateness);
  document["learned_until"] = nlohmann::json::object();
  document["learned_later"] = nlohmann::json::array();
  const auto manifests = voting_manifests(**registry, forecasts);
  std::string text =
      describe(forecasts, place, *names, program.columns()) + speakers(forecasts, *names, manifests, program.columns());
  for (const auto& [version, manifest] : manifests) {
    document["learned_until"][version.str()] = to_string(manifest.learned_until);
    // Who was judged on bars that were not known yet was chosen by them: what it says of that time is no test of it.
    if (manifest.created_as_of <= place.as_of) continue;
    document["learned_later"].push_back(version.str());
    text += "NOT A FORECAST: " + version.str() + " was made on bars after " + to_string(place.as_of) +
            ", and may have learned what it says here.\n";
  }
  program.print(document, text);
  return {};
}

/// What changed, for the person at the terminal.
std::string describe(const FollowedPredictions::News& news) {
  switch (news.change) {
    case FollowedPredictions::Change::none: return {};
    case FollowedPredictions::Change::bars: return "new bars";
    case FollowedPredictions::Change::versions: return "other versions serve";
    case FollowedPredictions::Change::anew: return "computed again: " + news.why;
  }
  return {};
}

Result<int> follow(Program& program, const PredictFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const RunContext run = program.context();
  const auto followed = FollowedPredictions::begin(**workspace, run);
  if (!followed) return forward_error(followed);
  const auto tell_newest = [&]() -> Status {
    const MarketView& market = (*followed)->market();
    warn_of(program, market.damaged, market.notes);
    program.warn(warning(market.lateness));
    return tell(program, **workspace, market, (*followed)->service().answer()->forecasts, flags);
  };
  if (auto told = tell_newest(); !told) return forward_error(told);
  std::string last_error;
  SleepingPause pause;
  const Duration between(static_cast<std::int64_t>(1e3 * flags.every_seconds));
  while (pause.wait(between, run.cancel) && program.output() == Program::OutputState::arrived) {
    const auto news = (*followed)->look(run);
    if (!news) {
      if (run.cancel.requested()) break;
      // The answer stands; what is wrong now may be mended later.
      if (to_string(news.error()) != last_error) program.warn(last_error = to_string(news.error()));
      continue;
    }
    last_error.clear();
    if (news->change == FollowedPredictions::Change::none) continue;
    program.note("\n" + describe(*news));
    if (auto told = tell_newest(); !told) return forward_error(told);
  }
  return 0;
}

Result<int> run_predict(Program& program, const PredictFlags& flags) {
  if (!flags.from.empty())
    return tell_served_history(program, {flags.from, flags.to, flags.symbols, flags.export_file});
  if (flags.follow) return follow(program, flags);
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const auto place = open_live_market(program, **workspace, flags.as_of);
  if (!place) return forward_error(place);
  const auto service = start_predictions(**workspace, *place, program.context());
  if (!service) return forward_error(service);
  const auto told = tell(program, **workspace, *place, (*service)->answer()->forecasts, flags);
  if (!told) return forward_error(told);
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<PredictFlags>();
  auto* command = app.add_subcommand(
      "predict",
      "Forecasts of the active ensemble, or of the active versions: votes, action and confidence per symbol");
  command->footer(kPredictDocument);
  command->add_option("--symbol", flags->symbols, "Only these (the universe is still read whole: features compare it)")
      ->type_name("SYMBOL");
  auto* as_of =
      command->add_option("--as-of", flags->as_of, "Nothing known later is read (default: now)")->type_name("TIME");
  auto* follow = command
                     ->add_flag("--follow", flags->follow,
                                "Go on until stopped: again whenever a bar is stored or another version serves")
                     ->excludes(as_of);
  command->add_option("--every", flags->every_seconds, "Look for changes after so many seconds")
      ->check(CLI::Range(0.05, 3600.0))
      ->capture_default_str()
      ->needs(follow);
  auto* from = command->add_option("--from", flags->from, "What was served, from the bar that closed then on")
                   ->type_name("TIME")
                   ->excludes(as_of)
                   ->excludes(follow);
  auto* to = command->add_option("--to", flags->to, "Until before the bar that closed then")->type_name("TIME");
  from->needs(to);
  to->needs(from);
  command->add_option("--export", flags->export_file, "Write what was served there: a row per bar and symbol")
      ->type_name("FILE.csv|FILE.parquet")
      ->needs(from);
  commands.push_back({command, [flags](Program& program) { return run_predict(program, *flags); }});
}

}  // namespace clm::app
