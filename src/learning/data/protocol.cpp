#include "learning/data/protocol.hpp"

#include <nlohmann/json.hpp>

#include "models/mean_model.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

constexpr const char* kByHash = "by_hash";

/// Without the rule that releases before had no name for, so that their versions keep their ids.
nlohmann::json to_json(const TrainingOptions& options) {
  nlohmann::json document{{"window_days", options.window_days},
                          {"holdout_share", options.holdout_share},
                          {"validation_share", options.validation_share},
                          {"embargo_bars", options.embargo_bars},
                          {"max_fit_rows", options.max_fit_rows}};
  if (options.thinning == Thinning::by_hash) document["thinning"] = kByHash;
  return document;
}

tl::unexpected<Error> unreadable(const char* part, const std::string& what) {
  return fail(ErrorKind::integrity, std::string("manifest.") + part, what, "manifest.json",
              "The version was written by another release; train it again.");
}

}  // namespace

bool is_of_everything_known(const Protocol& protocol) { return protocol.training.holdout_share == 0; }

bool is_judged(const Protocol& protocol) { return !is_of_everything_known(protocol) || protocol.origin.has_value(); }

Timestamp fitted_as_of(const Protocol& protocol) { return protocol.origin.value_or(protocol.as_of); }

nlohmann::json to_json(const Protocol& protocol) {
  auto symbols = nlohmann::json::array();
  for (const auto& symbol : protocol.symbols) symbols.push_back(symbol.str());
  nlohmann::json document{{"as_of_ms", protocol.as_of.ms()},
                          {"venue", protocol.venue.str()},
                          {"interval", protocol.interval.name()},
                          {"symbols", symbols},
                          {"min_frozen_bars", protocol.min_frozen_bars},
                          {"training", to_json(protocol.training)}};
  if (!protocol.warm_start.empty()) document["warm_start"] = protocol.warm_start;
  if (protocol.origin) document["origin_ms"] = protocol.origin->ms();
  if (protocol.since) document["since_ms"] = protocol.since->ms();
  if (!protocol.calibrated_by.empty()) document["calibrated_by"] = protocol.calibrated_by;
  if (protocol.fits > 1) document["fits"] = protocol.fits;
  for (const std::string& parameters : protocol.fit_parameters)
    document["fit_parameters"].push_back(nlohmann::json::parse(parameters));
  if (protocol.origins > 0) document["origins"] = protocol.origins;
  return document;
}

Result<Protocol> read_protocol(std::string_view json_text) {
  try {
    const auto document = nlohmann::json::parse(json_text);
    Protocol protocol;
    protocol.as_of = Timestamp(document.at("as_of_ms").get<std::int64_t>());
    protocol.venue = Venue(document.at("venue").get<std::string>());
    const auto interval = Interval::parse(document.at("interval").get<std::string>());
    if (!interval) return unreadable("protocol", interval.error().message);
    protocol.interval = *interval;
    for (const auto& symbol : document.at("symbols")) protocol.symbols.emplace_back(symbol.get<std::string>());
    protocol.min_frozen_bars = document.at("min_frozen_bars").get<std::int64_t>();
    protocol.warm_start = document.value("warm_start", "");
    protocol.calibrated_by = document.value("calibrated_by", std::vector<std::string>());
    protocol.fits = document.value("fits", std::int64_t{1});
    protocol.origins = document.value("origins", std::int64_t{0});
    for (const auto& parameters : document.value("fit_parameters", nlohmann::json::array()))
      protocol.fit_parameters.push_back(parameters.dump());
    if (protocol.fits < 1 || (!protocol.fit_parameters.empty() && std::ssize(protocol.fit_parameters) != protocol.fits))
      return unreadable("protocol", "fits is " + document["fits"].dump() + ", and fit_parameters has others");
    if (document.contains("origin_ms")) protocol.origin = Timestamp(document["origin_ms"].get<std::int64_t>());
    if (document.contains("since_ms")) protocol.since = Timestamp(document["since_ms"].get<std::int64_t>());
    const auto& training = document.at("training");
    protocol.training.window_days = training.at("window_days").get<double>();
    protocol.training.holdout_share = training.at("holdout_share").get<double>();
    protocol.training.validation_share = training.at("validation_share").get<double>();
    protocol.training.embargo_bars = training.at("embargo_bars").get<std::int64_t>();
    protocol.training.max_fit_rows = training.at("max_fit_rows").get<std::int64_t>();
    protocol.training.thinning = training.contains("thinning") ? Thinning::by_hash : Thinning::every_nth_bar;
    if (training.value("thinning", kByHash) != kByHash)
      return unreadable("protocol",
                        "thinning is " + training["thinning"].dump() + ", which this program does not know");
    return protocol;
  } catch (const nlohmann::json::exception& error) {
    return unreadable("protocol", error.what());
  }
}

Manifest manifest_of(const Trainer& trainer, const CalibratedModel& model, const LearningData& data,
                     const TrainingSplit& split, const Protocol& protocol, const std::string& scope) {
  const FeatureFrame& frame = *data.rows.data.frame;
  Manifest manifest;
  manifest.model_type = std::string(trainer.type());
  manifest.scope = scope;
  manifest.parameters_json = trainer.parameters_of(*fits_of(*model.model).front()).dump();
  manifest.feature_set = frame.set_name;
  manifest.feature_hash = model.model->feature_hash();
  manifest.feature_names = frame.names;
  manifest.label_json = to_json(data.label).dump();
  manifest.protocol_json = to_json(protocol).dump();
  manifest.training_span = split.training_span;
  manifest.training_rows = split.fit.size();
  manifest.data_fingerprint = data.fingerprint;
  manifest.seed = static_cast<std::uint64_t>(protocol.training.seed);
  manifest.threads = static_cast<int>(protocol.training.threads);
  manifest.libraries = library_versions();
  manifest.libraries.merge(model.model->libraries());
  manifest.created_as_of = protocol.as_of;
  manifest.learned_until = last_label_known(split.fit);
  return manifest;
}

bool is_about(const Manifest& manifest, const LabelOptions& label) {
  const auto own = read_label_options(manifest.label_json);
  return own && are_judged_alike(*own, label);
}

nlohmann::json headline_metrics(const Judgement& judgement) {
  const ModelJudgement& m = judgement.candidate;
  const auto known = [](bool is, double value) { return is ? nlohmann::json(value) : nlohmann::json(); };
  const bool traded = !m.positions.trades.empty(), held = m.long_short.rebalances > 0;
  return {{"rank_ic", m.rank_ic.mean.mean},
          {"rank_ic_lo", m.rank_ic.mean.lo},
          {"rank_ic_hi", m.rank_ic.mean.hi},
          {"hit_rate", m.direction.share},
          {"rmse", m.errors.rmse},
          {"net_bps_per_trade", known(traded, m.positions.net_bps_per_trade)},
          {"net_bps_per_trade_lo", m.trade_net_bps.lo},
          {"net_bps_per_trade_hi", m.trade_net_bps.hi},
          {"trades", m.positions.trades.size()},
          {"win_rate", known(traded, m.win_rate.share)},
          {"long_short_net_bps", known(held, m.long_short_net_bps.mean)},
          {"rebalances", m.long_short.rebalances},
          {"sharpe", known(held, m.sharpe_net.mean)},
          {"max_drawdown", m.positions.returns.max_drawdown},
          {"judged_rows", judgement.rows},
          {"judged_from", to_string(Timestamp(judgement.from_ms))},
          {"judged_to", to_string(Timestamp(judgement.to_ms))},
          {"candidates_tried", judgement.candidates_tried}};
}

}  // namespace clm
