#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace clm {

/// Length in bytes of the character at the front of `text`, if it is one that a person can see: valid UTF-8, no control
/// character, no invisible one (zero width, change of direction, byte order mark). 0 for anything else.
std::size_t visible_character(std::string_view text);

/// Text of somebody else's making (a file's content, a file's name, a setting), fit to be quoted in a message or
/// written as JSON: bytes that are no visible character become \xNN, and what is longer than `most_characters` is cut
/// and ends in "..". The result is valid UTF-8 of at most 4 bytes a character.
std::string shown(std::string_view text, std::size_t most_characters = 40);

/// Text of several lines, fit for a terminal: as `shown`, with its line ends, tabs and blanks as they are, uncut.
std::string shown_lines(std::string_view text);

}  // namespace clm
