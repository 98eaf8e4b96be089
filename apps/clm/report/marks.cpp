#include "report/marks.hpp"

#include <cstdio>

#include "report/html_page.hpp"

namespace clm::app {
namespace {

std::string_view name_of(Mark mark) {
  switch (mark) {
    case Mark::taken: return "taken";
    case Mark::refused: return "refused";
    case Mark::open: break;
  }
  return "open";
}

std::string legend_entry(Mark mark, std::string_view words) {
  const std::string name(name_of(mark));
  return "<span><svg width=\"16\" height=\"16\" role=\"img\" aria-label=\"" + name + "\"><use href=\"#mark-" + name +
         "\" x=\"8\" y=\"8\" class=\"mark-" + name + "\"/></svg> " + html_escape(words) + "</span>";
}

}  // namespace

Mark mark_of_decision(std::string_view decision) {
  if (decision == "deploy") return Mark::taken;
  return decision == "reject" || decision == "failed" ? Mark::refused : Mark::open;
}

std::string decision_word(std::string_view decision) {
  if (decision == "deploy") return "passed";
  if (decision == "canary") return "promising";
  if (decision == "keep") return "no better";
  if (decision == "reject") return "refused";
  return std::string(decision);
}

std::string_view decision_kind(std::string_view decision) {
  const Mark mark = mark_of_decision(decision);
  return mark == Mark::taken ? "good" : mark == Mark::refused ? "bad" : "plain";
}

std::string_view mark_shapes() {
  return "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"shapes\"><defs>"
         "<circle id=\"mark-taken\" r=\"5.5\"/><circle id=\"mark-open\" r=\"5\"/>"
         "<path id=\"mark-refused\" d=\"M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5\"/></defs></svg>\n";
}

std::string mark_element(Mark mark, double share, double y, std::string_view title) {
  const std::string name(name_of(mark));
  char place[64];
  std::snprintf(place, sizeof place, "x=\"%.2f%%\" y=\"%.1f\"", 100 * share, y);
  return "<use href=\"#mark-" + name + "\" " + place + " class=\"mark-" + name + "\"><title>" + html_escape(title) +
         "</title></use>\n";
}

std::string mark_legend(std::string_view taken, std::string_view refused, std::string_view open) {
  return "<p class=\"legend\">" + legend_entry(Mark::taken, taken) + legend_entry(Mark::refused, refused) +
         legend_entry(Mark::open, open) + "</p>";
}

}  // namespace clm::app
