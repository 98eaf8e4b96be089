#pragma once
#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "models/option_field.hpp"
#include "models/sequence/network_options.hpp"

namespace clm {

/// How the values of an enum among the options are written, in its order.
template <typename Enum>
constexpr std::span<const std::string_view> option_names();
inline constexpr std::array<std::string_view, 4> kSequenceLossNames{"mse", "mae", "huber", "quantile"};
inline constexpr std::array<std::string_view, 4> kScheduleNames{"constant", "halvings", "type3", "one_cycle"};
template <>
constexpr std::span<const std::string_view> option_names<SequenceLoss>() {
  return kSequenceLossNames;
}
template <>
constexpr std::span<const std::string_view> option_names<LearningRateSchedule>() {
  return kScheduleNames;
}

/// The fields of every network's options, once: the networks write, read and check them by this list, the settings are
/// made from it. `structure` visits what decides which tensors there are, `all` that, then the rest, then how the
/// network is trained.
class NetworkFields {
 public:
  template <typename Options, typename Visit>
  static void structure(Options& options, Visit&& visit) {
    using Type = std::remove_const_t<Options>;
    if constexpr (std::is_same_v<Type, DLinearOptions>) {
      visit(OptionField{"moving_average", {1, 100'001}, "bars", "Of the trend; odd."}, options.moving_average);
    } else if constexpr (std::is_same_v<Type, NHitsOptions>) {
      visit(OptionField{"pool_kernel", {1, 100'000}}, options.pool_kernel);
      visit(OptionField{"freq_downsample", {1, 100'000}}, options.freq_downsample);
      visit(OptionField{"blocks", {1, 64}}, options.blocks);
      visit(OptionField{"hidden", {1, 4'096}, "units", "Width of the layers."}, options.hidden);
      visit(OptionField{"hidden_layers", {0, 16}, "layers", "With ReLU, per block."}, options.hidden_layers);
      visit(OptionField{"normalise_window"}, options.normalise_window);
    } else if constexpr (std::is_same_v<Type, PatchTstOptions>) {
      visit(OptionField{"patch_length", {1, 4'096}, "bars", "Of a patch."}, options.patch_length);
      visit(OptionField{"stride", {1, 4'096}, "bars", "From patch to patch."}, options.stride);
      visit(OptionField{"width", {4, 4'096}, "units", "Of a token; 4 times the heads or more."}, options.width);
      visit(OptionField{"heads", {1, 256}, "heads", "Of the attention."}, options.heads);
      visit(OptionField{"hidden", {1, 16'384}, "units", "Of the feed-forward layers."}, options.hidden);
      visit(OptionField{"layers", {1, PatchTstOptions::kMaxLayers}, "layers", "Of the encoder."}, options.layers);
    }
  }

  template <typename Options, typename Visit>
  static void all(Options& options, Visit&& visit) {
    using Type = std::remove_const_t<Options>;
    constexpr OptionRange kShare{0, 0.99};
    structure(options, visit);
    if constexpr (std::is_same_v<Type, NLinearOlsOptions>) {
      visit(OptionField{"ridge", {1e-12, 1e12}, "squared units", "L2 penalty of the least-squares map."},
            options.ridge);
    } else if constexpr (std::is_same_v<Type, NHitsOptions>) {
      visit(OptionField{"dropout", kShare, "", "After each ReLU."}, options.dropout);
    } else if constexpr (std::is_same_v<Type, PatchTstOptions>) {
      visit(OptionField{"dropout", kShare, "", "Of tokens and layers."}, options.dropout);
      visit(OptionField{"attention_dropout", kShare}, options.attention_dropout);
      visit(OptionField{"head_dropout", kShare}, options.head_dropout);
    }
    if constexpr (requires { options.fit; }) fit(options.fit, visit);
  }

 private:
  template <typename Fit, typename Visit>
  static void fit(Fit& fit, Visit&& visit) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    visit(OptionField{"loss", {}, "", "What training makes small."}, fit.loss);
    visit(OptionField{"huber_delta", {0, 1e12, true}}, fit.huber_delta);
    visit(OptionField{"quantiles", {0, 1, true, true}}, fit.quantiles);
    visit(OptionField{"epochs", {1, 10'000}, "epochs", "Passes over the training rows at most."}, fit.epochs);
    visit(OptionField{"batch_windows", {1, 65'536}, "rows", "Of a step."}, fit.batch_windows);
    visit(OptionField{"learning_rate", {1e-9, 1}, "", "Of Adam."}, fit.learning_rate);
    visit(OptionField{"weight_decay", {0, 1}, "", "Decoupled from the gradient."}, fit.weight_decay);
    visit(OptionField{"schedule"}, fit.schedule);
    visit(OptionField{"halvings", {0, 30}}, fit.halvings);
    visit(OptionField{"warm_up_share", {0, 1, true, true}}, fit.warm_up_share);
    visit(OptionField{"clip_norm", {0, kInfinity, true}}, fit.clip_norm);
    visit(OptionField{"patience_epochs", {1, 10'000}, "epochs", "Stop after so many without a better validation loss."},
          fit.patience_epochs);
    visit(OptionField{"time_budget_seconds",
                      {1, kInfinity},
                      "seconds",
                      "After which the best weights so far are kept; the bits depend on the machine then."},
          fit.time_budget_seconds);
    visit(
        OptionField{
            "checkpoint_every_steps", {1, 1e9}, "steps", "How often a training leaves its state for a next run."},
        fit.checkpoint_every_steps);
  }
};

}  // namespace clm
