#pragma once
#include <string_view>
#include <variant>
#include <vector>

namespace clm {

/// What a training makes small. Every loss is a mean over windows (by weight) and steps.
enum class SequenceLoss {
  mse,
  mae,
  huber,    ///< squared below `huber_delta`, linear above (Huber 1964)
  quantile  ///< pinball loss of every quantile (Koenker & Bassett 1978), one path each
};

/// How the learning rate moves.
enum class LearningRateSchedule {
  constant,
  halvings,  ///< halved `halvings` times, evenly over the epochs (N-HiTS)
  type3,     ///< whole for 3 epochs, then times .9 every epoch (the ETTh scripts of PatchTST)
  one_cycle  ///< up from 1/25 over `warm_up_share` of the steps, down to 1e-4 of that, both cosines (Smith & Topin
             ///< 2019)
};

/// How a network is trained; the same for all types. First what decides the outcome, then what bounds the work.
struct FitOptions {
  SequenceLoss loss = SequenceLoss::mse;
  double huber_delta = 1.0;       ///< > 0, in units of the target
  std::vector<double> quantiles;  ///< of the quantile loss: ascending, each in (0, 1)
  int epochs = 20;                ///< passes over the training windows at most, 1..10000
  int batch_windows = 256;        ///< windows a step, 1..65536
  double learning_rate = 1e-3;    ///< Adam's (Kingma & Ba 2015), [1e-9, 1]
  double weight_decay = 0;        ///< decoupled (Loshchilov & Hutter 2019), >= 0
  LearningRateSchedule schedule = LearningRateSchedule::constant;
  int halvings = 3;                  ///< of `halvings`, 0..30
  double warm_up_share = 0.4;        ///< of `one_cycle`, in (0, 1)
  double clip_norm = 1.0;            ///< largest L2 norm of a gradient, > 0; infinity = no clipping
  int patience_epochs = 5;           ///< stop after so many without a better validation loss, >= 1
  double time_budget_seconds = 600;  ///< after which the best weights so far are kept, >= 1; infinity = none
  int checkpoint_every_steps = 200;  ///< >= 1; where a job names a checkpoint
};

/// NLinear (Zeng et al. 2023, AAAI): one linear map from the window less its last value to the path less it.
struct NLinearOptions {
  FitOptions fit;
};

/// The same map as the exact least-squares solution over all training windows. Deterministic and without a seed.
struct NLinearOlsOptions {
  double ridge =
      1e-6;  ///< added to the diagonal of the normal equations, in squared units of the inputs, [1e-12, 1e12]
};

/// DLinear (Zeng et al. 2023, AAAI): a moving average and what is left of the window, a linear map of each.
struct DLinearOptions {
  int moving_average = 25;  ///< bars, odd, 1..input length; ends are padded with the first and last value
  FitOptions fit;
};

/// N-HiTS (Challu et al. 2023, AAAI). One stack per entry of the three lists; deeper pooling and fewer knots let a
/// stack speak about slow movement only.
struct NHitsOptions {
  std::vector<int> pool_kernel = {2, 2, 1};      ///< bars pooled into one per stack, >= 1
  std::vector<int> freq_downsample = {4, 2, 1};  ///< steps per knot of the forecast per stack, >= 1
  std::vector<int> blocks = {1, 1, 1};           ///< blocks per stack, >= 1
  int hidden = 512;                              ///< width of the layers, 1..4096
  int hidden_layers = 2;                         ///< with ReLU, after a first one without, 0..16
  double dropout = 0;                            ///< after each ReLU, [0, .99]
  /// Every channel less its window's mean, over its deviation, and the path scaled back (as PatchTST does). The paper's
  /// own model does not; on series whose level moves, it forecasts better so.
  bool normalise_window = true;
  FitOptions fit;
};

/// PatchTST (Nie et al. 2023, ICLR), the supervised model. One patch is a token; covariates enter with their patch of
/// the same bars.
struct PatchTstOptions {
  static constexpr int kMaxLayers = 8;  ///< that the attention keeps records of

  int patch_length = 16;  ///< bars, 1..input length
  int stride = 8;         ///< bars from patch to patch, 1..patch_length
  int width = 16;         ///< of a token, a multiple of `heads`
  int heads = 4;
  int hidden = 128;              ///< of the feed-forward layers
  int layers = 3;                ///< 1..kMaxLayers; attention costs their square
  double dropout = 0.3;          ///< of embedding, projections and feed-forward layers, [0, .99]
  double attention_dropout = 0;  ///< of the attention weights, [0, .99]
  double head_dropout = 0;       ///< of the path, [0, .99]
  FitOptions fit;
};

using NetworkOptions = std::variant<NLinearOlsOptions, NLinearOptions, DLinearOptions, NHitsOptions, PatchTstOptions>;

/// "nlinear_ols", "nlinear", "dlinear", "nhits", "patchtst"
inline std::string_view network_type(const NetworkOptions& options) {
  constexpr std::string_view kNames[] = {"nlinear_ols", "nlinear", "dlinear", "nhits", "patchtst"};
  return kNames[options.index()];
}

}  // namespace clm
