#include "base/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iomanip>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "base/nearest_name.hpp"
#include "base/shown_text.hpp"
#include "base/toml_library.hpp"

namespace clm {
namespace {

using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

tl::unexpected<Error> setting_error(std::string code, std::string message, std::string where, std::string remedy = {}) {
  return fail(ErrorKind::usage, std::move(code), std::move(message), std::move(where), std::move(remedy));
}

std::string number_text(double value) {
  char buffer[32];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, end);
  if (text.find_first_of(".einf") == std::string::npos) text += ".0";
  return text;
}

/// A TOML text on one line: control characters may not stand in it as they are.
std::string quote(const std::string& text) {
  std::ostringstream out;
  out << '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out << '\\' << c;
    } else if (c == '\n') {
      out << "\\n";
    } else if (code < 0x20 || code == 0x7f) {
      out << "\\u" << std::setw(4) << std::setfill('0') << std::hex << int{code};
    } else {
      out << c;
    }
  }
  return out.str() + '"';
}

/// What kind of value a field takes; several C++ types may share one.
enum class Kind { truth, whole, real, text, list };

Kind kind_of(const Settings::Field& field) {
  static constexpr Kind kKinds[] = {Kind::truth, Kind::whole, Kind::whole, Kind::whole,
                                    Kind::real,  Kind::text,  Kind::list,  Kind::text};
  return kKinds[field.index()];
}

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::truth: return "true or false";
    case Kind::whole: return "a whole number";
    case Kind::real: return "a number";
    case Kind::text: return "a text";
    case Kind::list: return "a list of texts";
  }
  return "";
}

Value value_of(const Settings::Field& field) {
  if (const auto* choice = std::get_if<Settings::Choice>(&field)) return choice->read();
  if (const auto* truth = std::get_if<bool*>(&field)) return **truth;
  if (const auto* whole = std::get_if<int*>(&field)) return std::int64_t{**whole};
  if (const auto* whole = std::get_if<std::int64_t*>(&field)) return **whole;
  if (const auto* whole = std::get_if<std::size_t*>(&field)) return static_cast<std::int64_t>(**whole);
  if (const auto* real = std::get_if<double*>(&field)) return **real;
  if (const auto* text = std::get_if<std::string*>(&field)) return **text;
  return **std::get_if<std::vector<std::string>*>(&field);
}

/// As TOML.
std::string value_text(const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&value)) return number_text(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return quote(*text);
  std::string list;
  for (const auto& item : std::get<std::vector<std::string>>(value)) list += (list.empty() ? "" : ", ") + quote(item);
  return "[" + list + "]";
}

/// The value as the field wants it, or nothing if it is of another kind.
std::optional<Value> from_toml(const toml::node& node, Kind kind) {
  switch (kind) {
    case Kind::truth:
      if (const auto v = node.value_exact<bool>()) return Value(*v);
      break;
    case Kind::whole:
      if (const auto v = node.value_exact<std::int64_t>()) return Value(*v);
      break;
    case Kind::real:
      if (const auto v = node.value_exact<double>()) return Value(*v);
      if (const auto v = node.value_exact<std::int64_t>()) return Value(static_cast<double>(*v));
      break;
    case Kind::text:
      if (const auto v = node.value_exact<std::string>()) return Value(*v);
      break;
    case Kind::list:
      if (const auto* array = node.as_array()) {
        std::vector<std::string> list;
        for (const auto& element : *array) {
          const auto text = element.value_exact<std::string>();
          if (!text) return std::nullopt;
          list.push_back(*text);
        }
        return Value(list);
      }
  }
  return std::nullopt;
}

