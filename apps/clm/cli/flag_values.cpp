#include "flag_values.hpp"

#include <algorithm>
#include <system_error>

#include <unistd.h>

#include "base/nearest_name.hpp"
#include "base/shown_text.hpp"
#include "models/model_type.hpp"
#include "registry/slot.hpp"
#include "workspace/workspace_directory.hpp"

namespace clm::app {

Result<Timestamp> time_of(const std::string& flag, const std::string& text) {
  const auto time = parse_timestamp(text);
  if (time) return *time;
  Error error = time.error();
  error.where = flag;
  return tl::unexpected(std::move(error));
}

Result<TimeRange> range_of(const std::string& from, const std::string& to) {
  const auto begin = time_of("--from", from);
  if (!begin) return forward_error(begin);
  const auto end = time_of("--to", to);
  if (!end) return forward_error(end);
  if (*begin >= *end)
    return fail(ErrorKind::usage, "time.range", *begin == *end ? "it ends when it begins" : "it ends before it begins",
                "--from " + from + " --to " + to, "Give --to a later time than --from.");
  return TimeRange{*begin, *end};
}

Result<Interval> interval_of(const std::string& text) {
  const auto interval = Interval::parse(text);
  if (interval) return *interval;
  Error error = interval.error();
  error.where = "--interval";
  return tl::unexpected(std::move(error));
}

Result<Venue> venue_of(const std::string& text) {
  constexpr std::size_t kMostBytes = 64;
  bool fit = !text.empty() && text.size() <= kMostBytes && !text.starts_with(".");
  for (std::string_view rest = text; fit && !rest.empty();) {
    const std::size_t bytes = visible_character(rest);
    fit = bytes > 0 && std::string_view("/\\ ").find(rest.front()) == std::string_view::npos;
    rest.remove_prefix(bytes);
  }
  if (!fit)
    return fail(ErrorKind::usage, "venue.name", "'" + shown(text) + "' is not the name of a venue", "--venue",
                "Write a short name, such as binance-um.");
  return Venue(text);
}

Status check_output_file(const std::string& flag, const std::filesystem::path& file) {
  const auto wrong = [&](const std::string& message, const std::string& remedy) {
    return fail(ErrorKind::usage, "output.path", message, flag + " " + file.string(), remedy);
  };
  std::error_code failure;
  const auto absolute = std::filesystem::absolute(file, failure);
  const std::filesystem::path folder = absolute.parent_path();
  if (std::filesystem::is_directory(file, failure) || absolute.filename().empty())
    return wrong("a file is wanted, and this is a folder", "Name a file in it.");
  if (std::filesystem::exists(file, failure) && !std::filesystem::is_regular_file(file, failure))
    return wrong("a file is wanted, and this is a device, a pipe or the like",
                 "Name a file; it is replaced as a whole.");
  const auto workspace = WorkspaceDirectory::find(std::nullopt, std::filesystem::weakly_canonical(folder, failure));
  if (workspace && workspace->keeps(file))
    return wrong("this file or folder is kept by a workspace, and would be lost",
                 "Name another file, such as one in its reports/.");
  if (!std::filesystem::exists(folder, failure))
    return wrong("there is no folder " + folder.string(), "Make it, or name another one.");
  if (!std::filesystem::is_directory(folder, failure))
    return wrong(folder.string() + " is no folder", "Name a file in a folder.");
  // A file is written beside its place and then moved there.
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return wrong("no file can be made in " + folder.string(), "Change its permissions, or name another folder.");
  return {};
}

Status check_recipe(const std::string& where, const std::string& recipe) {
  if (recipe.empty()) return {};
  const std::string type = slot_of(recipe).model_type;
  std::vector<std::string> known{std::string(kEnsembleType)};
  for (const ModelType& one : model_types()) known.emplace_back(one.name);
  if (std::find(known.begin(), known.end(), type) != known.end()) return {};
  const std::string meant = did_you_mean(nearest_names(type, known));
  std::string all;
  for (const auto& name : known) all += (all.empty() ? "" : ", ") + name;
  return fail(ErrorKind::usage, "model.type", "there is no model type \"" + type + '"', where,
              (meant.empty() ? "" : meant + " ") + "Known are: " + all + ".");
}

}  // namespace clm::app
