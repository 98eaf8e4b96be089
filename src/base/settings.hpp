#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
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

  /// Errors (usage, nothing is changed): `config.syntax`, `config.unknown_key` (names the nearest known ones),
  /// `config.type`, `config.range`; each with file and line. The whole file is looked at: the result is the first
  /// error, and `others`, if it is given, takes the rest.
  Status load_toml(const std::filesystem::path& file, std::vector<Error>* others = nullptr);
  Status load_toml_text(std::string_view text, const std::string& name, std::vector<Error>* others = nullptr);
  /// CLM_SECTION_KEY, and the aliases named by the settings. An unknown CLM_ variable is an error
  /// `config.unknown_variable`; variables in `reserved` (CLM_TESTDATA) are left alone. Likewise all or nothing.
  Status load_environment(const std::map<std::string, std::string>& variables,
                          const std::vector<std::string>& reserved = {}, std::vector<Error>* others = nullptr);

  std::vector<SettingInForce> in_force() const;
  /// Where the value in force of a setting comes from, empty for an unknown one.
  std::string origin_of(const std::string& key) const;
  /// A commented TOML document with these settings at their present values, in the order given, those of a section
  /// together; without any, with every setting. An unknown key breaks the contract.
  std::string to_toml(const std::vector<std::string>& keys = {}) const;

 private:
  struct Entry {
    Field field;
    SettingInfo info;
    std::string origin = "default";
  };
  Error unknown_key(const std::string& key, const std::string& where) const;
  std::map<std::string, Entry> entries_;
};

}  // namespace clm
