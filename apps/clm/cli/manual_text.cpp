// What --help prints.
#include "base/exit_codes.hpp"
#include "manual.hpp"
#include "text_layout.hpp"

namespace clm::app {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kNameColumn = 28;

/// A name, and beside it or below it what it means.
std::string row(const std::string& name, const std::string& meaning, std::size_t column) {
  std::string line = "  " + name;
  if (cells_of(line) + 2 > column)
    line += "\n" + std::string(column, ' ');
  else
    line += std::string(column - cells_of(line), ' ');
  if (meaning.empty()) return "  " + name + "\n";
  return line + paragraph(meaning, kWidth, column);
}

std::string rows(const std::string& title, const std::vector<ManualEntry>& entries) {
  std::string text = "\n" + title + ":\n";
  for (const ManualEntry& entry : entries)
    text += row(entry.name + (entry.value.empty() ? "" : " " + entry.value), entry.meaning, kNameColumn);
  return entries.empty() ? "" : text;
}

std::string exit_code_line() {
  std::string text = "Exit codes: ";
  for (const ExitCode& code : exit_codes())
    text += (code.code == 0 ? "" : " \u00b7 ") + std::to_string(code.code) + " " + std::string(code.meaning);
  return text + ".";
}

}  // namespace

std::string help_text(const Manual& manual) {
  constexpr std::size_t kCommandColumn = 18;
  std::string text = paragraph(manual.summary, kWidth, 0) + "\nUsage: clm COMMAND [FLAGS]\n";
  std::string group;
  for (const ManualPage& page : manual.pages) {
    if (page.group != group) text += "\n" + page.group + ":\n";
    group = page.group;
    text += row(page.command, page.summary, kCommandColumn);
  }
  text += rows("Flags of every command", manual.flags);
  text += "\n" + paragraph(exit_code_line(), kWidth, 0);
  text += "\n" + paragraph(manual.begin, kWidth, 0);
  return text;
}

std::string help_text(const ManualPage& page) {
  std::string text = paragraph(page.summary + ".", kWidth, 0) + "\nUsage: " + paragraph(page.usage, kWidth, 9);
  text += rows("Arguments", page.arguments) + rows("Flags", page.flags);
  text += "\n" + paragraph("Of every command: --workspace DIR, --json, --jobs N, -v, -q; see clm --help.", kWidth, 0);
  if (!page.notes.empty()) text += "\n" + page.notes + "\n";
  return text;
}

}  // namespace clm::app
