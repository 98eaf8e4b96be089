#include "models/networks/network_json.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "models/networks/linear_networks.hpp"
#include "models/networks/nhits.hpp"
#include "models/networks/patchtst.hpp"
#include "models/sequence/network_fields.hpp"

namespace clm {
namespace {

static_assert(PatchTstOptions::kMaxLayers == static_cast<int>(AttentionHead::kMaxLayers));

constexpr double kInfinity = std::numeric_limits<double>::infinity();

tl::unexpected<Error> option_error(std::string message, std::string_view field) {
  return fail(ErrorKind::usage, "train.options", std::move(message), std::string(field),
              "Correct the model's settings.");
}

template <typename Value>
nlohmann::json written_value(const Value& value) {
  if constexpr (std::is_enum_v<Value>)
    return option_names<Value>()[static_cast<std::size_t>(value)];
  else if constexpr (std::is_same_v<Value, double>)
    return std::isinf(value) ? nlohmann::json() : nlohmann::json(value);
  else
    return value;
}

template <typename Value>
bool read_value(const nlohmann::json& written, Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    for (std::size_t i = 0; i < option_names<Value>().size(); ++i) {
      if (written != option_names<Value>()[i]) continue;
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
bool in_range(const Value& value, const OptionRange& range) {
  if constexpr (std::is_enum_v<Value>) {
    return static_cast<std::size_t>(value) < option_names<Value>().size();
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
  NetworkFields::all(options, [&](const OptionField& field, auto& value) {
    const std::string_view name = field.name;
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
  const auto write = [&](const OptionField& field, const auto& value) {
    written[std::string(field.name)] = written_value(value);
  };
  std::visit([&](const auto& each) { NetworkFields::all(each, write); }, options);
  return written;
}

nlohmann::json structure_json(const NetworkOptions& options) {
  nlohmann::json written = nlohmann::json::object();
  const auto write = [&](const OptionField& field, const auto& value) {
    written[std::string(field.name)] = written_value(value);
  };
  std::visit([&](const auto& each) { NetworkFields::structure(each, write); }, options);
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
  const auto check = [&](const OptionField& field, const auto& value) {
    if (status && !in_range(value, field.range)) status = option_error("the value is out of range", field.name);
  };
  std::visit([&](const auto& each) { NetworkFields::all(each, check); }, options);
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
