#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/text_table.hpp"
#include "commands.hpp"
#include "models/sequence/forecast_protocol.hpp"
#include "models/sequence/network_library.hpp"

namespace clm::app {
namespace {

struct BenchForecastFlags {
  std::string data;
  std::vector<std::string> series = {"ETTh1"};
  std::vector<std::size_t> horizons = {96};
  std::vector<std::string> models = {"naive", "nlinear_ols", "dlinear", "nhits", "patchtst"};
  std::size_t input_length = 0;
  std::uint64_t seed = 1;
  double time_budget = 600;
  std::string settings;
};

/// What one model reached on one series at one horizon.
struct Outcome {
  std::string model, series;
  std::size_t horizon = 0, input_length = 0, windows = 0;
  ForecastError error;
  double seconds = 0;  ///< training and judging
  std::optional<TrainingReport> training;
};

/// A series cut and scaled as the papers do.
struct Prepared {
  std::string name;
  ProtocolSplit split;
  StandardisedTable table;
};

/// Length of the past that a model reads, as in the papers on PatchTST and the linear forecasters.
std::size_t usual_input_length(std::string_view model) { return model == "naive" ? 1 : 336; }

/// Settings of the models for series of the size of ETT; a few were tried on ETTh1 at 96 steps. `changes` are the
/// user's.
Result<std::unique_ptr<SequenceTrainer>> make_trainer(std::string_view model, const nlohmann::json& changes,
                                                      double time_budget) {
  const auto library = NetworkLibrary::load();
  if (!library) return forward_error(library);
  nlohmann::json settings = nlohmann::json::object();
  if (model == "patchtst")
    settings = {{"learning_rate", 1e-3},
                {"batch_windows", 512},
                {"epochs", 10},
                {"schedule", "one_cycle"},
                {"warm_up_share", 0.3}};
  else if (model == "nhits")
    settings = {{"loss", "mae"},
                {"learning_rate", 2e-4},
                {"epochs", 4},
                {"hidden", 256},
                {"dropout", 0.3},
                {"pool_kernel", {8, 4, 1}},
                {"freq_downsample", {24, 12, 1}}};
  else if (model != "nlinear_ols")
    settings = {{"learning_rate", 5e-4}, {"epochs", 10}, {"schedule", "type3"}};
  if (model != "nlinear_ols") settings["time_budget_seconds"] = time_budget;
  if (const auto own = changes.find(std::string(model)); own != changes.end()) settings.update(*own);
  return (*library)->make_trainer(model, settings);
}

Result<Prepared> prepare(const BenchForecastFlags& flags, const std::string& series) {
  std::filesystem::path path = std::filesystem::path(flags.data) / (series + ".csv");
  if (!std::filesystem::exists(path)) path += ".gz";
  const auto table = read_wide_table(path);
  if (!table) return forward_error(table);
  const auto split = protocol_split(series, table->rows());
  if (!split) return forward_error(split);
  return Prepared{series, *split, standardise(*table, split->training())};
}

Result<Outcome> run_model(const BenchForecastFlags& flags, const nlohmann::json& changes, const Prepared& data,
                          const std::string& model, std::size_t horizon, const RunContext& context) {
  Outcome outcome{model, data.name, horizon, 0, 0, {}, 0, {}};
  outcome.input_length = model != "naive" && flags.input_length > 0 ? flags.input_length : usual_input_length(model);
  const SlidingWindows test(data.table, data.split.test(outcome.input_length), outcome.input_length, horizon);
  outcome.windows = test.starts();
  const Timestamp started = context.clock.now();
  Result<ForecastError> error;
  if (model == "naive") {
    error = naive_error(test);
  } else {
    const auto trainer = make_trainer(model, changes, flags.time_budget);
    if (!trainer) return forward_error(trainer);
    const SlidingWindows training(data.table, data.split.training(), outcome.input_length, horizon);
    const SlidingWindows validation(data.table, data.split.validation(outcome.input_length), outcome.input_length,
                                    horizon);
    context.progress.begin(model + " " + data.name + " " + std::to_string(horizon), (*trainer)->progress_steps());
    const auto trained = (*trainer)->fit({training, validation, flags.seed, {}, nullptr}, context);
    context.progress.end();
    if (!trained) return forward_error(trained);
    outcome.training = trained->report;
    error = forecast_error(*trained->forecaster, test);
  }
  if (!error) return forward_error(error);
  outcome.error = *error;
  outcome.seconds = static_cast<double>((context.clock.now() - started).count()) / 1e3;
  return outcome;
}

nlohmann::json document(const Outcome& outcome, std::uint64_t seed) {
  nlohmann::json written{{"model", outcome.model},
                         {"series", outcome.series},
                         {"horizon", outcome.horizon},
                         {"input_length", outcome.input_length},
                         {"mse", outcome.error.mse},
                         {"mae", outcome.error.mae},
                         {"windows", outcome.windows},
                         {"seconds", outcome.seconds},
                         {"seed", seed},
                         {"published", nullptr}};
  if (const auto published = published_error(outcome.model, outcome.series, outcome.horizon))
    written["published"] = {{"mse", published->mse}, {"mae", published->mae}};
  if (outcome.training) {
    const TrainingReport& report = *outcome.training;
    written["training"] = {{"ended_by", to_string(report.ended_by)},
                           {"epochs", report.epochs},
                           {"steps", report.steps},
                           {"best_epoch", report.best_epoch},
                           {"training_loss", report.training_loss},
                           {"validation_loss", report.validation_loss},
                           {"device", report.device}};
  }
  return written;
}

Result<int> run_bench_forecast(Program& program, const BenchForecastFlags& flags) {
  const nlohmann::json changes =
      flags.settings.empty() ? nlohmann::json::object() : nlohmann::json::parse(flags.settings, nullptr, false);
  if (!changes.is_object())
    return fail(ErrorKind::usage, "usage", "--settings is not a JSON object", flags.settings,
                R"(Write it like {"nhits": {"epochs": 3}}.)");
  TextTable table({"series", "horizon", "model", "mse", "mae", "published", "windows", "wall s"});
  nlohmann::json results = nlohmann::json::array();
  const RunContext context = program.context();
  for (const std::string& series : flags.series) {
    const auto data = prepare(flags, series);
    if (!data) return forward_error(data);
    for (const std::size_t horizon : flags.horizons) {
      for (const std::string& model : flags.models) {
        const auto outcome = run_model(flags, changes, *data, model, horizon, context);
        if (!outcome) return forward_error(outcome);
        results.push_back(document(*outcome, flags.seed));
        const auto published = published_error(model, series, horizon);
        table.add({series, std::to_string(horizon), model, fixed(outcome->error.mse, 4), fixed(outcome->error.mae, 4),
                   published ? fixed(published->mse, 3) + " / " + fixed(published->mae, 3) : "-",
                   grouped(static_cast<long long>(outcome->windows)), fixed(outcome->seconds, 1)});
      }
    }
  }
  program.print({{"results", results}}, table.render(program.columns()));
  return 0;
}

}  // namespace

void add_bench_forecast(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<BenchForecastFlags>();
  auto* command = app.add_subcommand(
      "bench-forecast", "Train and judge the deep and linear forecasters as their papers do, on any wide CSV");
  command->add_option("--data", flags->data, "Folder with SERIES.csv or SERIES.csv.gz: a date column, one per series")
      ->type_name("DIR")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--series", flags->series, "Names of the files")->delimiter(',')->capture_default_str();
  command->add_option("--horizon", flags->horizons, "Steps ahead")
      ->delimiter(',')
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--models", flags->models, "Which, side by side")
      ->delimiter(',')
      ->check(CLI::IsMember({"naive", "nlinear_ols", "nlinear", "dlinear", "nhits", "patchtst"}))
      ->capture_default_str();
  command->add_option("--input-length", flags->input_length, "Rows that a model reads (default: as in its paper)")
      ->check(CLI::Range(1, 100000));
  command->add_option("--seed", flags->seed, "Same seed, same bits")->capture_default_str();
  command->add_option("--time-budget", flags->time_budget, "Per training; then the best weights so far are kept")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 1e9))
      ->capture_default_str();
  command->add_option("--settings", flags->settings, "Options of the models as JSON, {\"nhits\": {\"epochs\": 3}}")
      ->type_name("JSON");
  commands.push_back({command, [flags](Program& program) { return run_bench_forecast(program, *flags); }});
}

}  // namespace clm::app
