// The manual as clm(1) and as Markdown.
#include "base/exit_codes.hpp"
#include "manual.hpp"

namespace clm::app {
namespace {

/// What a person writes beside the commands, with its meaning.
const std::vector<ManualEntry> kFiles{
    {"clm.toml", "", "settings; `clm config --all` prints them all, each with its unit and meaning"},
    {"clm.db", "", "versions, events, evidence, cycles, jobs (SQLite)"},
    {"candles/VENUE/INTERVAL/SYMBOL/", "", "candles, one Parquet file a period"},
    {"series/KIND/", "", "funding rates, open interest and the like"},
    {"versions/MODEL_TYPE/VERSION/", "", "manifest.json and the files of a model"},
    {"reports/", "", "HTML pages, and walk-forward studies as JSON"},
    {"records/RECIPE/, records/served/", "",
     "what was said of closed months before it was known, a Parquet file a month"},
    {"replays/NAME/", "", "what a replay of the learning policy did"},
};
const std::vector<ManualEntry> kVariables{
    {"CLM_SECTION_KEY", "", "takes the place of the setting section.key of clm.toml"},
    {"NO_COLOR", "", "no colours, if it is set and not empty"},
    {"COLUMNS", "", "width that tables are folded to, if standard output is a terminal"},
};

/// Text as roff has it: no backslash, no leading dot or quote, and a hyphen that can be searched for and copied.
std::string roff(const std::string& text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      case '"': out += "\\(dq"; break;
      default: out += c;
    }
  }
  return out;
}

std::string roff_entries(const std::vector<ManualEntry>& entries) {
  std::string text;
  for (const ManualEntry& entry : entries)
    text += ".TP\n\\fB" + roff(entry.name) + "\\fR" +
            (entry.value.empty() ? "" : " \\fI" + roff(entry.value) + "\\fR") + "\n" +
            roff(entry.meaning.empty() ? "see above" : entry.meaning) + "\n";
  return text;
}

/// A cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string markdown_entries(const std::string& title, const std::vector<ManualEntry>& entries) {
  if (entries.empty()) return {};
  std::string text = "| " + title + " | |\n|---|---|\n";
  for (const ManualEntry& entry : entries)
    text += "| `" + cell(entry.name + (entry.value.empty() ? "" : " " + entry.value)) + "` | " + cell(entry.meaning) +
            " |\n";
  return text + "\n";
}

}  // namespace

std::string to_roff(const Manual& manual, const std::string& version) {
  std::string text = ".TH CLM 1 \"\" \"clm " + roff(version) + "\" \"User Commands\"\n.SH NAME\nclm \\- " +
                     roff(manual.summary) + "\n.SH SYNOPSIS\n.B clm\n.I COMMAND\n.RI [ FLAGS ]\n.SH DESCRIPTION\n" +
                     roff(manual.begin) + "\n.SH FLAGS OF EVERY COMMAND\n" + roff_entries(manual.flags) +
                     ".SH COMMANDS\n";
  std::string group;
  for (const ManualPage& page : manual.pages) {
    if (page.group != group) text += ".SS " + roff(page.group) + "\n";
    group = page.group;
    text += ".TP\n\\fB" + roff(page.usage) + "\\fR\n" + roff(page.summary) + ".\n";
    if (!page.arguments.empty() || !page.flags.empty()) text += ".RS\n";
    text += roff_entries(page.arguments) + roff_entries(page.flags);
    if (!page.arguments.empty() || !page.flags.empty()) text += ".RE\n";
    if (!page.notes.empty()) text += ".PP\n.nf\n" + roff(page.notes) + "\n.fi\n";
  }
  text += ".SH EXIT STATUS\n";
  for (const ExitCode& code : exit_codes())
    text += ".TP\n\\fB" + std::to_string(code.code) + "\\fR\n" + roff(std::string(code.meaning)) + "\n";
  text += ".SH FILES OF A WORKSPACE\n" + roff_entries(kFiles) + ".SH ENVIRONMENT\n" + roff_entries(kVariables);
  return text;
}

std::string to_markdown(const Manual& manual) {
  std::string text = "# The command line\n\n<!-- Written by `clm man --format markdown`; a test compares. -->\n\n" +
                     manual.summary + " " + manual.begin + "\n\n## Exit codes\n\n| code | means |\n|---|---|\n";
  for (const ExitCode& code : exit_codes())
    text += "| " + std::to_string(code.code) + " | " + std::string(code.meaning) + " |\n";
  text += "\n## Flags of every command\n\n" + markdown_entries("flag", manual.flags);
  text += markdown_entries("variable", kVariables);
  text += markdown_entries("file of a workspace", kFiles);
  std::string group;
  for (const ManualPage& page : manual.pages) {
    if (page.group != group) text += "## " + page.group + "\n\n";
    group = page.group;
    text += "### clm " + page.command + "\n\n" + page.summary + ".\n\n```\n" + page.usage + "\n```\n\n";
    text += markdown_entries("argument", page.arguments) + markdown_entries("flag", page.flags);
    if (!page.notes.empty()) text += "```\n" + page.notes + "\n```\n\n";
  }
  text.pop_back();
  return text;
}

}  // namespace clm::app
