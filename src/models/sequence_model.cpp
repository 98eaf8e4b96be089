#include "models/sequence_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/hash.hpp"
#include "models/model_file.hpp"
#include "models/option_fields.hpp"
#include "models/sequence/network_library.hpp"
#include "models/training_rows.hpp"
#include "models/window_channels.hpp"

namespace clm {
namespace {

constexpr std::string_view kWeightsFile = "network.safetensors";
constexpr std::size_t kWindowsOfABatch = 256;
constexpr std::size_t kCheckpointNameDigits = 24;
constexpr const char* kStopAfterSteps = "stop_after_steps";

/// What of a training decides nothing but is worth knowing later; the same for the same bits.
nlohmann::json training_json(const TrainingReport& report) {
  return {{"ended_by", to_string(report.ended_by)},
          {"steps", report.steps},
          {"epochs", report.epochs},
          {"best_epoch", report.best_epoch},
          {"training_loss", report.training_loss},
          {"validation_loss", report.validation_loss}};
}

/// After how many steps a time budget ended the training, if one did.
std::optional<std::size_t> steps_in_time(const nlohmann::json& training) {
  if (training.at("ended_by").get<std::string>() != to_string(TrainingEnd::time_budget)) return std::nullopt;
  return training.at("steps").get<std::size_t>();
}

std::vector<std::string> notes_of(const nlohmann::json& training) {
  const auto steps = steps_in_time(training);
  if (!steps) return {};
  const auto epochs = std::to_string(training.at("epochs").get<std::size_t>());
  const auto best = training.at("best_epoch").get<std::size_t>();
  return {"its time budget ended the training after " + std::to_string(*steps) + " steps (" + epochs +
          " whole epochs), which depends on the speed of the machine; kept are " +
          (best == 0 ? std::string("its last weights") : "the best weights so far, of epoch " + std::to_string(best))};
}

/// The windows of one channel in another order; everything else stays in its place.
void deal_out(WindowBatch& batch, const WindowShape& shape, std::size_t channel, Random& random) {
  const auto begin_of = [&](std::size_t window) {
    return batch.inputs.begin() +
           static_cast<std::ptrdiff_t>(window * shape.input_size() + channel * shape.input_length);
  };
  for (std::size_t left = batch.windows; left > 1; --left) {
    const std::size_t other = random.below(left);
    if (other == left - 1) continue;
    const auto own = begin_of(left - 1);
    std::swap_ranges(own, own + static_cast<std::ptrdiff_t>(shape.input_length), begin_of(other));
  }
}

/// A restored or just trained network with what it needs to meet rows.
struct SequenceParts {
  ModelHeader header;
  MarketWindowLayout layout;
  nlohmann::json training;
  std::unique_ptr<SequenceForecaster> network;
  std::string device;
};

class SequenceModel final : public Model {
 public:
  explicit SequenceModel(SequenceParts parts) : parts_(std::move(parts)), notes_(notes_of(parts_.training)) {
    const auto& quantiles = parts_.network->quantiles();
    const auto nearer = [](double a, double b) { return std::abs(a - 0.5) < std::abs(b - 0.5); };
    if (!quantiles.empty())
      path_ =
          static_cast<std::size_t>(std::min_element(quantiles.begin(), quantiles.end(), nearer) - quantiles.begin());
  }

  std::string_view type() const override { return parts_.network->type(); }
  const std::string& feature_hash() const override { return parts_.header.feature_hash; }
  /// A window, and the bar before it that its first return begins at.
  std::size_t history_bars() const override { return static_cast<std::size_t>(parts_.layout.options.input_bars) + 1; }
  std::vector<std::string> notes() const override { return notes_; }
  std::map<std::string, std::string> libraries() const override { return {{"networks", parts_.device}}; }
  const nlohmann::json& training() const { return parts_.training; }
  const MarketWindowLayout& layout() const { return parts_.layout; }
  const SequenceForecaster& network() const { return *parts_.network; }

  Status predict(const RowSet& rows, std::span<float> out) const override {
    expects(out.size() == rows.size(), "one forecast per row");
    if (Status same = check_feature_hash(feature_hash(), rows); !same) return same;
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
    if (rows.size() == 0) return {};
    const MarketWindows windows(rows, parts_.layout, MarketWindows::Targets::none);
    std::vector<float> paths;
    return for_each_batch(windows, kWindowsOfABatch, [&](std::size_t first, const WindowBatch& batch) {
      return forecast_batch(windows, first, batch, paths, out);
    });
  }

