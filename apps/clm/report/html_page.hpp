#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace clm::app {

/// Text as it may stand in HTML and SVG, in elements and in quoted attributes: & < > " ' are escaped, and control
/// characters that neither allows are dropped.
std::string html_escape(std::string_view text);

/// "1,234.50" with a real minus sign; an en dash where the value is not a number, "∞" where it is infinite.
std::string number_text(double value, int decimals);
/// The same with a sign in front of positive values as well: for differences and profits.
std::string signed_text(double value, int decimals);
/// "1 trade", "1,234 trades".
std::string counted(double count, const std::string& what);
/// A share as "12.3 %".
std::string percent_text(double share, int decimals);
/// "[0.012, 0.034]"; "–" where there is no interval.
std::string interval_text(double lo, double hi, int decimals);

/// A cell: text as it is to be read, not yet escaped. `note` goes below it in small print.
struct HtmlCell {
  std::string text;
  std::string note;
  /// `name` is a word that is not broken into lines where there is room for it; `code` (hashes, JSON) may be broken
  /// anywhere; the others between words only.
  enum class Kind { word, name, code, figure, good, bad } kind = Kind::word;
};
HtmlCell figure_cell(std::string text, std::string note = {});

/// A table whose columns the reader can sort by a click on the header. On a screen too narrow for it (a telephone; of a
/// table with long lines, a small screen too) each row becomes a card: the first cell its title, the others below with
/// their column's name.
struct HtmlTable {
  std::string caption;
  std::vector<std::string> header;  ///< units in parentheses
  std::vector<std::vector<HtmlCell>> rows;
};
std::string html_table(const HtmlTable& table);

/// A plot with its title and the sentence that says how to read it; `numbers` (HTML, may be empty) can be unfolded.
std::string html_figure(std::string_view title, std::string_view how_to_read, std::string_view svg,
                        std::string_view numbers = {});
/// A paragraph of plain text.
std::string html_paragraph(std::string_view text);
/// What the reader unfolds; paper shows it all. `body` is HTML; of an empty one nothing is left. `open_where_wide` is
/// closed on a telephone and open where there is room.
enum class Fold { closed, open, open_where_wide };
std::string html_fold(std::string_view summary, std::string_view body, Fold fold = Fold::closed,
                      std::string_view id = {});
/// `kind`: "good", "bad" or "plain".
std::string html_badge(std::string_view text, std::string_view kind);

/// A part of a page. `id` names it in links: letters, digits and '-'.
struct HtmlSection {
  std::string id;
  std::string title;
  std::string body;  ///< HTML
};

/// What a page says before all else: what was decided and why, in one or two sentences with the figure and its
/// interval.
struct HtmlVerdict {
  std::string sentence;
  std::string_view kind = "plain";  ///< "good", "bad" or "plain"
};

/// One self-contained document: style, plots and the script that sorts tables are in it; it loads nothing. Light or
/// dark as the reader's system is; printable.
std::string html_page(std::string_view title, std::string_view subtitle, const HtmlVerdict& verdict,
                      const std::vector<HtmlSection>& sections);

}  // namespace clm::app