std::optional<Value> from_text(const std::string& text, Kind kind) {
  const auto parse = [&text](auto number) -> std::optional<Value> {
    const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
    return Value(number);
  };
  switch (kind) {
    case Kind::truth:
      if (text == "true" || text == "1") return Value(true);
      if (text == "false" || text == "0") return Value(false);
      return std::nullopt;
    case Kind::whole: return parse(std::int64_t{});
    case Kind::real: return parse(double{});
    case Kind::text: return Value(text);
    case Kind::list: {
      std::vector<std::string> list;
      std::istringstream stream(text);
      for (std::string item; std::getline(stream, item, ',');) list.push_back(item);
      return Value(list);
    }
  }
  return std::nullopt;
}

/// The bounds of the setting, narrowed to what the field's own type can hold.
std::pair<double, double> bounds_of(const Settings::Field& field, const SettingInfo& info) {
  double lowest = info.minimum, highest = info.maximum;
  if (std::holds_alternative<int*>(field)) {
    lowest = std::max(lowest, static_cast<double>(std::numeric_limits<int>::min()));
    highest = std::min(highest, static_cast<double>(std::numeric_limits<int>::max()));
  }
  if (std::holds_alternative<std::size_t*>(field)) lowest = std::max(lowest, 0.0);
  return {lowest, highest};
}

bool is_choice(const std::string& text, const SettingInfo& info) {
  return std::find(info.choices.begin(), info.choices.end(), text) != info.choices.end();
}

tl::unexpected<Error> no_choice(std::string message, const SettingInfo& info, const std::string& where) {
  std::string known;
  for (const auto& choice : info.choices) known += (known.empty() ? "" : ", ") + choice;
  return setting_error("config.range", std::move(message), where, "Choose one of: " + known + ".");
}

Status check_bounds(const std::string& key, const Value& value, const Settings::Field& field, const SettingInfo& info,
                    const std::string& where) {
  if (!info.choices.empty()) {
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && !is_choice(*text, info))
      return no_choice(key + " cannot be '" + shown(*text) + "'", info, where);
    if (const auto* list = std::get_if<std::vector<std::string>>(&value); list != nullptr)
      for (const std::string& one : *list)
        if (!is_choice(one, info)) return no_choice(key + " cannot hold '" + shown(one) + "'", info, where);
  }
  double number = 0;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*whole);
  } else if (const auto* real = std::get_if<double>(&value)) {
    number = *real;
  } else {
    return {};
  }
  const auto [lowest, highest] = bounds_of(field, info);
  if (std::isfinite(number) && number >= lowest && number <= highest) return {};
  return setting_error("config.range",
                       key + " = " + number_text(number) + " is outside [" + number_text(lowest) + ", " +
                           number_text(highest) + "]" + (info.unit.empty() ? "" : " " + info.unit),
                       where, "Change the value, or remove the line to use the default.");
}

tl::unexpected<Error> first_of(std::vector<Error> errors, std::vector<Error>* others) {
  if (others != nullptr) others->insert(others->end(), errors.begin() + 1, errors.end());
  return tl::unexpected(std::move(errors.front()));
}

/// `value` is nothing where what was written is of another kind than the field.
Status check_value(const std::string& key, const std::optional<Value>& value, const Settings::Field& field,
                   const SettingInfo& info, const std::string& where) {
  if (value) return check_bounds(key, *value, field, info, where);
  return setting_error("config.type", key + " must be " + kind_name(kind_of(field)), where,
                       "Change the value, or remove it to use the default.");
}

void assign(const Settings::Field& field, const Value& value) {
  if (const auto* choice = std::get_if<Settings::Choice>(&field)) choice->write(std::get<std::string>(value));
  if (const auto* truth = std::get_if<bool*>(&field)) **truth = std::get<bool>(value);
  if (const auto* whole = std::get_if<int*>(&field)) **whole = static_cast<int>(std::get<std::int64_t>(value));
  if (const auto* whole = std::get_if<std::int64_t*>(&field)) **whole = std::get<std::int64_t>(value);
  if (const auto* whole = std::get_if<std::size_t*>(&field))
    **whole = static_cast<std::size_t>(std::get<std::int64_t>(value));
  if (const auto* real = std::get_if<double*>(&field)) **real = std::get<double>(value);
  if (const auto* text = std::get_if<std::string*>(&field)) **text = std::get<std::string>(value);
  if (const auto* list = std::get_if<std::vector<std::string>*>(&field))
    **list = std::get<std::vector<std::string>>(value);
}

