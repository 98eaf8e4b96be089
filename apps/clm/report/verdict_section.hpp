#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "report/evidence.hpp"
#include "report/html_page.hpp"

namespace clm::app {

/// How a version stands, and through whom: the last move of its life.
struct Standing {
  std::string status;  ///< "active", "rejected", ...
  std::optional<Timestamp> since;
  bool by_person = false;
  std::string reason;  ///< of that move; may be empty
  std::string speaks;  ///< "speaks with weight 0.17 in ensemble 0123456789ab"; empty: it does not
};

/// Whether an ensemble was judged, or made of vintages of accepted recipes.
enum class Judged { yes, its_recipes };

/// The page's first sentences: how it stands and why, beside what the policy said of it. `evidence` may be null.
HtmlVerdict version_verdict(const std::string& name, const Standing& standing, const EvidenceFigures* evidence,
                            Judged judged = Judged::yes);

/// The policy's verdict and its reasons in plain words; where it did not pass, also what would have to change. Of a
/// vintage of an accepted recipe, what was checked instead. HTML.
std::string verdict_box(const Standing& standing, const EvidenceFigures& evidence);

/// What the intervals of a page mean, and why a test may pass beside one that holds zero.
std::string interval_note(const EvidenceFigures& evidence);

/// One sentence per limit that was missed: "Its win rate ... would have to be at least 50.0 %; it is 47.1 %."
std::vector<std::string> what_would_have_to_change(const VerdictFigures& verdict);

/// Every limit of the policy beside what was found. HTML.
std::string limits_table(const VerdictFigures& verdict);

}  // namespace clm::app
