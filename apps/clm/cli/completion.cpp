#include "completion.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <CLI/CLI.hpp>

#include "learning/life_cycle/life_cycle_log.hpp"
#include "manual.hpp"
#include "market/store/candle_store.hpp"
#include "models/model_type.hpp"
#include "registry/registry.hpp"
#include "workspace/configuration.hpp"
#include "workspace/market_view.hpp"
#include "workspace/workspace_directory.hpp"

namespace clm::app {
namespace {

struct Candidate {
  std::string word, meaning;
};
using Candidates = std::vector<Candidate>;

/// Where the word stands on the command line.
struct Place {
  std::string word;
  std::string workspace;                ///< of --workspace, if it was given
  const CLI::App* command = nullptr;    ///< null: none is named yet
  const CLI::Option* awaits = nullptr;  ///< the flag whose value the word is
  std::size_t arguments = 0;            ///< of the command, before the word
  bool only_arguments = false;          ///< behind "--"
  bool lost = false;                    ///< behind a command that there is not
};

const CLI::Option* flag_named(const CLI::App& app, const std::string& word) {
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames())
      if (word == "--" + name) return option;
    for (const auto& name : option->get_snames())
      if (word == "-" + name) return option;
  }
  return nullptr;
}

/// `words` begin with the program; `index` is that of the word to complete.
Place find_place(const CLI::App& program, const std::vector<std::string>& words, std::size_t index) {
  Place place;
  place.word = index < words.size() ? words[index] : "";
  for (std::size_t i = 1; i < std::min(index, words.size()); ++i) {
    const std::string& word = words[i];
    if (word == "=") continue;  // bash takes --flag=value apart
    if (place.awaits != nullptr) {
      if (place.awaits->get_name() == "--workspace") place.workspace = word;
      place.awaits = nullptr;
    } else if (word == "--") {
      place.only_arguments = true;
    } else if (word.size() > 1 && word[0] == '-' && !place.only_arguments) {
      const auto equals = word.find('=');
      const CLI::Option* flag = place.command == nullptr ? nullptr : flag_named(*place.command, word.substr(0, equals));
      if (flag == nullptr) flag = flag_named(program, word.substr(0, equals));
      if (flag == nullptr || flag->get_type_size() == 0) continue;
      if (equals == std::string::npos)
        place.awaits = flag;
      else if (flag->get_name() == "--workspace")
        place.workspace = word.substr(equals + 1);
    } else if (place.command == nullptr) {
      place.command = find_command(program, word);
      place.lost = place.command == nullptr;
      if (place.lost) return place;
    } else {
      ++place.arguments;
    }
  }
  if (place.word == "=") place.word.clear();
  return place;
}

Candidates versions_of(Database& database, const WorkspaceDirectory& workspace) {
  Candidates candidates;
  const auto registry = Registry::open(database, ArtifactStore(workspace.versions()));
  if (!registry) return candidates;
  const auto versions = registry->list();
  if (!versions) return candidates;
  for (const auto& record : *versions)
    candidates.push_back({record.version.str(), slot_name(record.slot) + ", " + std::string(to_string(record.status))});
  return candidates;
}

Candidates recipes_by_name(Database& database, const WorkspaceDirectory& workspace) {
  Candidates candidates;
  const auto registry = Registry::open(database, ArtifactStore(workspace.versions()));
  if (!registry) return candidates;
  const auto versions = registry->list();
  if (!versions) return candidates;
  std::set<std::string> names;
  for (const auto& record : *versions)
    if (is_named(record.slot)) names.insert(slot_name(record.slot));
  for (const auto& name : names) candidates.push_back({name, "a recipe of [recipes.NAME]"});
  return candidates;
}

Candidates open_jobs(Database& database) {
  Candidates candidates;
  const auto log = LifeCycleLog::open(database);
  if (!log) return candidates;
  const auto jobs = log->jobs(WhichJobs::open);
  if (!jobs) return candidates;
  for (const Job& job : *jobs) candidates.push_back({std::to_string(job.id), describe(job)});
  return candidates;
}