/// What the manual says of a setting, as TOML comments of readable width.
std::string comment_of(const SettingInfo& info, bool is_list) {
  constexpr std::size_t kWidth = 100;
  std::string words = info.meaning;
  if (!info.unit.empty()) words += " Unit: " + info.unit + ".";
  if (!info.choices.empty()) {
    words += is_list ? " Of:" : " One of:";
    for (const auto& choice : info.choices) words += " " + choice;
    words += ".";
  }
  std::istringstream in(words);
  std::string text, line = "#";
  for (std::string word; in >> word;) {
    if (line.size() > 1 && line.size() + 1 + word.size() > kWidth) {
      text += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  return text + line + "\n";
}

std::string environment_name(std::string key) {
  std::transform(key.begin(), key.end(), key.begin(), [](char c) {
    return c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return "CLM_" + key;
}

}  // namespace

void Settings::add(std::string key, Field field, SettingInfo info) {
  expects(key.find('.') != std::string::npos, "a setting is section.name");
  const bool added = entries_.emplace(std::move(key), Entry{field, std::move(info), "default"}).second;
  expects(added, "a setting is added once");
}

void Settings::add_tables(NamedTables tables) {
  expects(!tables_, "one kind of tables");
  tables_ = std::move(tables);
}

/// What was read of a file, to be put in force if all of it is right.
struct Settings::Reading {
  Settings& settings;
  const std::string& file;
  std::vector<std::function<void()>> changes;
  std::vector<NamedTable> tables;
  std::vector<Error> wrong;

  std::string where(const toml::node& node) const { return file + ":" + std::to_string(node.source().begin.line); }
  void refuse(std::string code, std::string message, std::string where, std::string remedy) {
    wrong.push_back(setting_error(std::move(code), std::move(message), std::move(where), std::move(remedy)).value());
  }

  void read_section(const std::string& section, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr)
      return refuse("config.unknown_key", "'" + shown(section) + "' stands outside a section", where(node),
                    "Put it under its [section].");
    const bool holds_tables = settings.tables_ && section == settings.tables_->section;
    for (const auto& [leaf, value] : *table) {
      if (holds_tables)
        read_table(std::string(leaf), value);
      else
        read_setting(section + "." + std::string(leaf), value);
    }
  }

  void read_setting(const std::string& key, const toml::node& node) {
    const auto found = settings.entries_.find(key);
    if (found == settings.entries_.end()) {
      wrong.push_back(settings.unknown_key(key, where(node)));
      return;
    }
    Entry& entry = found->second;
    const auto value = from_toml(node, kind_of(entry.field));
    if (const auto valid = check_value(key, value, entry.field, entry.info, where(node)); !valid)
      wrong.push_back(valid.error());
    else
      changes.emplace_back([&entry, value = *value, origin = where(node)] {
        assign(entry.field, value);
        entry.origin = origin;
      });
  }

  /// [section.name]
  void read_table(const std::string& name, const toml::node& node) {
    const NamedTables& rules = *settings.tables_;
    const std::string own = rules.section + "." + name;
    const auto* table = node.as_table();
    if (table == nullptr)
      return refuse("config.unknown_key", "'" + shown(own) + "' is no table", where(node),
                    "Each is one of its own: [" + rules.section + ".NAME].");
    const toml::node* kind = table->get(rules.kind_key);
    if (kind == nullptr)
      return refuse("config.no_kind", own + " has no " + rules.kind_key, where(node),
                    "Write " + rules.kind_key + " = \"...\" below [" + own + "]: " + rules.meaning);
    const auto text = kind->value_exact<std::string>();
    if (!text)
      return refuse("config.type", own + "." + rules.kind_key + " must be a text", where(*kind), "Change the value.");
    NamedTable read{name, *text, where(*kind), {}};
    const auto settable = rules.settable(*text);
    for (const auto& [section, inner] : *table) {
      if (&inner == kind) continue;
      const std::string beginning(section);
      const auto* settings_of_section = inner.as_table();
      if (settings_of_section == nullptr) {
        read_setting_of(read, beginning, inner, settable);
        continue;
      }
      for (const auto& [leaf, value] : *settings_of_section)
        read_setting_of(read, beginning + "." + std::string(leaf), value, settable);
    }
    tables.push_back(std::move(read));
  }

  void read_setting_of(NamedTable& table, const std::string& key, const toml::node& node,
                       const std::vector<std::string>& settable) {
    if (settable.empty()) return;
    const std::string full = settings.tables_->section + "." + table.name + "." + key;
    const auto found = settings.entries_.find(key);
    if (std::find(settable.begin(), settable.end(), key) == settable.end()) {
      std::string all;
      for (const auto& one : settable) all += (all.empty() ? "" : ", ") + one;
      const std::string meant = did_you_mean(nearest_names(key, settable));
      if (found == settings.entries_.end())
        return refuse("config.unknown_key", "there is no setting '" + shown(full) + "'", where(node),
                      meant.empty() ? "A table of " + table.kind + " may set: " + all + "." : meant);
      return refuse("config.not_of_table",
                    "'" + key + "' is one setting for all and cannot be set in [" + settings.tables_->section + "." +
                        table.name + "]",
                    where(node), "A table of " + table.kind + " may set: " + all + ".");
    }
    expects(found != settings.entries_.end(), "what a table may set is a setting");
    const auto value = from_toml(node, kind_of(found->second.field));
    if (const auto valid = check_value(full, value, found->second.field, found->second.info, where(node)); !valid)
      wrong.push_back(valid.error());
    else
      table.settings.push_back({key, value_text(*value), where(node)});
  }
};

Status Settings::load_toml(const std::filesystem::path& file, std::vector<Error>* others) {
  constexpr std::uint64_t kMaxConfigBytes = 1 << 20;
  const auto text = read_file(file, kMaxConfigBytes);
  if (!text) return forward_error(text);
  return load_toml_text(*text, file.string(), others);
}

Status Settings::load_toml_text(std::string_view text, const std::string& name, std::vector<Error>* others) {
  toml::table document;
  try {
    document = toml::parse(text, std::string_view(name));
  } catch (const toml::parse_error& error) {
    return setting_error("config.syntax", shown(error.description(), 200),
                         name + ":" + std::to_string(error.source().begin.line),
                         "Correct the line, or begin it with # to do without it.");
  }
  Reading reading{*this, name, {}, {}, {}};
  for (const auto& [section, node] : document) reading.read_section(std::string(section), node);
  if (!reading.wrong.empty()) return first_of(std::move(reading.wrong), others);
  for (const auto& change : reading.changes) change();
  if (tables_ && document.contains(tables_->section)) *tables_->tables = std::move(reading.tables);
  return {};
}

Error Settings::unknown_key(const std::string& key, const std::string& where) const {
  std::vector<std::string> known;
  for (const auto& [name, entry] : entries_) known.push_back(name);
  std::string meant = did_you_mean(nearest_names(key, known));
  if (meant.empty()) meant = "`clm config` lists the settings.";
  return Error{ErrorKind::usage, "config.unknown_key", "there is no setting '" + key + "'", where, meant};
}

Status Settings::load_environment(const std::map<std::string, std::string>& variables,
                                  const std::vector<std::string>& reserved, std::vector<Error>* others) {
  std::map<std::string, Entry*> by_variable;
  std::vector<std::string> names;
  for (auto& [key, entry] : entries_) {
    by_variable[environment_name(key)] = &entry;
    for (const auto& alias : entry.info.environment) by_variable[alias] = &entry;
  }
  for (const auto& [name, entry] : by_variable) names.push_back(name);
  std::vector<std::function<void()>> changes;
  std::vector<Error> wrong;
  for (const auto& [name, text] : variables) {
    const auto found = by_variable.find(name);
    if (found == by_variable.end()) {
      if (!name.starts_with("CLM_") || std::find(reserved.begin(), reserved.end(), name) != reserved.end()) continue;
      if (tables_ && name.starts_with(environment_name(tables_->section) + "_")) {
        wrong.push_back(setting_error("config.unknown_variable",
                                      "no variable sets what [" + tables_->section + ".NAME] holds: " + shown(name),
                                      "environment " + name, "Set it in clm.toml.")
                            .value());
        continue;
      }
      const std::string meant = did_you_mean(nearest_names(name, names));
      wrong.push_back(setting_error("config.unknown_variable", "there is no setting behind " + shown(name),
                                    "environment " + name,
                                    meant + (meant.empty() ? "" : " ") +
                                        "`clm config` lists the settings; the variable is CLM_SECTION_KEY.")
                          .value());
      continue;
    }
    const std::string where = "environment " + name;
    const auto value = from_text(text, kind_of(found->second->field));
    const auto valid = check_value(name, value, found->second->field, found->second->info, where);
    if (!valid) wrong.push_back(valid.error());
    if (valid)
      changes.emplace_back([entry = found->second, value = *value, where] {
        assign(entry->field, value);
        entry->origin = where;
      });
  }
  if (!wrong.empty()) return first_of(std::move(wrong), others);
  for (const auto& change : changes) change();
  return {};
}

std::vector<SettingInForce> Settings::in_force() const {
  std::vector<SettingInForce> all;
  for (const auto& [key, entry] : entries_)
    all.push_back(SettingInForce{key, value_text(value_of(entry.field)), entry.origin, entry.info});
  if (!tables_) return all;
  for (const NamedTable& table : *tables_->tables) {
    const std::string own = tables_->section + "." + table.name + ".";
    SettingInfo info;
    info.meaning = tables_->meaning;
    all.push_back({own + tables_->kind_key, quote(table.kind), table.origin, std::move(info)});
    for (const auto& setting : table.settings)
      all.push_back({own + setting.key, setting.value, setting.origin, entries_.at(setting.key).info});
  }
  return all;
}

std::string Settings::origin_of(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found != entries_.end()) return found->second.origin;
  if (!tables_) return {};
  for (const NamedTable& table : *tables_->tables) {
    const std::string own = tables_->section + "." + table.name;
    for (const auto& setting : table.settings)
      if (key == own + "." + setting.key) return setting.origin;
    if (key == own || key.starts_with(own + ".")) return table.origin;
  }
  return {};
}

std::string Settings::to_toml(const std::vector<std::string>& keys) const {
  std::vector<std::string> chosen = keys;
  if (chosen.empty())
    for (const auto& [key, entry] : entries_) chosen.push_back(key);
  std::string text, section;
  for (const auto& key : chosen) {
    const auto found = entries_.find(key);
    expects(found != entries_.end(), "a setting that is written was added");
    const Entry& entry = found->second;
    const auto dot = key.find('.');
    if (key.substr(0, dot) != section) {
      section = key.substr(0, dot);
      text += (text.empty() ? "[" : "\n[") + section + "]\n";
    }
    text += comment_of(entry.info, kind_of(entry.field) == Kind::list) + key.substr(dot + 1) + " = " +
            value_text(value_of(entry.field)) + "\n";
  }
  if (!keys.empty() || !tables_) return text;
  for (const NamedTable& table : *tables_->tables) {
    text += "\n[" + tables_->section + "." + table.name + "]\n" + tables_->kind_key + " = " + quote(table.kind) + "\n";
    for (const auto& setting : table.settings) text += setting.key + " = " + setting.value + "\n";
  }
  return text;
}

}  // namespace clm
