#pragma once
#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace clm::app {

/// The words that begin a hidden command line with which a shell asks what a word could become:
/// `clm complete INDEX clm WORD...`, INDEX being that of the word in what follows it.
inline constexpr const char* kCompleteCommand = "complete";

/// What the word could become, a line each: the word, and behind a tab what it is. ":file" or ":dir" alone: the shell
/// looks for files or directories. Nothing where nothing fits or anything is wrong: a person at work is not to be
/// disturbed. Reads the workspace of the words; changes nothing, makes nothing.
std::string completions(const CLI::App& program, const std::vector<std::string>& words);

/// The script by which "bash", "zsh" or "fish" asks.
std::string completion_script(const std::string& shell);

}  // namespace clm::app
