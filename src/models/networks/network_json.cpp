#include "models/networks/network_json.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "models/networks/linear_networks.hpp"
#include "models/networks/nhits.hpp"
#include "models/networks/patchtst.hpp"

namespace clm {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Closed range; `above` excludes the lower end, `below` the upper one.
struct Range {
  double least = 0, most = kInfinity;
  bool above = false, below = false;
  bool holds(double value) const {
    return (above ? value > least : value >= least) && (below ? value < most : value <= most);
  }
};
constexpr Range kShare{0, 1, false, true};

template <typename Fit, typename Visit>
void visit_fit(Fit& fit, Visit&& visit) {
  visit("loss", fit.loss, Range{});
  visit("huber_delta", fit.huber_delta, Range{0, 1e12, true});
  visit("quantiles", fit.quantiles, Range{0, 1, true, true});
  visit("epochs", fit.epochs, Range{1, 10000});
  visit("batch_windows", fit.batch_windows, Range{1, 65536});
  visit("learning_rate", fit.learning_rate, Range{0, 1, true});
  visit("weight_decay", fit.weight_decay, Range{0, 1});
  visit("schedule", fit.schedule, Range{});
  visit("halvings", fit.halvings, Range{0, 30});
  visit("warm_up_share", fit.warm_up_share, Range{0, 1, true, true});
  visit("clip_norm", fit.clip_norm, Range{0, kInfinity, true});
  visit("patience_epochs", fit.patience_epochs, Range{1, 10000});
  visit("time_budget_seconds", fit.time_budget_seconds, Range{0, kInfinity, true});
  visit("checkpoint_every_steps", fit.checkpoint_every_steps, Range{1, 1e9});
}

/// The fields of one options struct: what decides the structure, then the rest, then how it is trained.
struct Fields {
  template <typename Visit>
  static void structure(auto& options, Visit&& visit) {
    using Options = std::remove_cvref_t<decltype(options)>;
    if constexpr (std::is_same_v<Options, DLinearOptions>) {
      visit("moving_average", options.moving_average, Range{1, 100001});
    } else if constexpr (std::is_same_v<Options, NHitsOptions>) {
      visit("pool_kernel", options.pool_kernel, Range{1, 100000});
      visit("freq_downsample", options.freq_downsample, Range{1, 100000});
      visit("blocks", options.blocks, Range{1, 64});
      visit("hidden", options.hidden, Range{1, 4096});
      visit("hidden_layers", options.hidden_layers, Range{0, 16});
      visit("normalise_window", options.normalise_window, Range{});
    } else if constexpr (std::is_same_v<Options, PatchTstOptions>) {
      visit("patch_length", options.patch_length, Range{1, 4096});
      visit("stride", options.stride, Range{1, 4096});
      visit("width", options.width, Range{4, 4096});
      visit("heads", options.heads, Range{1, 256});
      visit("hidden", options.hidden, Range{1, 16384});
      visit("layers", options.layers, Range{1, AttentionHead::kMaxLayers});
    }
  }
  template <typename Visit>
  static void all(auto& options, Visit&& visit) {
    using Options = std::remove_cvref_t<decltype(options)>;
    structure(options, visit);
    if constexpr (std::is_same_v<Options, NLinearOlsOptions>) {
      visit("ridge", options.ridge, Range{0, 1e12, true});
    } else if constexpr (std::is_same_v<Options, NHitsOptions>) {
      visit("dropout", options.dropout, kShare);
    } else if constexpr (std::is_same_v<Options, PatchTstOptions>) {
      visit("dropout", options.dropout, kShare);
      visit("attention_dropout", options.attention_dropout, kShare);
      visit("head_dropout", options.head_dropout, kShare);
    }
    if constexpr (requires { options.fit; }) visit_fit(options.fit, visit);
  }
};

constexpr std::string_view kLosses[] = {"mse", "mae", "huber", "quantile"};
constexpr std::string_view kSchedules[] = {"constant", "halvings", "type3", "one_cycle"};

template <typename Enum>
constexpr std::span<const std::string_view> names_of() {
  if constexpr (std::is_same_v<Enum, SequenceLoss>)
    return kLosses;
  else
    return kSchedules;
}

tl::unexpected<Error> option_error(std::string message, std::string_view field) {
  return fail(ErrorKind::usage, "train.options", std::move(message), std::string(field),
              "Correct the model's settings.");
}

template <typename Value>
nlohmann::json written_value(const Value& value) {
  if constexpr (std::is_enum_v<Value>)
    return names_of<Value>()[static_cast<std::size_t>(value)];
  else if constexpr (std::is_same_v<Value, double>)
    return std::isinf(value) ? nlohmann::json() : nlohmann::json(value);
  else
    return value;
}

template <typename Value>
bool read_value(const nlohmann::json& written, Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    for (std::size_t i = 0; i < names_of<Value>().size(); ++i) {
      if (written != names_of<Value>()[i]) continue;
      value = static_cast<Value>(i);
      return true;
    }
    return false;
  } else if constexpr (std::is_same_v<Value, double>) {
    if (!written.is_null() && !written.is_number()) return false;
    value = written.is_null() ? kInfinity : written.get<double>();
    return true;
  } else if constexpr (std::is_same_v<Value, bool>) {
    if (!written.is_boolean()) return false;
    value = written.get<bool>();
    return true;
  } else if constexpr (std::is_same_v<Value, int>) {
    if (!written.is_number_integer() || std::abs(written.get<double>()) > 2e9) return false;
    value = written.get<int>();
    return true;
  } else {
    if (!written.is_array() || written.size() > 64) return false;
    value.clear();
    for (const auto& entry : written) {
      typename Value::value_type element{};
      if (!read_value(entry, element)) return false;
      value.push_back(element);
    }
    return true;
  }
}

