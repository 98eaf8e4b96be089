#include "base/nearest_name.hpp"

#include <algorithm>
#include <utility>

namespace clm {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest_names(std::string_view asked, const std::vector<std::string>& known,
                                       std::size_t most) {
  constexpr std::size_t kLongestAsked = 256;  // nobody meant a name by more
  if (asked.empty() || asked.size() > kLongestAsked) return {};
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(asked, name);
    const std::size_t allowed = std::max<std::size_t>(2, std::max(asked.size(), name.size()) / 3);
    const bool begins = asked.size() >= 2 && name.starts_with(asked);
    if (begins || (distance <= allowed && distance < std::min(asked.size(), name.size())))
      near.emplace_back(begins ? std::min(distance, allowed) : distance, name);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < near.size() && i < most; ++i) names.push_back(near[i].second);
  return names;
}

std::string did_you_mean(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "Did you mean " : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text.empty() ? text : text + "?";
}

}  // namespace clm
