#include "serving/data_lateness.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"

namespace clm {
namespace {

std::string bars_of(const DataLateness& lateness) {
  return std::to_string(lateness.late_bars) + (lateness.late_bars == 1 ? " bar of " : " bars of ") +
         lateness.interval.name();
}

/// A clock's milliseconds say nothing here.
std::string to_seconds(Timestamp time) { return to_string(Timestamp(time.ms() / 1000 * 1000)); }

/// A bar that is still open may be stored, and is no sign that the clock is wrong.
std::string note_on(const LatenessQuestion& question) {
  const bool is_ahead =
      question.counted_from == CountedFrom::clock && question.newest_stored > question.now + question.interval.length();
  if (!is_ahead) return {};
  return "bars are stored that close after this machine's clock, up to " + to_string(question.newest_stored) +
         ", and it is " + to_seconds(question.now) +
         ": they are not read. Is the clock right? If it is, `clm data` shows whose they are";
}

}  // namespace

DataLateness data_lateness(const LatenessQuestion& question) {
  expects(question.max_late_bars >= 0, "a limit in bars is none below zero");
  DataLateness out;
  out.newest_bar = question.newest_bar;
  out.counted_to = question.now;
  out.counted_from = question.counted_from;
  out.interval = question.interval;
  out.late_bars = std::max<std::int64_t>(0, (question.now - question.newest_bar) / question.interval.length());
  out.max_late_bars = question.max_late_bars;
  out.stale = question.counted_from == CountedFrom::clock && out.late_bars > question.max_late_bars;
  out.note = note_on(question);
  return out;
}

std::string describe(const DataLateness& lateness) {
  std::string text = "the newest bar closed at " + to_string(lateness.newest_bar);
  if (lateness.late_bars == 0) return text;
  text += ", " + bars_of(lateness) + " before ";
  text += lateness.counted_from == CountedFrom::clock ? "now" : to_string(lateness.counted_to);
  return text + " (" + to_string(lateness.counted_to - lateness.newest_bar) + ")";
}

std::string warning(const DataLateness& lateness) {
  std::string text;
  if (lateness.stale)
    text = "the candles are " + bars_of(lateness) + " late (serving.max_late_bars is " +
           std::to_string(lateness.max_late_bars) + "): the newest closed at " + to_string(lateness.newest_bar) +
           ", and it is " + to_seconds(lateness.counted_to) +
           ". Bring newer ones with `clm import PATH` or `clm fetch binance --interval " + lateness.interval.name() +
           " --from " + to_string(lateness.newest_bar) + " --symbol SYMBOL`";
  if (!lateness.note.empty()) text += (text.empty() ? "" : ". Besides, ") + lateness.note;
  return text;
}

void add_lateness(nlohmann::json& document, const DataLateness& lateness) {
  document["newest_bar"] = to_string(lateness.newest_bar);
  document["late_bars"] = lateness.late_bars;
  document["stale"] = lateness.stale;
}

}  // namespace clm
