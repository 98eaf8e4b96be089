// replay: the whole learning policy over history, on a virtual clock.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/data/tape_fingerprint.hpp"
#include "learning/options/recipe_options.hpp"
#include "replay_policy.hpp"
#include "report/replay_report.hpp"
#include "workspace/learning_workspace.hpp"
#include "workspace/replay_workspace.hpp"

namespace clm::app {
namespace {

struct ReplayFlags {
  std::string from, to, changed_at;
  std::vector<std::string> policies{"gated"};
  std::vector<std::string> models;
  bool restart = false;
};

/// Said before the work: a policy that leaves every move to a person, whom a replay does not have, serves nobody.
std::string warning_of(const ReplayOptions& replay) {
  const PolicyMode mode = replay.learning.deployment.mode;
  if (mode == PolicyMode::enforced) return {};
  return "policy " + replay.policy + " promotes nothing, since policy.mode is " + std::string(to_string(mode)) +
         " and no person decides in a replay: it shows what would be trained and how it would be judged; to let it " +
         "decide, set policy.mode to enforced";
}

/// Lets all policies begin at the first bar at which every one can learn, so that they are compared on the same bars.
/// What is to be said of it; empty where that is the first bar that was asked for.
Result<std::string> begin_together(const MarketTape& tape, std::vector<ReplayOptions>& replays) {
  const ReplayOptions& any = replays.front();
  Timestamp begin = Timestamp::min();
  for (const ReplayOptions& replay : replays) {
    const auto own = first_bar_to_learn_from(tape, replay.span, replay.learning.training);
    if (!own) return forward_error(own);
    begin = std::max(begin, *own);
  }
  if (any.changed_at && *any.changed_at <= begin)
    return fail(ErrorKind::usage, "replay.span",
                "the market changed before " + to_string(begin) + ", the first bar that can be decided",
                "--changed-at " + to_string(*any.changed_at), "Leave it out, or give the time of a later change.");
  if (begin == tape.close(tape.bar_at_or_after(any.span.from))) return std::string();
  const std::string told = "the replay begins at " + to_string(begin) + " and not at " + to_string(any.span.from) +
                           ": before that there was too little to learn from (the first bar closed at " +
                           to_string(tape.close(0)) + ")";
  for (ReplayOptions& replay : replays) replay.span.from = begin;
  return told;
}

/// What came of each policy, and what it did: figures of trades with their number and interval.
std::string policies_tables(const std::vector<ReplayReport>& reports, std::size_t width) {
  TextTable outcome({"policy", "rank IC", "95 % interval", "hit rate %", "long-short net bps", "interval", "rebalances",
                     "Sharpe", "interval", "net bps/trade", "interval", "trades", "drawdown %", "served %",
                     "data age days"});
  TextTable work({"policy", "trainings", "promoted", "refused", "canaries", "taken back", "rolled back", "regretted",
                  "cycles, s of wall time"});
  const auto interval = [](const MeanEstimate& e, int digits) {
    return std::isfinite(e.lo) && std::isfinite(e.hi) ? "[" + fixed(e.lo, digits) + ", " + fixed(e.hi, digits) + "]"
                                                      : std::string("-");
  };
  for (const ReplayReport& r : reports) {
    const ModelJudgement none, &m = r.served ? *r.served : none;
    const bool held = m.long_short.rebalances > 0, traded = !m.positions.trades.empty();
    const auto shown = [](bool is, const std::string& text) { return is ? text : std::string("-"); };
    outcome.add({r.policy, shown(r.served.has_value(), fixed(m.rank_ic.mean.mean, 4)),
                 shown(r.served.has_value(), interval(m.rank_ic.mean, 4)),
                 shown(r.served.has_value(), fixed(100 * m.direction.share, 1)),
                 shown(held, fixed(m.long_short_net_bps.mean, 1)), shown(held, interval(m.long_short_net_bps, 1)),
                 std::to_string(m.long_short.rebalances), shown(held, fixed(m.sharpe_net.mean, 2)),
                 shown(held, interval(m.sharpe_net, 2)), shown(traded, fixed(m.positions.net_bps_per_trade, 1)),
                 shown(traded, interval(m.trade_net_bps, 1)), std::to_string(m.positions.trades.size()),
                 shown(traded, fixed(100 * m.positions.returns.max_drawdown, 1)), fixed(100 * r.served_share, 0),
                 fixed(r.mean_data_age_days, 1)});
    work.add({r.policy, std::to_string(r.trainings), std::to_string(r.promotions), std::to_string(r.refusals),
              std::to_string(r.canaries), std::to_string(r.retreats), std::to_string(r.rollbacks),
              std::to_string(r.promotions_regretted), fixed(r.cycle_wall_seconds, 0)});
  }
  return outcome.render(width) + "\n" + work.render(width);
}

/// The sentences of the page, as a terminal has them.
std::string how_it_ended(const nlohmann::json& document) {
  std::string text = replay_verdict(replay_document_in(document)).sentence;
  const std::string minus = "\u2212";
  for (auto at = text.find(minus); at != std::string::npos; at = text.find(minus, at))
    text.replace(at, minus.size(), "-");
  return text;
}

std::string describe(const std::vector<ReplayReport>& reports, const std::vector<Comparison>& comparisons,
                     const std::string& ending, std::size_t width) {
  std::string recoveries;
  for (const ReplayReport& r : reports)
    if (r.recovery)
      recoveries +=
          "\n" + r.policy + ": rank IC " + fixed(r.recovery->before, 4) + " before the change, " +
          fixed(r.recovery->worst, 4) + " at worst; " +
          (r.recovery->harm_ended ? "harm had ended after " + std::to_string(*r.recovery->harm_ended) + " bars; "
                                  : std::string("it was still below zero at the end; ")) +
          (r.recovery->bars ? "half of it was back after " + std::to_string(*r.recovery->bars) + " bars"
                            : std::string("half of it never came back"));
  std::string text = "Replay " + to_string(reports.front().from) + " to " + to_string(reports.front().to) + ", " +
                     std::to_string(reports.front().bars) + " bars\n" + ending + "\n\n" +
                     policies_tables(reports, width);
  for (const Comparison& c : comparisons)
    text += "\n" + reports.front().policy + " less " + c.against + ", paired over time: rank IC " +
            fixed(c.rank_ic.difference.mean, 4) + " [" + fixed(c.rank_ic.difference.lo, 4) + ", " +
            fixed(c.rank_ic.difference.hi, 4) + "], long-short net " + fixed(c.net_bps.difference.mean, 1) + " bps [" +
            fixed(c.net_bps.difference.lo, 1) + ", " + fixed(c.net_bps.difference.hi, 1) + "]";
  if (!recoveries.empty()) text += "\n" + recoveries;
  bool any_regret = false;
  for (const ReplayReport& r : reports) {
    for (const std::string& words : regret_in_words(r.regret)) text += "\nserved by " + r.policy + " " + words;
    any_regret = any_regret || !r.regret.all.empty();
  }
  if (any_regret) text += std::string("\n") + kRegretByChance;
  if (!comparisons.empty() || !recoveries.empty() || any_regret) text += "\n";
  if (reports.size() > 1) return text;
  text += "\n";
  for (const LifeEvent& event : reports.front().timeline) text += to_line(event) + "\n";
  return text;
}

nlohmann::json document_of(const std::vector<ReplayReport>& reports, const std::vector<Comparison>& comparisons) {
  auto each = nlohmann::json::array(), differences = nlohmann::json::array();
  for (const auto& report : reports) each.push_back(to_json(report));
  for (const Comparison& c : comparisons) {
    const auto difference = [](const MeanEstimate& d) {
      return nlohmann::json{{"mean", d.mean}, {"lo", d.lo}, {"hi", d.hi}};
    };
    differences.push_back({{"policy", reports.front().policy},
                           {"less", c.against},
                           {"rank_ic", difference(c.rank_ic.difference)},
                           {"long_short_net_bps", difference(c.net_bps.difference)}});
  }
  return {{"replays", each}, {"comparisons", differences}};
}

/// The market under the feature set of the workspace, and under those that recipes by name read in any of the policies.
Result<MarketTape> record_tape(const MarketView& market, const LearningOptions& options,
                               const std::vector<ReplayOptions>& replays, const RunContext& run) {
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  auto tape = MarketTape::record(*features, *market.candles, market.context.get(), options.label, market.as_of, run);
  if (!tape) return forward_error(tape);
  std::set<std::string> others;
  for (const ReplayOptions& replay : replays) others.merge(other_feature_sets(replay.learning));
  for (const std::string& name : others) {
    const auto set = feature_set(name);
    if (!set) return forward_error(set);
    if (auto added = tape->add_features(*set, *market.candles, market.context.get(), run); !added)
      return forward_error(added);
  }
  return tape;
}

Result<int> run_replay(Program& program, const ReplayFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  LearningOptions& options = (*workspace)->learning();
  if (auto chosen = choose_models(options, {flags.models, "--models"}); !chosen) return forward_error(chosen);
  const auto span = range_of(flags.from, flags.to);
  if (!span) return forward_error(span);
  std::optional<Timestamp> changed_at;
  if (!flags.changed_at.empty()) {
    const auto change = time_of("--changed-at", flags.changed_at);
    if (!change) return forward_error(change);
    if (*change <= span->from || *change >= span->to)
      return fail(ErrorKind::usage, "replay.span", "the market changed outside of what is replayed",
                  "--changed-at " + flags.changed_at, "Give a time between --from and --to.");
    changed_at = *change;
  }
  std::vector<ReplayOptions> replays;
  for (const auto& asked : flags.policies) {
    auto policy = read_policy(program, **workspace, asked);
    if (!policy) return forward_error(policy);
    for (const ReplayOptions& other : replays)
      if (other.policy == policy->name)
        return fail(ErrorKind::usage, "replay.policy", "there are two policies \"" + policy->name + "\"", asked,
                    "Name each policy once.");
    replays.push_back({policy->name, *span, std::move(policy->learning), changed_at, std::move(policy->settings)});
  }
  for (const ReplayOptions& replay : replays) program.warn(warning_of(replay));
  const auto place = open_market(program, **workspace, flags.to);
  if (!place) return forward_error(place);
  auto tape = record_tape(*place, options, replays, program.context());
  if (!tape) return forward_error(tape);
  const std::string data = tape_fingerprint(*tape);
  for (ReplayOptions& replay : replays) replay.identity += data;
  const auto later = begin_together(*tape, replays);
  if (!later) return forward_error(later);
  program.warn(*later);

  std::vector<ReplayReport> reports;
  for (const ReplayOptions& replay : replays) {
    auto report = run_policy(**workspace, *tape, *place, replay, flags.restart ? Again::from_scratch : Again::resume,
                             program.context());
    if (!report) return forward_error(report);
    if (const std::string behind = report->regret.warning(); !behind.empty())
      program.warn("policy " + report->policy + ": " + behind);
    reports.push_back(std::move(*report));
  }
  const auto comparisons = compare_policies(**workspace, *tape, replays, options.judging);
  if (!comparisons) return forward_error(comparisons);
  auto document = document_of(reports, *comparisons);
  document["asked_from"] = to_string(span->from);
  document["made_at_ms"] = program.clock().now().ms();
  const auto file =
      (*workspace)->directory().replays() / (replay_workspace(**workspace, replays.front()).name + ".json");
  if (auto written = write_file_atomic(file, document.dump(1) + "\n"); !written) return forward_error(written);
  // One policy is said as itself.
  const std::string ending = how_it_ended(document);
  nlohmann::json said = reports.size() == 1 ? to_json(reports.front()) : std::move(document);
  said["asked_from"] = to_string(span->from);
  said["file"] = file.string();
  said["summary"] = ending;
  program.print(said, (later->empty() ? std::string() : *later + "\n") +
                          describe(reports, *comparisons, ending, program.columns()) + "\nEverything about it: " +
                          file.string() + "\nAs a page with plots: clm report --replay latest\n");
  return 0;
}

}  // namespace

void add_replay(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<ReplayFlags>();
  auto* command = app.add_subcommand("replay", "The whole learning policy over history, on a virtual clock");
  command
      ->add_option(
          "--from", flags->from,
          "First bar; what came before is learned from. Where that is too little, the first bar at which it is enough")
      ->required()
      ->type_name("TIME");
  command->add_option("--to", flags->to, "End")->required()->type_name("TIME");
  command
      ->add_option("--policy", flags->policies,
                   "gated, periodic, drift, static, or NAME.toml: settings that it changes; several "
                   "are compared")
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--changed-at", flags->changed_at,
                   "When the market changed: tells how long each policy took to recover")
      ->type_name("TIME");
  command->add_option("--models", flags->models, "Model types, and recipes as TYPE/NAME (default: all of the settings)")
      ->type_name("RECIPE")
      ->delimiter(',');
  command->add_flag("--restart", flags->restart, "Forget what an earlier run of this replay did");
  commands.push_back({command, [flags](Program& program) { return run_replay(program, *flags); }});
}

}  // namespace clm::app