  /// See `predict_dealt_out`. A time's windows are one batch.
  Status predict_dealt_out(const RowSet& rows, std::size_t channel, Random random, std::span<float> out) const {
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
    if (rows.size() == 0) return {};
    const MarketWindows windows(rows, parts_.layout, MarketWindows::Targets::none);
    const auto decided_at = [&](std::size_t window) {
      return rows.data->decided_at_ms[rows.rows[windows.place_of(window)]];
    };
    WindowBatch batch;
    std::vector<std::uint32_t> numbers;
    std::vector<float> paths;
    for (std::size_t first = 0; first < windows.size(); first += numbers.size()) {
      numbers.clear();
      for (std::size_t i = first; i < windows.size() && decided_at(i) == decided_at(first); ++i)
        numbers.push_back(static_cast<std::uint32_t>(i));
      windows.read(numbers, batch);
      deal_out(batch, windows.shape(), channel, random);
      if (Status done = forecast_batch(windows, first, batch, paths, out); !done) return done;
    }
    return {};
  }

  Status save(const std::filesystem::path& directory) const override {
    return write_model(directory, parts_.header,
                       {{"windows", to_json(parts_.layout)},
                        {"network", parts_.network->configuration()},
                        {"training", parts_.training}},
                       kWeightsFile, parts_.network->weights());
  }

 private:
  /// Puts the forecasts of the windows from `first` on into the places of their rows.
  Status forecast_batch(const MarketWindows& windows, std::size_t first, const WindowBatch& batch,
                        std::vector<float>& paths, std::span<float> out) const {
    const std::size_t horizon = windows.shape().horizon, count = parts_.network->paths();
    paths.resize(batch.windows * count * horizon);
    if (Status done = parts_.network->forecast(batch.inputs, batch.windows, paths); !done) return done;
    for (std::size_t i = 0; i < batch.windows; ++i)
      out[windows.place_of(first + i)] = paths[(i * count + path_) * horizon + horizon - 1];
    return {};
  }

  SequenceParts parts_;
  std::vector<std::string> notes_;
  std::size_t path_ = 0;
};

template <typename Values>
void add_values(Sha256& hash, const Values& values) {
  hash.update_values(std::span<const typename Values::value_type>(values));
}

/// Everything that decides the bits of a training, as a name.
std::string name_of(const nlohmann::json& parameters, const MarketWindowLayout& layout, const TrainingJob& job,
                    const SequenceForecaster* parent) {
  const Dataset& data = *job.training.data;
  Sha256 hash;
  hash.update(nlohmann::json{
      {"parameters", parameters},
      {"windows", to_json(layout)},
      {"label", to_json(data.definition)},
      {"interval", data.frame->interval.name()},
      {"parent", parent != nullptr ? sha256_hex(parent->weights()) : ""},
      {"seed",
       job.seed}}.dump());
  if (data.frame->bars != nullptr) {
    const BarHistory& bars = *data.frame->bars;
    hash.update(std::to_string(bars.symbols()));
    add_values(hash, bars.open_time_ms);
    add_values(hash, bars.log_close);
    add_values(hash, bars.log_volume);
  }
  for (const RowSet* rows : {&job.training, &job.validation}) {
    hash.update(std::to_string(rows->size()));
    add_values(hash, rows->rows);
  }
  add_values(hash, data.frame_row);
  add_values(hash, data.label);
  add_values(hash, data.weight);
  return hash.hex_digest().substr(0, kCheckpointNameDigits);
}

/// How a market's network is trained, beside the options of the network itself.
struct MarketTraining {
  MarketWindowOptions windows;
  std::optional<std::size_t> stop_after_steps;  ///< of a training that is made again
};

class MarketSequenceTrainer final : public Trainer {
 public:
  MarketSequenceTrainer(const MarketTraining& how, std::unique_ptr<SequenceTrainer> network)
      : how_(how), network_(std::move(network)) {}