Candidates stored_symbols(const WorkspaceDirectory& workspace) {
  Candidates candidates;
  const auto store = CandleStore::open(workspace.candles());
  if (!store) return candidates;
  const auto keys = store->list();
  if (!keys) return candidates;
  for (const auto& key : *keys) candidates.push_back({key.symbol.str(), key.venue.str() + " " + key.interval.name()});
  return candidates;
}

/// What a workspace holds of a kind; nothing where there is no workspace.
Candidates stored(const std::string& kind, const Place& place) {
  const auto workspace = WorkspaceDirectory::find(
      place.workspace.empty() ? std::nullopt : std::optional<std::filesystem::path>(place.workspace),
      std::filesystem::current_path());
  if (!workspace) return {};
  if (kind == "SYMBOL")
    return std::filesystem::exists(workspace->candles()) ? stored_symbols(*workspace) : Candidates();
  if (!std::filesystem::exists(workspace->database_file())) return {};  // opening would make it
  auto database = Database::open(workspace->database_file(), {.busy_timeout_seconds = 1});
  if (!database) return {};
  if (kind == "RECIPE") return recipes_by_name(*database, *workspace);
  return kind == "JOB" ? open_jobs(*database) : versions_of(*database, *workspace);
}

Candidates settings_keys() {
  Candidates candidates;
  const Configuration defaults;
  for (const auto& setting : defaults.settings.in_force()) candidates.push_back({setting.key, setting.info.meaning});
  return candidates;
}

Candidates commands_of(const CLI::App& program) {
  Candidates candidates;
  for (const ManualPage& page : read_manual(program).pages) candidates.push_back({page.command, page.summary});
  return candidates;
}

Candidates flags_at(const CLI::App& program, const Place& place) {
  Candidates candidates;
  for (const CLI::App* app : {place.command, &program}) {
    if (app == nullptr) continue;
    for (const CLI::Option* option : app->get_options())
      for (const auto& name : option->get_lnames())
        if (std::none_of(candidates.begin(), candidates.end(), [&](const auto& c) { return c.word == "--" + name; }))
          candidates.push_back({"--" + name, option->get_description()});
  }
  return candidates;
}

Candidates values_of(const CLI::App& program, const CLI::Option& option, const Place& place) {
  Candidates candidates;
  for (const auto& choice : choices_of(option)) candidates.push_back({choice, ""});
  if (!candidates.empty()) return candidates;
  const std::string kind = value_name(option);
  if (kind == "VERSION" || kind == "JOB" || kind == "SYMBOL") return stored(kind, place);
  if (kind == "SETTING") return settings_keys();
  if (kind == "COMMAND") return commands_of(program);
  if (kind == "MODEL_TYPE" || kind == "RECIPE") {
    if (kind == "RECIPE") candidates = stored(kind, place);
    for (const ModelType& type : model_types()) candidates.push_back({std::string(type.name), ""});
    candidates.push_back({"ensemble", "what is made of the active versions"});
    return candidates;
  }
  if (kind.starts_with("DIR")) return {{":dir", ""}};
  if (kind.starts_with("FILE") || kind.starts_with("PATH")) return {{":file", ""}};
  return candidates;
}

const CLI::Option* argument_at(const CLI::App& command, std::size_t index) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    last = option;
    if (index-- == 0) return option;
  }
  return last != nullptr && last->get_expected_max() > 1 ? last : nullptr;  // one that takes several
}

std::string lines_of(const Candidates& candidates, const std::string& before, const std::string& begun) {
  std::string text;
  std::vector<std::string> known;
  for (const auto& [word, meaning] : candidates) {
    const bool files = word.starts_with(':');
    if (!files && !word.starts_with(begun)) continue;
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    known.push_back(word);
    text += (files ? "" : before) + word + (meaning.empty() ? "" : "\t" + meaning.substr(0, meaning.find('\n'))) + "\n";
  }
  return text;
}

}  // namespace