template <typename Value>
bool in_range(const Value& value, const Range& range) {
  if constexpr (std::is_enum_v<Value>) {
    return static_cast<std::size_t>(value) < names_of<Value>().size();
  } else if constexpr (std::is_arithmetic_v<Value>) {
    return range.holds(static_cast<double>(value));
  } else {
    for (const auto element : value)
      if (!range.holds(static_cast<double>(element))) return false;
    return true;
  }
}

template <typename Options>
Result<NetworkOptions> read_options(const nlohmann::json& written) {
  if (!written.is_object()) return option_error("parameters are not a table", "parameters");
  Options options;
  Status status;
  std::set<std::string, std::less<>> known;
  Fields::all(options, [&](std::string_view name, auto& value, const Range&) {
    known.emplace(name);
    const auto found = written.find(std::string(name));
    if (status && found != written.end() && !read_value(*found, value)) status = option_error("has a wrong type", name);
  });
  for (const auto& [name, value] : written.items())
    if (status && !known.contains(name)) status = option_error("is not a setting of this model", name);
  if (!status) return forward_error(status);
  NetworkOptions result(std::move(options));
  if (Status checked = check_network_options(result); !checked) return forward_error(checked);
  return result;
}

/// Paths a network draws for each window.
std::size_t paths_of(const NetworkOptions& options) {
  const FitOptions* fit = fit_options(options);
  return fit != nullptr && fit->loss == SequenceLoss::quantile ? fit->quantiles.size() : 1;
}

Status check_fit(const FitOptions& fit) {
  if ((fit.loss == SequenceLoss::quantile) == fit.quantiles.empty())
    return option_error("the quantile loss needs quantiles, and only that loss has them", "quantiles");
  for (std::size_t i = 1; i < fit.quantiles.size(); ++i)
    if (fit.quantiles[i] <= fit.quantiles[i - 1]) return option_error("are not ascending", "quantiles");
  return {};
}

}  // namespace

const FitOptions* fit_options(const NetworkOptions& options) {
  return std::visit(
      [](const auto& each) -> const FitOptions* {
        if constexpr (requires { each.fit; })
          return &each.fit;
        else
          return nullptr;
      },
      options);
}

nlohmann::json options_json(const NetworkOptions& options) {
  nlohmann::json written = nlohmann::json::object();
  const auto write = [&](std::string_view name, const auto& value, const Range&) {
    written[std::string(name)] = written_value(value);
  };
  std::visit([&](const auto& each) { Fields::all(each, write); }, options);
  return written;
}

