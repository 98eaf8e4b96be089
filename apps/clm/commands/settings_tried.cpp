#include "settings_tried.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "evaluation_document.hpp"
#include "report/evaluation.hpp"
#include "report/json_reading.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;
using ReturnByDay = std::map<std::int64_t, double>;

struct Setting {
  std::string name;
  ReturnByDay net_return;
};

/// Whether two documents asked about the same bars, at the same costs.
bool same_months(const Json& a, const Json& b) {
  const auto of = [](const Json& document) {
    const Json& protocol = member(document, "protocol");
    const Json& data = member(protocol, "data");
    return std::tuple(integer_in(protocol, "from_ms"), integer_in(protocol, "to_ms"), text_in(data, "venue"),
                      text_in(data, "interval"), number_in(member(document, "judgement"), "cost_bps_per_side"));
  };
  return of(a) == of(b);
}

/// The candidates of a document; none where it holds no daily returns as `clm evaluate` writes them.
std::vector<Setting> settings_in(const Json& document, const std::string& suffix) {
  const Json& daily = member(document, "daily");
  const Json& days = member(daily, "day_ms");
  const auto is_number = [](const Json& value) { return value.is_number(); };
  std::vector<Setting> out;
  if (!days.is_array() || !std::all_of(days.begin(), days.end(), [](const Json& d) { return d.is_number_integer(); }))
    return out;
  for (const Json& forecaster : each_of(member(daily, "forecasters"), [](const Json& one) { return one; })) {
    const Json& values = member(forecaster, "net_return");
    if (text_in(forecaster, "role") == "baseline") continue;
    if (!values.is_array() || values.size() != days.size() || !std::all_of(values.begin(), values.end(), is_number))
      return {};
    Setting setting{text_in(forecaster, "name") + suffix, {}};
    for (std::size_t t = 0; t < days.size(); ++t)
      setting.net_return[days[t].get<std::int64_t>()] = values[t].get<double>();
    out.push_back(std::move(setting));
  }
  return out;
}

/// Whether nine tenths of the days of `own` are among those of `other`.
bool covers(const ReturnByDay& other, const ReturnByDay& own) {
  std::size_t shared = 0;
  for (const auto& [day, unused] : own) shared += other.count(day);
  return 10 * shared >= 9 * own.size();
}

std::vector<NamedColumn> over_common_days(const std::vector<Setting>& settings) {
  std::vector<NamedColumn> columns;
  for (const auto& setting : settings) columns.push_back({setting.name, {}});
  if (settings.empty()) return columns;
  for (const auto& [day, unused] : settings.front().net_return) {
    if (!std::all_of(settings.begin(), settings.end(),
                     [at = day](const Setting& setting) { return setting.net_return.count(at) > 0; }))
      continue;
    for (std::size_t k = 0; k < settings.size(); ++k) columns[k].value.push_back(settings[k].net_return.at(day));
  }
  return columns;
}

std::size_t overlap_of(const Json& document) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(integer_in(member(document, "daily"), "overlap_days")));
}

}  // namespace

SettingsTried settings_tried(const WorkspaceDirectory& workspace, const Json& document,
                             const std::filesystem::path& file) {
  SettingsTried out;
  std::vector<Setting> settings = settings_in(document, "");
  std::size_t overlap = overlap_of(document);
  for (const auto& path : stored_evaluations(workspace)) {
    if (path == file) continue;  // its last answer, which is about to be replaced
    const auto text = read_file(path, kMostEvaluationBytes);
    const Json earlier = text ? Json::parse(*text, nullptr, false) : Json(Json::value_t::discarded);
    if (!earlier.is_object()) {
      ++out.unreadable;
      continue;
    }
    if (text_in(earlier, "kind") != kEvaluationKind || !same_months(document, earlier)) continue;
    auto theirs = settings_in(earlier, " of " + path.filename().string());
    const bool comparable =
        !theirs.empty() && !settings.empty() && covers(theirs.front().net_return, settings.front().net_return) &&
        text_in(member(earlier, "daily"), "trading") == text_in(member(document, "daily"), "trading");
    ++(comparable ? out.of_evaluations : out.not_comparable);
    if (!comparable) continue;
    overlap = std::max(overlap, overlap_of(earlier));
    for (auto& setting : theirs)
      if (std::none_of(settings.begin(), settings.end(),
                       [&](const Setting& known) { return known.net_return == setting.net_return; }))
        settings.push_back(std::move(setting));
  }
  const double periods_per_year = number_in(member(document, "daily"), "periods_per_year");
  out.choice = choice_of_settings(over_common_days(settings), overlap, periods_per_year);
  return out;
}

Json to_json(const SettingsTried& tried) {
  Json out = to_json(tried.choice);
  out["earlier_evaluations"] = tried.of_evaluations;
  out["not_comparable"] = tried.not_comparable;
  out["unreadable"] = tried.unreadable;
  return out;
}

}  // namespace clm::app
