#pragma once
#include <string>
#include <string_view>

namespace clm::app {

/// What is drawn for a moment at which something became of a version: the same shapes on every page.
enum class Mark {
  taken,    ///< a filled dot: it passed, or came into service
  refused,  ///< a cross: refused, failed, or taken out of service
  open      ///< a ring: nothing was settled, or something began
};

/// Of a verdict of the policy: deploy, canary, keep, reject; or failed.
Mark mark_of_decision(std::string_view decision);
/// In words, for a person: "passed", "promising", "no better", "refused", "failed".
std::string decision_word(std::string_view decision);
/// "good", "bad" or "plain": the badge of a decision.
std::string_view decision_kind(std::string_view decision);

/// The shapes, once in a page; drawn with `mark_element`. HTML.
std::string_view mark_shapes();
/// At a place across its drawing, as a share of the width, and `y` pixels down. SVG.
std::string mark_element(Mark mark, double share, double y, std::string_view title);
/// What the marks mean. HTML.
std::string mark_legend(std::string_view taken, std::string_view refused, std::string_view open);

}  // namespace clm::app
