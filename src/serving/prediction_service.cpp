#include "serving/prediction_service.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "serving/forecast_report.hpp"

namespace clm {
namespace {

/// Votes and versions included.
bool says_the_same(const Answer& one, const Answer& other) {
  return to_json(one.forecasts, one.inputs->as_of) == to_json(other.forecasts, other.inputs->as_of);
}

}  // namespace

PredictionService::PredictionService(ServingRules rules, std::shared_ptr<const ServingBundle> bundle, LiveInputs inputs)
    : rules_(std::move(rules)), bundle_(std::move(bundle)), inputs_(std::move(inputs)) {
  publish();
}

Result<std::unique_ptr<PredictionService>> PredictionService::start(const Registry& registry, ServingRules rules,
                                                                    std::vector<CanaryShare> canaries,
                                                                    const ServedHistory& history,
                                                                    const RunContext& run) {
  auto bundle = ServingBundle::load(registry, rules, std::move(canaries), history.candles.symbols());
  if (!bundle) return forward_error(bundle);
  auto inputs = LiveInputs::after_history((*bundle)->needs(), history.candles, history.context, history.as_of, run);
  if (!inputs) return forward_error(inputs);
  return std::unique_ptr<PredictionService>(
      new PredictionService(std::move(rules), std::move(*bundle), std::move(*inputs)));
}

std::shared_ptr<const Answer> PredictionService::answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

void PredictionService::publish() {
  const auto inputs = inputs_.newest();
  auto answer = std::make_shared<const Answer>(Answer{bundle_, inputs, bundle_->predict(*inputs)});
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

void PredictionService::advance(Timestamp open_time, std::span<const std::optional<Candle>> candles) {
  inputs_.advance(open_time, candles);
  publish();
}

void PredictionService::add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point) {
  inputs_.add_context(symbol, kind, point);
}

Result<PredictionService::Followed> PredictionService::follow(const Registry& registry,
                                                              std::vector<CanaryShare> canaries) {
  const auto generation = registry.generation();
  if (!generation) return forward_error(generation);
  if (*generation == bundle_->generation() && canaries == bundle_->canaries()) return Followed::unchanged;
  auto bundle = ServingBundle::load(registry, rules_, std::move(canaries), inputs_.newest()->symbols);
  if (!bundle) return forward_error(bundle);
  if (!inputs_.needs().include((*bundle)->needs())) return Followed::history_needed;
  const auto before = answer();
  bundle_ = std::move(*bundle);
  publish();
  return says_the_same(*before, *answer()) ? Followed::unchanged : Followed::swapped;
}

Status PredictionService::restart(const Registry& registry, std::vector<CanaryShare> canaries,
                                  const ServedHistory& history, const RunContext& run) {
  auto anew = start(registry, rules_, std::move(canaries), history, run);
  if (!anew) return forward_error(anew);
  bundle_ = std::move((*anew)->bundle_);
  inputs_ = std::move((*anew)->inputs_);
  const std::lock_guard lock(mutex_);
  answer_ = std::move((*anew)->answer_);
  return {};
}

}  // namespace clm