  std::string_view type() const override { return network_->type(); }
  nlohmann::json parameters() const override {
    nlohmann::json all{{"windows", options_to_json(how_.windows)}, {"network", network_->parameters()}};
    if (how_.stop_after_steps) all[kStopAfterSteps] = *how_.stop_after_steps;
    return all;
  }
  nlohmann::json parameters_of(const Model& model) const override {
    nlohmann::json all = parameters();
    const auto* own = dynamic_cast<const SequenceModel*>(&model);
    expects(own != nullptr, "a model of this trainer's type");
    if (const auto steps = steps_in_time(own->training())) all[kStopAfterSteps] = *steps;
    return all;
  }
  std::size_t progress_steps() const override { return network_->progress_steps(); }
  /// Those that are trained in epochs keep the weights of the one with the lowest validation loss.
  bool stops_early() const override { return type() != "nlinear_ols"; }

  Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& context) const override {
    if (Status ready = check_job(job); !ready) return forward_error(ready);
    if (Status going = context.cancel.check(); !going) return forward_error(going);
    for (const RowSet* rows : {&job.training, &job.validation})
      if (const auto targets = gather_targets(*rows); !targets) return forward_error(targets);
    const FeatureFrame& frame = *job.training.data->frame;
    const MarketWindowLayout layout = layout_for(job.training.data->definition);
    const MarketWindows training(job.training, layout, MarketWindows::Targets::labels);
    const MarketWindows validation(job.validation, layout, MarketWindows::Targets::labels);
    if (parent_ != nullptr && to_json(parent_->layout()) != to_json(layout))
      return fail(ErrorKind::usage, "train.warm_start", "the model to begin with reads other windows", {},
                  "Begin without it.");
    const SequenceForecaster* parent = parent_ != nullptr ? &parent_->network() : nullptr;
    SequenceJob fit{training, validation, job.seed, {}, parent, how_.stop_after_steps};
    if (!job.checkpoint_directory.empty())
      fit.checkpoint =
          job.checkpoint_directory / (std::string(type()) + "-" + name_of(parameters(), layout, job, parent));
    auto trained = network_->fit(fit, context);
    if (!trained) return forward_error(trained);
    return std::make_unique<SequenceModel>(SequenceParts{{std::string(type()), frame.set_hash, frame.names},
                                                         layout,
                                                         training_json(trained->report),
                                                         std::move(trained->forecaster),
                                                         trained->report.device});
  }

  void begin_with(std::shared_ptr<const SequenceModel> parent) { parent_ = std::move(parent); }

 private:
  MarketWindowLayout layout_for(const LabelOptions& label) const {
    return {how_.windows, label.target == LabelTarget::plain ? PriceReference::own : PriceReference::universe,
            type() == "patchtst" ? PriceOrigin::window_mean : PriceOrigin::last_close, label.horizon_bars};
  }

  MarketTraining how_;
  std::unique_ptr<SequenceTrainer> network_;
  std::shared_ptr<const SequenceModel> parent_;  ///< null: weights are drawn
};

Result<std::unique_ptr<Trainer>> assembled(const MarketTraining& how,
                                           Result<std::unique_ptr<SequenceTrainer>> network) {
  if (!network) return forward_error(network);
  if (Status valid = check_options(how.windows); !valid) return forward_error(valid);
  return std::make_unique<MarketSequenceTrainer>(how, *std::move(network));
}

}  // namespace

SequenceModelOptions<NHitsOptions> market_nhits() {
  SequenceModelOptions<NHitsOptions> options;
  options.network.hidden = 128;
  options.network.dropout = 0.3;
  options.network.normalise_window = false;  // prices of a window are in units of its volatility already
  options.network.fit.loss = SequenceLoss::huber;
  options.network.fit.epochs = 8;
  options.network.fit.patience_epochs = 3;
  options.network.fit.learning_rate = 2e-4;
  return options;
}

SequenceModelOptions<PatchTstOptions> market_patchtst() {
  SequenceModelOptions<PatchTstOptions> options;
  options.network.layers = 2;
  options.network.dropout = 0.2;
  options.network.fit.epochs = 8;
  options.network.fit.patience_epochs = 3;
  options.network.fit.batch_windows = 512;
  options.network.fit.weight_decay = 0.05;
  return options;
}