std::string completions(const CLI::App& program, const std::vector<std::string>& words) {
  constexpr std::size_t kOwnWords = 3;  // clm complete INDEX
  std::size_t index = 0;
  if (words.size() <= kOwnWords) return {};
  const std::string& number = words[kOwnWords - 1];
  const auto [rest, wrong] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (wrong != std::errc{} || rest != number.data() + number.size() || index == 0) return {};
  const Place place = find_place(program, {words.begin() + kOwnWords, words.end()}, index);

  if (place.lost) return {};
  std::string begun = place.word, before;
  const CLI::Option* option = place.awaits;
  if (option == nullptr && begun.starts_with("-") && !place.only_arguments) {
    const auto equals = begun.find('=');
    if (equals == std::string::npos) return lines_of(flags_at(program, place), "", begun);
    before = begun.substr(0, equals + 1);
    if (place.command != nullptr) option = flag_named(*place.command, begun.substr(0, equals));
    if (option == nullptr) option = flag_named(program, begun.substr(0, equals));
    begun.erase(0, equals + 1);
    if (option == nullptr) return {};
  }
  if (option == nullptr && place.command == nullptr) return lines_of(commands_of(program), "", begun);
  if (option == nullptr) option = argument_at(*place.command, place.arguments);
  if (option == nullptr) return {};
  if (option->get_delimiter() != '\0')
    if (const auto comma = begun.rfind(option->get_delimiter()); comma != std::string::npos) {
      before += begun.substr(0, comma + 1);
      begun.erase(0, comma + 1);
    }
  return lines_of(values_of(program, *option, place), before, begun);
}

std::string completion_script(const std::string& shell) {
  if (shell == "fish")
    return "function __clm_complete\n"
           "    set -l words (commandline -opc) (commandline -ct)\n"
           "    set -l index (math (count $words) - 1)\n"
           "    for line in (command clm complete $index $words 2>/dev/null)\n"
           "        switch $line\n"
           "            case ':dir'\n"
           "                __fish_complete_directories (commandline -ct) ''\n"
           "            case ':file'\n"
           "                __fish_complete_path (commandline -ct)\n"
           "            case '*'\n"
           "                echo $line\n"
           "        end\n"
           "    end\n"
           "end\n"
           "complete -c clm -f -a '(__clm_complete)'\n";
  const std::string bash =
      "_clm() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} lines\n"
      "  lines=$(command clm complete \"$COMP_CWORD\" \"${COMP_WORDS[@]}\" 2>/dev/null)\n"
      "  [ \"$current\" = = ] && current=\n"
      "  COMPREPLY=()\n"
      "  case $lines in\n"
      "    :dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$current\") ;;\n"
      "    :file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
      "    ?*) mapfile -t COMPREPLY < <(cut -f 1 <<<\"$lines\") ;;\n"
      "  esac\n"
      "}\n"
      "complete -F _clm clm\n";
  if (shell == "bash") return bash;
  return "#compdef clm\n"
         "_clm() {\n"
         "  local -a lines plain described\n"
         "  lines=(\"${(@f)$(command clm complete $((CURRENT - 1)) \"${(@)words}\" 2>/dev/null)}\")\n"
         "  case $lines[1] in\n"
         "    :dir) _files -/ ;;\n"
         "    :file) _files ;;\n"
         "    ?*)\n"
         "      described=(\"${(@)lines/$'\\t'/ -- }\")\n"
         "      plain=(\"${(@)lines%%$'\\t'*}\")\n"
         "      compadd -d described -a plain ;;\n"
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _clm ]; then _clm \"$@\"; else compdef _clm clm; fi\n";
}

}  // namespace clm::app
