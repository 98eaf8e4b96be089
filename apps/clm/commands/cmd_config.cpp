#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/nearest_name.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "learning/options/option_checks.hpp"
#include "workspace/configuration.hpp"

namespace clm::app {
namespace {

constexpr const char* kConfigWords = R"(Recipes by name
  [recipes.NAME] in clm.toml is one more recipe beside those of
  training.models, of a model_type and with settings that it has otherwise:

    [recipes.yearly]
    model_type = "lightgbm"
    training.window_days = 365
    lightgbm.rounds = 400

  It is trained, judged, refreshed, recorded and served by itself, as
  lightgbm/yearly. It may set what decides how its versions are made: its
  model type's own section, features.set, training.window_days, max_fit_rows,
  embargo_bars, validation_share, label.target (but not between plain and the
  others), rank_weight, entry_delay_bars, clip, lineup.fits. All else is one
  setting for all recipes, what is forecast (label.horizon_bars,
  volatility_bars) above all. No variable of the environment sets any of it.)";

struct ConfigFlags {
  std::vector<std::string> settings;
  bool changed = false;
  bool all = false;
};

/// A setting that was asked for: by its name, or by that of its section.
bool is_asked(const std::string& key, const std::vector<std::string>& asked) {
  for (const std::string& name : asked)
    if (key == name || key.starts_with(name + ".")) return true;
  return asked.empty();
}

Status check_asked(const std::vector<std::string>& asked, const std::vector<SettingInForce>& settings) {
  for (const std::string& name : asked) {
    bool known = false;
    std::vector<std::string> names;
    for (const SettingInForce& setting : settings) {
      known = known || is_asked(setting.key, {name});
      names.push_back(setting.key);
    }
    if (known) continue;
    const std::string meant = did_you_mean(nearest_names(name, names));
    return fail(ErrorKind::usage, "config.unknown_key", "there is no setting or section '" + name + "'", name,
                meant.empty() ? "`clm config` lists the settings." : meant);
  }
  return {};
}

/// What a setting is where nobody sets it: its default; of one recipe by name ("recipes.yearly.training.window_days")
/// that of the workspace.
std::string value_without(const std::string& key, const std::map<std::string, std::string>& usual,
                          const std::map<std::string, std::string>& in_force) {
  if (const auto known = usual.find(key); known != usual.end()) return known->second;
  const std::size_t of_all = key.find('.', key.find('.') + 1) + 1;
  const auto shared = in_force.find(key.substr(of_all));
  return shared == in_force.end() ? std::string() : shared->second;
}

Result<int> run_config(Program& program, const ConfigFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  for (const std::string& doubt : doubtful_options((*workspace)->learning())) program.warn(doubt);
  const Settings& settings = (*workspace)->configuration().settings;
  if (flags.all) {
    const std::string text = settings.to_toml();
    program.print({{"toml", text}}, text);
    return 0;
  }
  const auto in_force = settings.in_force();
  if (auto asked = check_asked(flags.settings, in_force); !asked) return forward_error(asked);
  const Configuration defaults;
  std::map<std::string, std::string> usual, values;
  for (const SettingInForce& setting : defaults.settings.in_force()) usual[setting.key] = setting.value;
  for (const SettingInForce& setting : in_force) values[setting.key] = setting.value;
  auto list = nlohmann::json::array();
  TextTable table({"setting", "value", "default", "unit", "from"});
  for (const SettingInForce& s : in_force) {
    const std::string without = value_without(s.key, usual, values);
    const bool changed = s.value != without;
    if (!is_asked(s.key, flags.settings) || (flags.changed && !changed)) continue;
    list.push_back({{"key", s.key},
                    {"value", s.value},
                    {"default", without},
                    {"changed", changed},
                    {"unit", s.info.unit},
                    {"origin", s.origin},
                    {"meaning", s.info.meaning}});
    table.add({s.key, s.value, changed ? without : "", s.info.unit, s.origin});
  }
  program.print({{"settings", list}},
                table.empty() ? "Every setting has its default.\n" : table.render(program.columns()));
  return 0;
}

}  // namespace

void add_config(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<ConfigFlags>();
  auto* command = app.add_subcommand("config", "The settings in force and where each came from");
  command->footer(kConfigWords);
  command->add_option("settings", flags->settings, "Only these, or those of these sections")->type_name("SETTING");
  auto* changed = command->add_flag("--changed", flags->changed, "Only what differs from the defaults");
  command
      ->add_flag("--all", flags->all, "All settings in force as TOML, each with its unit and meaning: a whole clm.toml")
      ->excludes(changed);
  commands.push_back({command, [flags](Program& program) { return run_config(program, *flags); }});
}

}  // namespace clm::app
