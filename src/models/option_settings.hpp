#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/settings.hpp"
#include "models/option_field.hpp"
#include "models/sequence/network_fields.hpp"

namespace clm {

/// A visitor of option fields that adds each one with a meaning as the setting "section.name". The settings point into
/// the options that are visited.
class OptionSettings {
 public:
  OptionSettings(Settings& settings, std::string section) : settings_(settings), section_(std::move(section)) {}

  template <typename Value>
  void operator()(const OptionField& field, Value& value) const {
    if (!field.is_setting()) return;
    const std::string key = section_ + '.' + std::string(field.name);
    SettingInfo info{std::string(field.unit), std::string(field.meaning), field.range.least, field.range.most, {}, {}};
    if constexpr (std::is_same_v<Value, SequenceLoss>) {
      info.choices = {"mse", "mae", "huber"};  // the quantiles of the fourth are no setting
      settings_.add(key, choice(value), std::move(info));
    } else if constexpr (requires { Settings::Field(&value); }) {
      settings_.add(key, &value, std::move(info));
    }
  }

 private:
  template <typename Enum>
  static Settings::Choice choice(Enum& value) {
    return {[&value] { return std::string(option_names<Enum>()[static_cast<std::size_t>(value)]); },
            [&value](const std::string& name) {
              for (std::size_t i = 0; i < option_names<Enum>().size(); ++i)
                if (option_names<Enum>()[i] == name) value = static_cast<Enum>(i);
            }};
  }

  Settings& settings_;
  std::string section_;
};

}  // namespace clm
