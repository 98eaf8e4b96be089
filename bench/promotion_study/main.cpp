// How often the main job promotes something where nothing can be learned, and where something can: issue-sized runs of
// run_promotion_study, with the demands checked. Exit codes: 0 both demands are met, 1 one is not, 2 wrong usage.
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "promotion_study.hpp"

namespace {

struct Flags {
  clm::PromotionStudyOptions study;
  std::size_t noise = 200, planted = 50;
  double signal = 0.3;
  std::size_t most_noise_promotions = 2;
  double least_planted_share = 0.9;
  std::string shape = "conditional";
  int jobs = 1;
  bool json = false;
};

int fail(const clm::Error& error) {
  std::fprintf(stderr, "%s\n", clm::to_string(error).c_str());
  return 2;
}

/// Settings as the program takes them, from CLM_SECTION_KEY variables.
clm::Status read_settings(char** environment, clm::LearningOptions& learning) {
  std::map<std::string, std::string> variables;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (text.starts_with("CLM_") && equals != std::string::npos)
      variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  clm::Settings settings;
  clm::add_settings(settings, learning);
  return settings.load_environment(variables, {"CLM_TESTDATA", "CLM_REQUIRE_TESTDATA"});
}

}  // namespace

int main(int argc, char** argv, char** environment) {
  Flags flags;
  auto& market = flags.study.market;
  market.seed = 1000;
  market.symbols = 40;
  market.bars = 4000;
  flags.study.learning.training.models = {"lightgbm", "xgboost"};
  CLI::App app("Promotions in simulated markets of known truth. Settings come from CLM_SECTION_KEY variables.");
  app.add_option("--noise", flags.noise, "Markets without a signal")->capture_default_str();
  app.add_option("--planted", flags.planted, "Markets with one")->capture_default_str();
  app.add_option("--signal", flags.signal, "Rank IC of the best possible forecast there")->capture_default_str();
  app.add_option("--signal-shape", flags.shape)->check(CLI::IsMember({"linear", "conditional"}))->capture_default_str();
  app.add_option("--symbols", market.symbols)->capture_default_str();
  app.add_option("--bars", market.bars)->capture_default_str();
  app.add_option("--seed", market.seed, "Of the first market; the others count up from it")->capture_default_str();
  app.add_option("--most-noise-promotions", flags.most_noise_promotions, "Demand")->capture_default_str();
  app.add_option("--least-planted-share", flags.least_planted_share, "Demand")->capture_default_str();
  app.add_option("--jobs", flags.jobs, "Markets at once")->capture_default_str();
  app.add_flag("--json", flags.json, "One JSON document");
  CLI11_PARSE(app, argc, argv);

  if (const auto read = read_settings(environment, flags.study.learning); !read) return fail(read.error());
  market.horizon_bars = flags.study.learning.label.horizon_bars;
  market.signal_shape = flags.shape == "linear" ? clm::SignalShape::linear : clm::SignalShape::conditional;
  flags.study.scratch = std::filesystem::temp_directory_path() / ("clm-promotion-study-" + std::to_string(::getpid()));

  const clm::SystemClock clock;
  const clm::CancelToken cancel;
  const auto progress = clm::terminal_progress(stderr);
  const clm::RunContext run{clock, cancel, *progress, flags.jobs};
  nlohmann::json document{{"symbols", market.symbols}, {"bars", market.bars}, {"seed", market.seed}};
  bool met = true;
  const auto study = [&](const char* name, std::size_t markets, double signal, const auto& demand) -> clm::Status {
    if (markets == 0) return {};
    flags.study.markets = markets;
    market.signal_ic = signal;
    const auto outcome = clm::run_promotion_study(flags.study, run);
    if (!outcome) return clm::forward_error(outcome);
    const bool as_demanded = demand(*outcome);
    met = met && as_demanded;
    document[name] = clm::to_json(*outcome);
    document[name]["demand_met"] = as_demanded;
    if (!flags.json)
      std::printf("%s: %zu markets of %zu symbols x %zu bars\n%s%s\n\n", name, markets, market.symbols, market.bars,
                  clm::describe(*outcome).c_str(), as_demanded ? "As demanded." : "NOT as demanded.");
    return {};
  };
  const auto noise = study("noise", flags.noise, 0, [&](const clm::PromotionStudy& outcome) {
    return outcome.promotions() <= flags.most_noise_promotions;
  });
  if (!noise) return fail(noise.error());
  const auto planted = study("planted", flags.planted, flags.signal, [&](const clm::PromotionStudy& outcome) {
    return outcome.promoted_markets().share >= flags.least_planted_share;
  });
  if (!planted) return fail(planted.error());
  std::error_code ignored;
  std::filesystem::remove_all(flags.study.scratch, ignored);
  if (flags.json) std::printf("%s\n", document.dump(2).c_str());
  return met ? 0 : 1;
}
