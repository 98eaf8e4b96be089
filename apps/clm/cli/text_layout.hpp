#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace clm::app {

/// Terminal cells of a text, not bytes: letters of East Asian scripts take two.
std::size_t cells_of(std::string_view text);

/// The text in lines of at most `width` cells, broken between words, and within a word that is longer. A newline in the
/// text begins a new line. At least one line; `width` 0 counts as 1.
std::vector<std::string> folded(std::string_view text, std::size_t width);

/// The text with its line ends and tabs as blanks: what a person wrote stays one entry of a list.
std::string one_line(std::string text);

/// The folded lines, each but the first behind `indent` blanks, ending in a newline.
std::string paragraph(std::string_view text, std::size_t width, std::size_t indent);

/// A line of its own: as it is where `width` is 0, since nobody reads it at a terminal; else like `paragraph`.
std::string folded_line(std::string_view text, std::size_t width, std::size_t indent = 0);

}  // namespace clm::app
