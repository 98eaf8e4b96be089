#include "report/html_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "report/marks.hpp"
#include "report/page_style.hpp"

namespace clm::app {
namespace {

constexpr const char* kMinus = "\u2212";
constexpr const char* kNothing = "\u2013";

std::size_t letters_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string_view class_of(HtmlCell::Kind kind) {
  switch (kind) {
    case HtmlCell::Kind::word: return "w";
    case HtmlCell::Kind::name: return "w name";
    case HtmlCell::Kind::code: return "w code";
    case HtmlCell::Kind::figure: return "n";
    case HtmlCell::Kind::good: return "n good";
    case HtmlCell::Kind::bad: return "n bad";
  }
  return "w";
}

/// Letters of the longest word of a header, which may be folded between its words.
std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    longest = std::max(longest, letters_of(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return longest;
}

/// How many letters a line of the table takes, with the gaps between its columns, if no cell is folded but long text.
std::size_t line_letters(const HtmlTable& table) {
  constexpr std::size_t kGap = 2, kText = 24;  // letters; longer text is folded into lines
  std::size_t sum = 0;
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    std::size_t widest = longest_word(table.header[c]);
    for (const auto& row : table.rows) {
      if (c >= row.size()) continue;
      const bool folds = row[c].kind == HtmlCell::Kind::word || row[c].kind == HtmlCell::Kind::code;
      const std::size_t letters = std::max(letters_of(row[c].text), letters_of(row[c].note));
      widest = std::max(widest, folds ? std::min(letters, kText) : letters);
    }
    sum += widest + kGap;
  }
  return sum;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string number_text(double value, int decimals) {
  if (std::isnan(value)) return kNothing;
  if (std::isinf(value)) return value > 0 ? "\u221e" : std::string(kMinus) + "\u221e";
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, std::fabs(value));
  std::string digits(buffer);
  const bool is_zero = digits.find_first_not_of("0.") == std::string::npos;
  const auto point = digits.find('.');
  for (auto at = point == std::string::npos ? digits.size() : point; at > 3; at -= 3) digits.insert(at - 3, ",");
  return (value < 0 && !is_zero ? kMinus : "") + digits;
}

std::string signed_text(double value, int decimals) {
  const std::string text = number_text(value, decimals);
  return value > 0 && text.find_first_not_of("0.,") != std::string::npos ? "+" + text : text;
}

std::string counted(double count, const std::string& what) {
  return number_text(count, 0) + " " + what + (count == 1 ? "" : "s");
}

std::string percent_text(double share, int decimals) {
  return std::isfinite(share) ? number_text(100 * share, decimals) + " %" : number_text(share, decimals);
}

std::string interval_text(double lo, double hi, int decimals) {
  if (std::isnan(lo) || std::isnan(hi)) return kNothing;
  return "[" + number_text(lo, decimals) + ", " + number_text(hi, decimals) + "]";
}

HtmlCell figure_cell(std::string text, std::string note) {
  return {std::move(text), std::move(note), HtmlCell::Kind::figure};
}

std::string html_table(const HtmlTable& table) {
  constexpr std::size_t kSmallScreen = 92;  // letters of a line at 768 px
  std::string out =
      std::string("<table class=\"sortable") + (line_letters(table) > kSmallScreen ? " many" : "") + "\">";
  if (!table.caption.empty()) out += "<caption>" + html_escape(table.caption) + "</caption>";
  out += "<thead><tr>";
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    const bool figures =
        !table.rows.empty() && c < table.rows.front().size() && class_of(table.rows.front()[c].kind).front() == 'n';
    out += std::string("<th scope=\"col\" class=\"") + (figures ? "n" : "w") + "\">" + html_escape(table.header[c]) +
           "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const HtmlCell& cell = row[c];
      out += "<td class=\"" + std::string(class_of(cell.kind)) + (cell.text.empty() ? " none\"" : "\"");
      if (c > 0 && c < table.header.size()) out += " data-label=\"" + html_escape(table.header[c]) + "\"";
      out += "><span>" + html_escape(cell.text) + "</span>";
      if (!cell.note.empty()) out += "<small>" + html_escape(cell.note) + "</small>";
      out += "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string html_figure(std::string_view title, std::string_view how_to_read, std::string_view svg,
                        std::string_view numbers) {
  return "<figure><h4>" + html_escape(title) + "</h4>" + std::string(svg) + "<figcaption>" + html_escape(how_to_read) +
         "</figcaption>" + html_fold("The numbers", numbers) + "</figure>\n";
}

std::string html_paragraph(std::string_view text) { return "<p>" + html_escape(text) + "</p>\n"; }

std::string html_fold(std::string_view summary, std::string_view body, Fold fold, std::string_view id) {
  if (body.empty()) return {};
  return std::string("<details") + (id.empty() ? "" : " id=\"" + html_escape(id) + "\"") +
         (fold == Fold::open              ? " open"
          : fold == Fold::open_where_wide ? " data-open=\"wide\""
                                          : "") +
         "><summary>" + html_escape(summary) + "</summary>" + std::string(body) + "</details>\n";
}

std::string html_badge(std::string_view text, std::string_view kind) {
  return "<span class=\"badge " + html_escape(kind) + "\">" + html_escape(text) + "</span>";
}

std::string html_page(std::string_view title, std::string_view subtitle, const HtmlVerdict& verdict,
                      const std::vector<HtmlSection>& sections) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" + html_escape(title) + "</title>\n<style>" +
         std::string(kPageStyle) + "</style></head><body>\n" + std::string(mark_shapes()) + "<header><h1>" +
         html_escape(title) + "</h1><p>" + html_escape(subtitle) + "</p>";
  if (!verdict.sentence.empty())
    out += "<p class=\"sentence " + html_escape(verdict.kind) + "\">" + html_escape(verdict.sentence) + "</p>";
  if (sections.size() > 1) {
    out += "<nav aria-label=\"Contents\"><ul>";
    for (const auto& section : sections)
      out += "<li><a href=\"#" + html_escape(section.id) + "\">" + html_escape(section.title) + "</a></li>";
    out += "</ul></nav>";
  }
  out += "</header>\n<main>\n";
  for (const auto& section : sections)
    out += "<section id=\"" + html_escape(section.id) + "\"><h2>" + html_escape(section.title) + "</h2>\n" +
           section.body + "</section>\n";
  return out + "</main>\n<script>" + std::string(kPageScript) + "</script></body></html>\n";
}

}  // namespace clm::app
