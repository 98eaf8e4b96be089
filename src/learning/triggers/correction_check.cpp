// Candles that the active version learned from were corrected: what was learned is to be learned anew.
#include "learning/triggers/trigger_check.hpp"

namespace clm {
namespace {

class CorrectionCheck final : public TriggerCheck {
 public:
  explicit CorrectionCheck(const TriggerPlace& place) : place_(place) {}

  Result<TriggerReading> look(const TriggerSubject& subject, std::size_t /*bar*/) override {
    TriggerReading reading;
    reading.limit = 1;
    reading.trigger = {subject.model_type, TriggerKind::data_corrected, Priority::high,
                       "the candles that the active version learned from are what they were"};
    if (place_.corrections == nullptr) return reading;  // a replay's are
    const auto manifest = place_.registry.find(subject.active.str()).and_then(stored_manifest);
    const auto corrected = manifest ? place_.corrections->of(*manifest) : forward_error(manifest);
    // What cannot be told is no reason to train, and no reason to stop those who have one.
    if (!corrected) {
      reading.trigger.reason = "whether candles were corrected is not known: " + to_string(corrected.error());
      return reading;
    }
    if (!*corrected) {
      reading.trigger.reason = "the active version does not say what it read: an earlier release made it";
      return reading;
    }
    reading.value = 0;
    for (const CorrectedCandles& one : **corrected) reading.value += static_cast<double>(one.bars);
    reading.fired = !(*corrected)->empty();
    if (reading.fired)
      reading.trigger.reason = "the active version " + subject.active.str() + " " + describe(**corrected);
    return reading;
  }

 private:
  TriggerPlace place_;
};

}  // namespace

std::unique_ptr<TriggerCheck> make_correction_check(const TriggerPlace& place) {
  return std::make_unique<CorrectionCheck>(place);
}

}  // namespace clm
