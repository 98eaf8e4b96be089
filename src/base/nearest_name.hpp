#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace clm {

/// How many letters must be added, left out or changed to make `a` of `b`. Costs their product.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// What a person may have meant by `asked`: the `most` nearest of `known`, nearest first, ties in their own order. Left
/// out is what has little to do with it: more than a third of its letters differ (two letters at least are allowed),
/// and it does not begin with what was asked.
std::vector<std::string> nearest_names(std::string_view asked, const std::vector<std::string>& known,
                                       std::size_t most = 3);

/// "Did you mean a, b or c?", empty for none.
std::string did_you_mean(const std::vector<std::string>& names);

}  // namespace clm