nlohmann::json structure_json(const NetworkOptions& options) {
  nlohmann::json written = nlohmann::json::object();
  const auto write = [&](std::string_view name, const auto& value, const Range&) {
    written[std::string(name)] = written_value(value);
  };
  std::visit([&](const auto& each) { Fields::structure(each, write); }, options);
  written["paths"] = paths_of(options);
  return written;
}

Result<NetworkOptions> options_of(std::string_view type, const nlohmann::json& written) {
  if (type == "nlinear_ols") return read_options<NLinearOlsOptions>(written);
  if (type == "nlinear") return read_options<NLinearOptions>(written);
  if (type == "dlinear") return read_options<DLinearOptions>(written);
  if (type == "nhits") return read_options<NHitsOptions>(written);
  if (type == "patchtst") return read_options<PatchTstOptions>(written);
  return fail(ErrorKind::usage, "model.type", "'" + std::string(type) + "' is not a network", {},
              "Networks are nlinear_ols, nlinear, dlinear, nhits and patchtst.");
}

Status check_network_options(const NetworkOptions& options) {
  Status status;
  const auto check = [&](std::string_view name, const auto& value, const Range& range) {
    if (status && !in_range(value, range)) status = option_error("the value is out of range", name);
  };
  std::visit([&](const auto& each) { Fields::all(each, check); }, options);
  if (!status) return status;
  if (const FitOptions* fit = fit_options(options); fit != nullptr)
    if (Status checked = check_fit(*fit); !checked) return checked;
  if (const auto* dlinear = std::get_if<DLinearOptions>(&options);
      dlinear != nullptr && dlinear->moving_average % 2 == 0)
    return option_error("is even: an average has a middle", "moving_average");
  if (const auto* nhits = std::get_if<NHitsOptions>(&options); nhits != nullptr) {
    const std::size_t stacks = nhits->blocks.size();
    if (stacks == 0 || stacks > 16 || nhits->pool_kernel.size() != stacks || nhits->freq_downsample.size() != stacks)
      return option_error("pool_kernel, freq_downsample and blocks have one entry per stack, 1 to 16", "blocks");
  }
  if (const auto* patch = std::get_if<PatchTstOptions>(&options); patch != nullptr) {
    if (patch->stride > patch->patch_length) return option_error("leaves bars between patches", "stride");
    if (patch->width % patch->heads != 0 || patch->width / patch->heads % 4 != 0 ||
        patch->width / patch->heads > static_cast<int>(AttentionHead::kMaxWidth))
      return option_error("width / heads is a multiple of 4, at most 256", "width");
  }
  return {};
}

Result<std::unique_ptr<Network>> make_network(const Kernels& kernels, const NetworkOptions& options,
                                              const WindowShape& shape) {
  const auto bad = [](std::string what) {
    return fail(ErrorKind::usage, "train.shape", std::move(what), {}, "Give longer windows, or another network.");
  };
  if (shape.channels == 0 || shape.input_length == 0 || shape.horizon == 0 || shape.channels > 4096 ||
      shape.input_length > 100000 || shape.horizon > 100000)
    return bad("a window has 1 to 4096 channels and 1 to 100000 bars before and after its end");
  const std::size_t paths = paths_of(options);
  if (std::holds_alternative<NLinearOlsOptions>(options) || std::holds_alternative<NLinearOptions>(options))
    return make_nlinear(kernels, shape, paths);
  if (const auto* dlinear = std::get_if<DLinearOptions>(&options); dlinear != nullptr) {
    const auto span = static_cast<std::size_t>(dlinear->moving_average);
    if (span > shape.input_length) return bad("the moving average is longer than the window");
    return make_dlinear(kernels, shape, paths, span);
  }
  if (const auto* nhits = std::get_if<NHitsOptions>(&options); nhits != nullptr)
    return make_nhits(kernels, shape, paths, *nhits);
  const auto& patch = std::get<PatchTstOptions>(options);
  if (static_cast<std::size_t>(patch.patch_length) > shape.input_length)
    return bad("a patch is longer than the window");
  const std::size_t patches =
      (shape.input_length - static_cast<std::size_t>(patch.patch_length)) / static_cast<std::size_t>(patch.stride) + 2;
  if (patches > AttentionHead::kMaxTokens) return bad("the window has more than 1024 patches");
  return make_patchtst(kernels, shape, paths, patch);
}

}  // namespace clm
