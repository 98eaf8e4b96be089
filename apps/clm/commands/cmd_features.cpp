#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "features/engine/feature_doctor.hpp"
#include "features/engine/feature_engine.hpp"
#include "features/engine/feature_export.hpp"
#include "workspace/market_view.hpp"

namespace clm::app {
namespace {

struct FeaturesFlags {
  std::string set;
  std::string export_file;
  std::vector<std::string> symbols;
  bool doctor = false;
  DoctorOptions doctor_options;
  std::string as_of;
};

int list_features(Program& program, const FeatureSet& set, Interval interval) {
  auto list = nlohmann::json::array();
  TextTable table({"feature", "warm-up", "inputs", "meaning"});
  for (const auto& spec : set.features()) {
    const int warm_up = spec.warm_up(interval);
    list.push_back(
        {{"name", spec.name}, {"warm_up_bars", warm_up}, {"inputs", spec.inputs}, {"meaning", spec.meaning}});
    table.add({spec.name, std::to_string(warm_up), spec.inputs, spec.meaning});
  }
  program.print({{"set", set.name()}, {"hash", set.hash()}, {"features", list}},
                table.render(program.columns()) + "\n" + std::to_string(set.size()) + " features of set " + set.name() +
                    ", hash " + set.hash().substr(0, 16) + "... (warm-up in bars of " + interval.name() + ")\n");
  return 0;
}

Result<int> examine(Program& program, const FeatureSet& set, const MarketView& place, const DoctorOptions& options) {
  const auto report = feature_doctor(set, *place.candles, place.context.get(), options, program.context());
  if (!report) return forward_error(report);
  auto list = nlohmann::json::array();
  std::string text;
  for (const auto& finding : report->findings) {
    list.push_back({{"feature", finding.feature},
                    {"symbol", finding.symbol.str()},
                    {"time", to_string(finding.open_time)},
                    {"cut", to_string(finding.cut)},
                    {"sentence", to_string(finding)}});
    text += "LOOKS AHEAD  " + to_string(finding) + "\n";
  }
  text += grouped(static_cast<long long>(report->rows_compared)) + " rows compared at " + std::to_string(report->cuts) +
          " cuts and with the future changed: " +
          (report->clean() ? "no feature looks ahead.\n" : std::to_string(report->findings.size()) + " findings.\n");
  program.print({{"set", set.name()},
                 {"clean", report->clean()},
                 {"cuts", report->cuts},
                 {"rows_compared", report->rows_compared},
                 {"findings", list}},
                text);
  return report->clean() ? 0 : static_cast<int>(ErrorKind::integrity);
}

Result<int> run_features(Program& program, const FeaturesFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  if (!flags.export_file.empty())
    if (auto writable = check_output_file("--export", flags.export_file); !writable) return forward_error(writable);
  const auto set = feature_set(flags.set.empty() ? (*workspace)->learning().feature_set : flags.set);
  if (!set) return forward_error(set);
  if (!flags.doctor && flags.export_file.empty()) {
    const auto interval = Interval::parse((*workspace)->learning().universe.interval);
    return list_features(program, *set, interval ? *interval : Interval::one_hour());
  }
  if (!flags.symbols.empty() && flags.doctor) (*workspace)->learning().universe.symbols = flags.symbols;
  const auto place = open_market(program, **workspace, flags.as_of);
  if (!place) return forward_error(place);
  if (flags.doctor) return examine(program, *set, *place, flags.doctor_options);

  FeatureOptions options;
  options.as_of = place->as_of;
  const auto frame = compute_features(*set, *place->candles, place->context.get(), options, program.context());
  if (!frame) return forward_error(frame);
  const auto symbols = stored_symbols({flags.symbols, "--symbol", "features.unknown_symbol"}, *place->candles);
  if (!symbols) return forward_error(symbols);
  const auto rows = export_features(*frame, *symbols, flags.export_file);
  if (!rows) return forward_error(rows);
  program.print({{"file", flags.export_file}, {"set", set->name()}, {"rows", *rows}, {"features", frame->columns()}},
                "Wrote " + grouped(static_cast<long long>(*rows)) + " rows of " + std::to_string(frame->columns()) +
                    " features to " + flags.export_file);
  return 0;
}

}  // namespace

void add_features(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<FeaturesFlags>();
  auto* command = app.add_subcommand("features", "List a feature set, export its values, prove that none looks ahead");
  command->add_option("--set", flags->set, "Feature set (default: features.set)")->type_name("NAME");
  auto* file = command->add_option("--export", flags->export_file, "Write symbol, open_time (ms) and one column each")
                   ->type_name("FILE.parquet");
  command->add_option("--symbol", flags->symbols, "Only these (comparisons still see the whole universe)")
      ->type_name("SYMBOL");
  auto* doctor = command->add_flag("--doctor", flags->doctor, "Prove that no feature looks ahead");
  file->excludes(doctor);
  command->add_option("--cuts", flags->doctor_options.cuts, "Moments at which the doctor cuts history")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--as-of", flags->as_of, "Nothing known later is read (default: now)")->type_name("TIME");
  commands.push_back({command, [flags](Program& program) { return run_features(program, *flags); }});
}

}  // namespace clm::app
