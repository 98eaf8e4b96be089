#include "models/sequence/wide_table.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include "base/shown_text.hpp"
#include "market/import/byte_reader.hpp"
#include "market/import/gzip_reader.hpp"
#include "market/import/import_number.hpp"
#include "market/import/line_reader.hpp"

namespace clm {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20U;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n\"");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n\"") - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool names_date(std::string_view name) {
  const std::string known = lower(name);
  return known == "date" || known == "time" || known == "timestamp" || known == "datetime";
}

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const auto comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

/// Gathers rows under the columns of the header.
class TableReader {
 public:
  TableReader(const std::filesystem::path& path, const WideTableLimits& limits) : path_(path), limits_(limits) {}

  Status line(std::string_view text) {
    ++line_;
    if (trimmed(text).empty()) return {};
    split(text, fields_);
    if (table_.columns.empty()) return header();
    return row();
  }

  Result<WideTable> finish() && {
    if (table_.columns.empty() || table_.dates.empty())
      return fail(ErrorKind::data, "table.empty", "the file holds no rows", path_.string(), "Export it again.");
    return std::move(table_);
  }

 private:
  Status header() {
    const auto bad = [&](std::string what) {
      return fail(ErrorKind::data, "table.header", std::move(what), path_.string(),
                  "The first line names the columns: date,NAME,...");
    };
    std::set<std::string_view> seen;
    date_ = fields_.size();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].empty() || !seen.insert(fields_[i]).second)
        return bad("column " + std::to_string(i + 1) + " has no name of its own");
      if (date_ == fields_.size() && names_date(fields_[i]))
        date_ = i;
      else
        table_.columns.emplace_back(fields_[i]);
    }
    if (date_ == fields_.size()) return bad("no column is called date");
    if (table_.columns.empty()) return bad("there is no column beside the date");
    if (table_.columns.size() > limits_.max_columns)
      return bad("there are more than " + std::to_string(limits_.max_columns) + " columns");
    table_.values.resize(table_.columns.size());
    return {};
  }

  Status row() {
    if (fields_.size() != table_.columns.size() + 1)
      return fail(ErrorKind::data, "table.row_width",
                  "the row has " + std::to_string(fields_.size()) + " fields, the header " +
                      std::to_string(table_.columns.size() + 1),
                  where(), "Correct or remove the line.");
    table_.dates.emplace_back(fields_[date_]);
    for (std::size_t i = 0, column = 0; i < fields_.size(); ++i) {
      if (i == date_) continue;
      const std::optional<double> value = number(fields_[i]);
      if (!value)
        return fail(ErrorKind::data, "table.number", "'" + shown(fields_[i]) + "' is not a number",
                    where() + ", column " + table_.columns[column], "Correct it, or leave the field empty.");
      table_.values[column++].push_back(*value);
    }
    return {};
  }

  static std::optional<double> number(std::string_view field) {
    if (field.empty()) return std::numeric_limits<double>::quiet_NaN();
    const std::string known = lower(field.substr(0, 8));
    if (known == "nan" || known == "na" || known == "null") return std::numeric_limits<double>::quiet_NaN();
    const std::optional<double> value = parse_number(field);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return value;
  }

  std::string where() const { return path_.string() + ":" + std::to_string(line_); }

  const std::filesystem::path& path_;
  const WideTableLimits& limits_;
  WideTable table_;
  std::size_t date_ = 0;
  std::size_t line_ = 0;
  std::vector<std::string_view> fields_;
};

Result<std::unique_ptr<ByteReader>> open_text(const std::filesystem::path& path, std::uint64_t max_bytes) {
  Result<std::unique_ptr<ByteReader>> probe = open_file(path);
  if (!probe) return forward_error(probe);
  char magic[2] = {};
  const Result<std::size_t> got = (*probe)->read(magic);
  if (!got) return forward_error(got);
  Result<std::unique_ptr<ByteReader>> file = open_file(path);
  if (!file || *got < 2 || magic[0] != '\x1f' || magic[1] != '\x8b') return file;
  return gzip_reader(std::move(*file), max_bytes,
                     Error{ErrorKind::data, "import.too_large", "the table inflates beyond its limit", path.string(),
                           "Split the table."});
}

}  // namespace

Result<WideTable> read_wide_table(const std::filesystem::path& path, const WideTableLimits& limits) {
  Result<std::unique_ptr<ByteReader>> text = open_text(path, limits.max_bytes);
  if (!text) return forward_error(text);
  LineReader lines(std::move(*text), kMaxLineBytes);
  TableReader reader(path, limits);
  std::uint64_t bytes = 0;
  for (bool first = true;; first = false) {
    Result<std::string_view> block = lines.next();
    if (!block) return forward_error(block);
    if (block->empty()) break;
    bytes += block->size();
    if (bytes > limits.max_bytes)
      return fail(ErrorKind::data, "import.too_large", "the file is larger than the limit for one file", path.string(),
                  "Split the file.");
    if (first && block->starts_with("\xEF\xBB\xBF")) block->remove_prefix(3);  // a byte order mark
    while (!block->empty()) {
      const auto end = block->find('\n');
      if (Status read = reader.line(block->substr(0, end)); !read) return forward_error(read);
      block->remove_prefix(std::min(block->size(), end == std::string_view::npos ? block->size() : end + 1));
    }
  }
  return std::move(reader).finish();
}

}  // namespace clm
