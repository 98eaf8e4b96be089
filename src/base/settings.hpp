#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// What the manual says of a setting. `minimum`/`maximum` are inclusive and apply to numbers.
struct SettingInfo {
  std::string unit;  ///< "bps", "hours", "rows"; empty for a pure number or text
  std::string meaning;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices;      ///< a text, or each text of a list, is one of these; empty = any
  std::vector<std::string> environment;  ///< further variables that set it, such as the original's QT_CLM_* names
};

/// One setting in force and where its value came from: "default", the file with its line, or the variable.
struct SettingInForce {
  std::string key;
  std::string value;
  std::string origin;
  SettingInfo info;
};

/// A table [section.NAME] of a file: a thing of some kind, and the settings that are other ones for it than for the
/// rest of the program.
struct NamedTable {
  struct Setting {
    std::string key;    ///< "training.window_days"
    std::string value;  ///< as TOML
    std::string origin;
  };
  std::string name, kind, origin;
  std::vector<Setting> settings;  ///< ascending by key, each once
};

/// That a file may hold such tables. They are read from files alone: no variable of the environment sets one.
struct NamedTables {
  std::string section;   ///< "recipes"
  std::string kind_key;  ///< each table has this text: "model_type"
  std::string meaning;   ///< of it
  /// The settings that a table of a kind may have; empty: there is no such kind, which is for the owner to refuse.
  std::function<std::vector<std::string>(const std::string& kind)> settable;
  std::vector<NamedTable>* tables = nullptr;  ///< those of the last file that has some, ascending by name
};

/// The settings of the program: a table from "section.key" to the field of the options struct that owns the default.
/// Modules describe their options with `add`; nothing else knows a default. Not thread-safe; fields must outlive it.
class Settings {
 public:
  /// One of a few named values: reads as a text; `write` is only called with one of `SettingInfo::choices`.
  struct Choice {
    std::function<std::string()> read;
    std::function<void(const std::string&)> write;
  };
  using Field =
      std::variant<bool*, int*, std::int64_t*, std::size_t*, double*, std::string*, std::vector<std::string>*, Choice>;

  /// `key` is "section.name" in snake_case. Adding a key twice breaks the contract.
  void add(std::string key, Field field, SettingInfo info);
  /// Once at most.
  void add_tables(NamedTables tables);

  /// Errors (usage, nothing is changed): `config.syntax`, `config.unknown_key` (names the nearest known ones),
  /// `config.type`, `config.range`; of a table also `config.no_kind` and `config.not_of_table` (names what it may set);
  /// each with file and line. The whole file is looked at: the result is the first error, and `others`, if it is given,
  /// takes the rest.
  Status load_toml(const std::filesystem::path& file, std::vector<Error>* others = nullptr);
  Status load_toml_text(std::string_view text, const std::string& name, std::vector<Error>* others = nullptr);
  /// CLM_SECTION_KEY, and the aliases named by the settings. An unknown CLM_ variable is an error
  /// `config.unknown_variable`; variables in `reserved` (CLM_TESTDATA) are left alone. Likewise all or nothing.
  Status load_environment(const std::map<std::string, std::string>& variables,
                          const std::vector<std::string>& reserved = {}, std::vector<Error>* others = nullptr);

  /// Those of tables at the end, as "section.name.setting".
  std::vector<SettingInForce> in_force() const;
  /// Where the value in force of a setting comes from, or a table ("section.name"); empty for an unknown one.
  std::string origin_of(const std::string& key) const;
  /// A commented TOML document with these settings at their present values, in the order given, those of a section
  /// together; without any, with every setting and all tables. An unknown key breaks the contract.
  std::string to_toml(const std::vector<std::string>& keys = {}) const;

 private:
  struct Entry {
    Field field;
    SettingInfo info;
    std::string origin = "default";
  };
  /// What was read of a file, to be put in force if all of it is right.
  struct Reading;
  Error unknown_key(const std::string& key, const std::string& where) const;
  std::map<std::string, Entry> entries_;
  std::optional<NamedTables> tables_;
};

}  // namespace clm