SequenceModelOptions<DLinearOptions> market_dlinear() {
  SequenceModelOptions<DLinearOptions> options;
  options.network.fit.epochs = 8;
  options.network.fit.patience_epochs = 3;
  options.network.fit.learning_rate = 2e-4;
  return options;
}

SequenceModelOptions<NLinearOlsOptions> market_nlinear_ols() {
  SequenceModelOptions<NLinearOlsOptions> options;
  options.network.ridge = 1e6;
  return options;
}

std::vector<std::string> window_channels(const Model& model) {
  const auto* own = dynamic_cast<const SequenceModel*>(&model);
  if (own == nullptr) return {};
  const bool relative = own->layout().reference == PriceReference::universe;
  std::vector<std::string> names{relative ? "price_to_universe" : "price"};
  if (!own->layout().options.covariates) return names;
  if (relative) names.emplace_back("price");
  names.emplace_back("volume");
  return names;
}

Status predict_dealt_out(const Model& model, const RowSet& rows, std::size_t channel, Random random,
                         std::span<float> out) {
  const auto* own = dynamic_cast<const SequenceModel*>(&model);
  expects(own != nullptr && channel < window_channels(model).size(), "a channel of a model that reads windows");
  expects(out.size() == rows.size(), "one forecast per row");
  if (Status same = check_feature_hash(model.feature_hash(), rows); !same) return same;
  return own->predict_dealt_out(rows, channel, random, out);
}

std::unique_ptr<Trainer> warm_started_sequence(std::unique_ptr<Trainer> trainer, std::shared_ptr<const Model> parent) {
  auto* own = dynamic_cast<MarketSequenceTrainer*>(trainer.get());
  auto model = std::dynamic_pointer_cast<const SequenceModel>(std::move(parent));
  expects(own != nullptr && model != nullptr && own->type() == model->type(), "a parent of the trainer's type");
  own->begin_with(std::move(model));
  return trainer;
}

Result<std::unique_ptr<Trainer>> make_sequence_trainer(const MarketWindowOptions& windows,
                                                       const NetworkOptions& network) {
  const auto library = NetworkLibrary::load();
  if (!library) return forward_error(library);
  return assembled({windows, std::nullopt}, (*library)->make_trainer(network));
}

Result<std::unique_ptr<Trainer>> make_sequence_trainer(std::string_view type, const nlohmann::json& parameters) {
  if (!parameters.is_object()) return option_failure("parameters are not a table", "parameters");
  for (const auto& [name, value] : parameters.items())
    if (name != "windows" && name != "network" && name != kStopAfterSteps)
      return option_failure("is not a setting of this model", name);
  MarketTraining how;
  if (const auto stop = parameters.find(kStopAfterSteps); stop != parameters.end()) {
    if (!stop->is_number_unsigned()) return option_failure("is not a number of steps", kStopAfterSteps);
    how.stop_after_steps = stop->get<std::size_t>();
  }
  const auto windows = options_from_json<MarketWindowOptions>(parameters.value("windows", nlohmann::json::object()));
  if (!windows) return forward_error(windows);
  how.windows = *windows;
  const auto library = NetworkLibrary::load();
  if (!library) return forward_error(library);
  return assembled(how, (*library)->make_trainer(type, parameters.value("network", nlohmann::json::object())));
}

Result<std::unique_ptr<Model>> load_sequence_model(std::string_view type, const std::filesystem::path& directory) {
  MarketWindowLayout layout;
  nlohmann::json network, training;
  Result<StoredModel> stored = read_model(directory, type, kWeightsFile, [&](const nlohmann::json& body) -> Status {
    network = body.at("network");
    training = body.at("training");
    notes_of(training);  // of the right types, or it throws
    const auto read = market_window_layout(body.at("windows"));
    if (!read) return forward_error(read);
    layout = *read;
    return {};
  });
  if (!stored) return forward_error(stored);
  const auto library = NetworkLibrary::load();
  if (!library) return forward_error(library);
  auto restored = (*library)->restore(network, stored->library_bytes);
  if (!restored) return load_failure(to_string(restored.error()), directory);
  if ((*restored)->type() != type || (*restored)->shape() != layout.shape())
    return load_failure("holds another network than it describes", directory);
  return std::make_unique<SequenceModel>(SequenceParts{std::move(stored->header), layout, std::move(training),
                                                       *std::move(restored), (*library)->device()});
}

}  // namespace clm
