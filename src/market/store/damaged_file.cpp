#include "market/store/damaged_file.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

namespace clm {

Error as_damage(Error error) {
  if (!error.code.starts_with("parquet.")) return error;
  constexpr std::string_view kOfAnyFile = "not a whole parquet file: ";
  if (error.message.starts_with(kOfAnyFile)) error.message.erase(0, kOfAnyFile.size());
  if (error.code == "parquet.corrupt") error.message = "it is cut off or altered: " + error.message;
  if (error.code == "parquet.read") error.message = "it cannot be read: " + error.message;
  error.remedy = "Import its source again: that puts a sound file in its place.";
  return error;
}

std::string title_of(const DamagedFile& file) {
  std::string title;
  for (const std::string* part : {&file.venue, &file.interval, &file.symbol})
    if (!part->empty()) title += (title.empty() ? "" : "/") + *part;
  if (file.series != "candles") title = file.series + (title.empty() ? "" : "/" + title);
  return file.period.empty() ? title : title + " " + file.period;
}

std::string describe(const DamagedFile& file) {
  return title_of(file) + ": " + file.problem.message + " (" + file.path.string() + ")";
}

nlohmann::json to_json(const DamagedFile& file) {
  const Error& problem = file.problem;
  return {
      {"venue", file.venue},
      {"symbol", file.symbol},
      {"interval", file.interval},
      {"series", file.series},
      {"period", file.period},
      {"file", file.path.string()},
      {"problem",
       {{"code", problem.code}, {"message", problem.message}, {"where", problem.where}, {"remedy", problem.remedy}}}};
}

nlohmann::json to_json(std::span<const DamagedFile> files) {
  auto list = nlohmann::json::array();
  for (const DamagedFile& file : files) list.push_back(to_json(file));
  return list;
}

}  // namespace clm
