#include "serving/prediction_service.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "serving/forecast_report.hpp"

namespace clm {
namespace {

/// Votes and versions included.
bool says_the_same(const Answer& one, const Answer& other) {
  return to_json(one.forecasts, one.inputs->as_of, {}) == to_json(other.forecasts, other.inputs->as_of, {});
}

}  // namespace

PredictionService::PredictionService(ServingRules rules, std::shared_ptr<const Predictor> predictor, LiveInputs inputs,
                                     int jobs)
    : rules_(std::move(rules)), predictor_(std::move(predictor)), inputs_(std::move(inputs)), jobs_(jobs) {
  publish();
}

Result<std::unique_ptr<PredictionService>> PredictionService::start(const Registry& registry, ServingRules rules,
                                                                    std::vector<CanaryShare> canaries,
                                                                    const ServedHistory& history,
                                                                    const RunContext& run) {
  auto predictor = Predictor::load(registry, rules, std::move(canaries));
  if (!predictor) return forward_error(predictor);
  auto inputs = LiveInputs::after_history(predictor->needs(), history.candles, history.context, history.as_of, run);
  if (!inputs) return forward_error(inputs);
  return std::unique_ptr<PredictionService>(new PredictionService(
      std::move(rules), std::make_shared<const Predictor>(std::move(*predictor)), std::move(*inputs), run.jobs));
}

std::shared_ptr<const Answer> PredictionService::answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

void PredictionService::publish() {
  const auto inputs = inputs_.newest();
  auto answer = std::make_shared<const Answer>(Answer{predictor_, inputs, predictor_->predict(*inputs, jobs_)});
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
  if (*generation == predictor_->generation() && canaries == predictor_->canaries()) return Followed::unchanged;
  auto predictor = Predictor::load(registry, rules_, std::move(canaries));
  if (!predictor) return forward_error(predictor);
  if (!inputs_.needs().include(predictor->needs())) return Followed::history_needed;
  const auto before = answer();
  predictor_ = std::make_shared<const Predictor>(std::move(*predictor));
  publish();
  return says_the_same(*before, *answer()) ? Followed::unchanged : Followed::swapped;
}

Status PredictionService::restart(const Registry& registry, std::vector<CanaryShare> canaries,
                                  const ServedHistory& history, const RunContext& run) {
  auto anew = start(registry, rules_, std::move(canaries), history, run);
  if (!anew) return forward_error(anew);
  predictor_ = std::move((*anew)->predictor_);
  inputs_ = std::move((*anew)->inputs_);
  const std::lock_guard lock(mutex_);
  answer_ = std::move((*anew)->answer_);
  return {};
}

}  // namespace clm
