#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "learning_place.hpp"
#include "life_cycle_place.hpp"
#include "serving/canary_prediction.hpp"
#include "session.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

struct Flags {
  std::vector<std::string> symbols;
  std::string as_of;
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

std::string describe(const Forecasts& forecasts, Timestamp as_of) {
  const auto silent = silent_everywhere(forecasts);
  TextTable table({"symbol", "action", "expected bps", "+-", "agree", "confidence", "votes"});
  for (const auto& p : forecasts.predictions) {
    std::string votes;
    for (const auto& vote : p.votes)
      votes += (votes.empty() ? "" : ", ") + vote.model_type + " " + fixed(vote.expected_return_bps, 1) + " x " +
               fixed(vote.weight, 2);
    for (const auto& absent : p.abstained)
      if (!is_in(silent, absent)) votes += (votes.empty() ? "" : "; ") + absent.model_type + " abstains: " + absent.why;
    for (const auto& canary : p.canaries) votes += "; with the canary " + canary.str();
    table.add({p.symbol.str(), std::string(to_string(p.action)), fixed(p.expected_return_bps, 1),
               fixed(p.disagreement_bps, 1), std::to_string(p.agree) + " of " + std::to_string(p.votes.size()),
               fixed(p.confidence, 3), votes});
  }
  std::string by = voters(forecasts.ensemble);
  if (forecasts.regime != VolatilityRegime::unknown)
    by += ", weights of a " + std::string(to_string(forecasts.regime)) + " market";
  std::string text = "As of " + to_string(as_of) + ", by " + by + "\n" + table.render();
  for (const auto& absent : silent) text += absent.model_type + " abstains everywhere: " + absent.why + "\n";
  return text;
}

Result<int> run(Program& program, const Flags& flags) {
  const auto session = Session::open(program, Session::Access::look);
  if (!session) return forward_error(session);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  const auto place = open_learning_place(program, **session, flags.as_of);
  if (!place) return forward_error(place);
  const LearningOptions& learning = (*session)->learning();
  const auto options = predictor_options(learning);
  if (!options) return forward_error(options);
  const auto canaries = canaries_in_service(**session, place->candles->interval());
  if (!canaries) return forward_error(canaries);
  auto forecasts = predict_with_canaries(**registry, learning.training.models, *options, *canaries, *place->candles,
                                         place->context.get(), place->as_of, program.context());
  if (!forecasts) return forward_error(forecasts);

  if (!flags.symbols.empty()) {
    std::vector<Prediction> asked;
    for (const auto& symbol : flags.symbols) {
      const auto found = std::find_if(forecasts->predictions.begin(), forecasts->predictions.end(),
                                      [&](const Prediction& p) { return p.symbol.str() == symbol; });
      if (found == forecasts->predictions.end())
        return fail(ErrorKind::usage, "predict.unknown_symbol", "there are no usable candles of " + symbol, symbol,
                    "`clm data` lists what is stored and what is wrong with it.");
      asked.push_back(*found);
    }
    forecasts->predictions = std::move(asked);
  }
  program.print(to_json(*forecasts, place->as_of), describe(*forecasts, place->as_of));
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(
      "predict",
      "Forecasts of the active ensemble, or of the active versions: votes, action and confidence per symbol");
  command->add_option("--symbol", flags->symbols, "Only these (the universe is still read whole: features compare it)");
  command->add_option("--as-of", flags->as_of, "Nothing known later is read (default: now)")->type_name("TIME");
  commands.push_back({command, [flags](Program& program) { return run(program, *flags); }});
}

}  // namespace clm::app
