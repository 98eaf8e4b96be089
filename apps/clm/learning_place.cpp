#include "learning_place.hpp"

#include <algorithm>

#include "build_info.hpp"
#include "flag_values.hpp"
#include "learning/ensemble_lineup.hpp"
#include "market/symbol_name.hpp"
#include "models/trainers.hpp"

namespace clm::app {

Result<LearningPlace> open_learning_place(Program& program, Session& session, const std::string& as_of) {
  Timestamp latest = program.clock().now();
  if (!as_of.empty()) {
    const auto asked = time_of("--as-of", as_of);
    if (!asked) return forward_error(asked);
    // What lies in the future of the clock is known to nobody, whatever a stored row says.
    latest = std::min(*asked, latest);
  }
  const auto store = session.candles();
  if (!store) return forward_error(store);
  const auto series = session.context_series();
  if (!series) return forward_error(series);
  auto candles = StoredUniverse::open({**store, *series, IfDamaged::leave_out, program.jobs()},
                                      session.learning().universe, latest);
  if (!candles) return forward_error(candles);
  const Timestamp known = (*candles)->as_of();
  auto context = StoreContextSource::open(**series, (*candles)->venue(), known, IfDamaged::leave_out);
  if (!context) return forward_error(context);
  std::vector<DamagedFile> damaged = (*candles)->damaged();
  damaged.insert(damaged.end(), context->damaged().begin(), context->damaged().end());
  program.warn_of_damage(damaged);
  for (const std::string& note : context->venues().notes) program.warn(note);
  const DataLateness lateness = data_lateness({known, (*candles)->newest_met(), (*candles)->interval(), latest,
                                               as_of.empty() ? CountedFrom::clock : CountedFrom::asked_moment,
                                               session.learning().serving.max_late_bars});
  return LearningPlace{std::move(*candles), std::make_unique<StoreContextSource>(std::move(*context)), known, lateness};
}

Result<LearningPlace> open_live_place(Program& program, Session& session, const std::string& as_of) {
  auto place = open_learning_place(program, session, as_of);
  if (place) program.warn(warning(place->lateness));
  return place;
}

Result<std::vector<Symbol>> stored_symbols(const std::vector<std::string>& asked, const StoredUniverse& candles,
                                           const char* unknown_code) {
  std::vector<Symbol> symbols;
  for (const std::string& text : asked) {
    const auto symbol = stored_symbol(text, candles.symbols(), "--symbol");
    if (symbol) {
      symbols.push_back(*symbol);
      continue;
    }
    const auto damaged = std::find_if(candles.damaged().begin(), candles.damaged().end(), [&](const DamagedFile& file) {
      return normal_symbol(file.symbol) == normal_symbol(text);
    });
    if (symbol.error().code != "universe.unknown_symbol") return forward_error(symbol);
    if (damaged == candles.damaged().end()) {
      Error unknown = symbol.error();
      unknown.code = unknown_code;
      return tl::unexpected<Error>(std::move(unknown));
    }
    return fail(ErrorKind::integrity, "universe.damaged",
                damaged->symbol + " is left out, since a stored file is damaged: " + describe(*damaged), "--symbol",
                damaged->problem.remedy);
  }
  return symbols;
}

Result<std::unique_ptr<CandleSource>> open_protocol_candles(Session& session, const Protocol& protocol) {
  const auto store = session.candles();
  if (!store) return forward_error(store);
  UniverseOptions universe;
  universe.venue = protocol.venue.str();
  universe.interval = protocol.interval.name();
  for (const auto& symbol : protocol.symbols) universe.symbols.push_back(symbol.str());
  universe.quality.min_frozen_bars = protocol.min_frozen_bars;
  // A version is about exactly these symbols: without one of them its rows would be others.
  auto candles = StoredUniverse::open({**store, nullptr, IfDamaged::refuse}, universe, protocol.as_of);
  if (!candles) return forward_error(candles);
  return std::unique_ptr<CandleSource>(std::move(*candles));
}

Status choose_models(LearningOptions& options, const std::vector<std::string>& asked) {
  if (auto known = check_model_types(asked, "--models"); !known) return known;
  if (!asked.empty()) options.training.models = asked;
  return check_model_types(options.training.models, "training.models");
}

Result<PredictorOptions> predictor_options(const LearningOptions& learning) {
  const auto weights = configured_weights(learning.ensemble);
  if (!weights) return forward_error(weights);
  return PredictorOptions{weights->named,
                          weights->other,
                          {learning.ensemble.min_weight, learning.ensemble.max_weight},
                          learning.judging.positions.costs,
                          hours(24 * learning.serving.max_data_age_days)};
}

std::string voters(const VersionId& ensemble) {
  return ensemble.empty() ? "the active versions, with configured weights" : "ensemble " + ensemble.str();
}

std::string program_version() { return CLM_VERSION; }
std::string git_commit() { return kGitCommit; }

}  // namespace clm::app
