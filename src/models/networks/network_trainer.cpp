#include "models/networks/network_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/hash.hpp"
#include "models/networks/least_squares.hpp"
#include "models/networks/network_forecaster.hpp"
#include "models/networks/network_json.hpp"
#include "models/networks/sequence_loss.hpp"
#include "models/networks/training_state.hpp"

namespace clm {
namespace {

constexpr std::size_t kValidationBatch = 256;
constexpr double kExploded = 1e6;  // times the first loss

tl::unexpected<Error> diverged(std::string what, std::size_t step) {
  return fail(ErrorKind::data, "train.diverged", std::move(what), "step " + std::to_string(step),
              "Lower the learning rate or clip_norm, and look for extreme values in the data.");
}

/// What makes a training this one and no other: options, seed, and a sample of the windows.
std::string fingerprint(const NetworkOptions& options, const SequenceJob& job) {
  Sha256 hash;
  const WindowShape shape = job.training.shape();
  const nlohmann::json named{{"type", network_type(options)},
                             {"options", options_json(options)},
                             {"seed", job.seed},
                             {"channels", shape.channels},
                             {"input_length", shape.input_length},
                             {"horizon", shape.horizon},
                             {"training", job.training.size()},
                             {"validation", job.validation.size()},
                             {"warm_start", job.warm_start != nullptr ? sha256_hex(job.warm_start->weights()) : ""}};
  hash.update(named.dump());
  for (const WindowSource* source : {&job.training, &job.validation}) {
    constexpr std::size_t kSampled = 64;
    std::vector<std::uint32_t> numbers;
    for (std::size_t i = 0; i < kSampled && source->size() > 0; ++i)
      numbers.push_back(static_cast<std::uint32_t>(i * source->size() / kSampled));
    WindowBatch batch;
    source->read(numbers, batch);
    for (const std::vector<float>* values : {&batch.inputs, &batch.targets, &batch.weights})
      hash.update_values(std::span<const float>(*values));
  }
  return hash.hex_digest();
}

/// One run of gradient descent.
class Training {
 public:
  Training(const Kernels& kernels, const NetworkOptions& options, const FitOptions& fit, const Network& network,
           const SequenceJob& job, const RunContext& context)
      : kernels_(kernels),
        options_(options),
        fit_(fit),
        network_(network),
        job_(job),
        context_(context),
        started_(context.clock.now()),
        pass_(network.make_pass()),
        gradient_(network.layout().trained_size()) {
    // A last batch that is smaller than the others is left out: batch norm would see another distribution. Windows are
    // drawn anew every epoch, so no window stays out.
    batch_size_ = std::min(static_cast<std::size_t>(fit.batch_windows), job.training.size());
    steps_per_epoch_ = job.training.size() / batch_size_;
    if (!job.checkpoint.empty()) name_ = fingerprint(options, job);
  }

  Result<TrainingReport> run() {
    if (Status begun = begin(); !begun) return forward_error(begun);
    const auto epochs = static_cast<std::size_t>(fit_.epochs);
    report_.ended_by = TrainingEnd::epochs;
    context_.progress.advance(state_.epoch);
    while (state_.epoch < epochs && report_.ended_by == TrainingEnd::epochs) {
      if (Status done = run_epoch(); !done) return forward_error(done);
    }
    context_.progress.advance(epochs - state_.epoch);
    if (!job_.checkpoint.empty()) {
      std::error_code ignored;
      std::filesystem::remove(job_.checkpoint, ignored);
    }
    report_.steps = state_.step;
    report_.epochs = state_.epoch;
    report_.best_epoch = state_.best_epoch;
    report_.training_loss = state_.training_loss;
    report_.validation_loss = state_.validation_loss;
    report_.seconds = seconds_here();
    report_.device = network_device(kernels_);
    return std::move(report_);
  }

  /// The weights to keep, after run().
  Floats take_parameters() && { return std::move(state_.best.empty() ? state_.parameters : state_.best); }

 private:
  Status begin() {
    if (!job_.checkpoint.empty() && std::filesystem::exists(job_.checkpoint)) {
      Result<TrainingState> stored = read_checkpoint(job_.checkpoint, network_.layout(), name_);
      if (!stored) return forward_error(stored);
      state_ = *std::move(stored);
      report_.resumed = true;
      return {};
    }
    state_.parameters.assign(network_.layout().size(), 0.0F);
    state_.first_moment.assign(network_.layout().trained_size(), 0.0F);
    state_.second_moment.assign(network_.layout().trained_size(), 0.0F);
    if (job_.warm_start == nullptr) {
      Random random = Random::stream(job_.seed, "weights");
      network_.initialise(random, state_.parameters);
      return {};
    }
    const auto* parent = dynamic_cast<const NetworkForecaster*>(job_.warm_start);
    if (parent == nullptr || parent->type() != network_type(options_) || parent->shape() != network_.shape() ||
        structure_json(parent->options()) != structure_json(options_))
      return fail(ErrorKind::usage, "train.warm_start", "the weights to begin with are of another network", {},
                  "Begin without them, or with the options they were trained with.");
    state_.parameters = parent->parameters();
    return {};
  }

  Status run_epoch() {
    shuffle();
    while (state_.step_in_epoch < steps_per_epoch_) {
      if (Status go_on = context_.cancel.check(); !go_on) {
        if (Status written = checkpoint(); !written) return written;
        return go_on;
      }
      if (out_of_time()) {
        report_.ended_by = TrainingEnd::time_budget;
        return finish_early();
      }
      if (Status done = run_step(); !done) return done;
      if (state_.step % static_cast<std::size_t>(fit_.checkpoint_every_steps) == 0)
        if (Status written = checkpoint(); !written) return written;
    }
    state_.training_loss.push_back(state_.epoch_loss / static_cast<double>(steps_per_epoch_));
    state_.epoch_loss = 0;
    state_.step_in_epoch = 0;
    ++state_.epoch;
    context_.progress.advance();
    return judge();
  }

  /// Compares the weights of the epoch with the best so far.
  Status judge() {
    if (job_.validation.size() == 0) return {};
    const Result<double> loss = validation_loss();
    if (!loss) return forward_error(loss);
    state_.validation_loss.push_back(*loss);
    if (*loss < state_.best_loss) {
      state_.best_loss = *loss;
      state_.best_epoch = state_.epoch;
      state_.best = state_.parameters;
    }
    if (state_.epoch - state_.best_epoch >= static_cast<std::size_t>(fit_.patience_epochs))
      report_.ended_by = TrainingEnd::patience;
    return {};
  }

  /// Time is up within an epoch: its weights count too if they are better.
  Status finish_early() {
    if (state_.step_in_epoch == 0 || job_.validation.size() == 0) return {};
    const Result<double> loss = validation_loss();
    if (!loss) return forward_error(loss);
    if (*loss >= state_.best_loss) return {};
    state_.best_loss = *loss;
    state_.best_epoch = state_.epoch + 1;
    state_.best = state_.parameters;
    return {};
  }

  void shuffle() {
    order_.resize(job_.training.size());
    std::iota(order_.begin(), order_.end(), 0U);
    Random random = Random::stream(job_.seed, "order", state_.epoch);
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  }

  Status run_step() {
    job_.training.read(std::span(order_).subspan(state_.step_in_epoch * batch_size_, batch_size_), batch_);
    const std::uint64_t key = Random::stream(job_.seed, "masks", state_.step).next();
    const auto outputs = pass_->forward_training(state_.parameters.data(), batch_.inputs.data(), batch_.windows, key);
    d_outputs_.resize(outputs.size());
    const double loss = sequence_loss(fit_, batch_, outputs, d_outputs_);
    if (state_.step == 0) state_.first_loss = loss;
    if (!std::isfinite(loss) || loss > kExploded * std::max(state_.first_loss, 1e-6))
      return diverged("the training loss became " + std::to_string(loss), state_.step);
    pass_->backward(state_.parameters.data(), d_outputs_.data(), gradient_.data());
    const double norm = std::sqrt(kernels_.squared_norm(gradient_.size(), gradient_.data()));
    if (!std::isfinite(norm)) return diverged("the gradient is not finite", state_.step);
    descend(norm);
    state_.epoch_loss += loss;
    ++state_.step;
    ++state_.step_in_epoch;
    return {};
  }

  void descend(double norm) {
    constexpr double kBeta1 = .9, kBeta2 = .999;
    const double rate =
        scheduled_rate(fit_, state_.step, steps_per_epoch_ * static_cast<std::size_t>(fit_.epochs), state_.epoch);
    const auto t = static_cast<double>(state_.step + 1);
    kernels_.adam({.count = gradient_.size(),
                   .parameters = state_.parameters.data(),
                   .gradient = gradient_.data(),
                   .first_moment = state_.first_moment.data(),
                   .second_moment = state_.second_moment.data(),
                   .rate = static_cast<float>(rate / (1 - std::pow(kBeta1, t))),
                   .gradient_scale = static_cast<float>(norm > fit_.clip_norm ? fit_.clip_norm / norm : 1),
                   .beta1 = static_cast<float>(kBeta1),
                   .beta2 = static_cast<float>(kBeta2),
                   .root_correction = static_cast<float>(std::sqrt(1 - std::pow(kBeta2, t))),
                   .decay = static_cast<float>(rate * fit_.weight_decay)});
  }

  Result<double> validation_loss() {
    double sum = 0, weights = 0;
    const Status done =
        for_each_batch(job_.validation, kValidationBatch, [&](std::size_t, const WindowBatch& batch) -> Status {
          if (Status go_on = context_.cancel.check(); !go_on) return go_on;
          double weight = 0;
          for (const float each : batch.weights) weight += static_cast<double>(each);
          const auto outputs = pass_->forward(state_.parameters.data(), batch.inputs.data(), batch.windows);
          sum += weight * sequence_loss(fit_, batch, outputs, {});
          weights += weight;
          return {};
        });
    if (!done) return forward_error(done);
    if (!std::isfinite(sum)) return diverged("the validation loss is not finite", state_.step);
    return sum / weights;
  }

  double seconds_here() const { return static_cast<double>((context_.clock.now() - started_).count()) / 1e3; }
  bool out_of_time() const {
    if (job_.stop_after_steps) return state_.step >= *job_.stop_after_steps;
    return state_.seconds + seconds_here() >= fit_.time_budget_seconds;
  }

  Status checkpoint() {
    if (job_.checkpoint.empty()) return {};
    const double before = state_.seconds;
    state_.seconds = before + seconds_here();
    Status written = write_checkpoint(job_.checkpoint, state_, name_);
    state_.seconds = before;
    return written;
  }

  const Kernels& kernels_;
  const NetworkOptions& options_;
  const FitOptions& fit_;
  const Network& network_;
  const SequenceJob& job_;
  const RunContext& context_;
  const Timestamp started_;
  std::unique_ptr<NetworkPass> pass_;
  std::string name_;
  std::size_t batch_size_ = 0, steps_per_epoch_ = 0;
  TrainingState state_;
  TrainingReport report_;
  std::vector<std::uint32_t> order_;
  WindowBatch batch_;
  Floats d_outputs_, gradient_;
};

class NetworkTrainer final : public SequenceTrainer {
 public:
  NetworkTrainer(const Kernels& kernels, NetworkOptions options) : kernels_(kernels), options_(std::move(options)) {}

  std::string_view type() const override { return network_type(options_); }
  nlohmann::json parameters() const override { return options_json(options_); }
  std::size_t progress_steps() const override {
    const FitOptions* fit = fit_options(options_);
    return fit != nullptr ? static_cast<std::size_t>(fit->epochs) : 1;
  }

  Result<TrainedSequence> fit(const SequenceJob& job, const RunContext& context) const override {
    if (job.training.size() == 0)
      return fail(ErrorKind::data, "train.no_windows", "there is no window to train on", {},
                  "Give longer histories, or shorten input and horizon.");
    if (job.validation.size() > 0 && job.validation.shape() != job.training.shape())
      return fail(ErrorKind::usage, "train.shape", "training and validation windows differ in shape", {},
                  "Cut both alike.");
    Result<std::unique_ptr<Network>> network = make_network(kernels_, options_, job.training.shape());
    if (!network) return forward_error(network);
    const FitOptions* how = fit_options(options_);
    if (how == nullptr) return solve(job, *std::move(network), context);
    Training training(kernels_, options_, *how, **network, job, context);
    Result<TrainingReport> report = training.run();
    if (!report) return forward_error(report);
    Floats kept = std::move(training).take_parameters();
    return TrainedSequence{std::make_unique<NetworkForecaster>(options_, *std::move(network), std::move(kept)),
                           *std::move(report)};
  }

 private:
  Result<TrainedSequence> solve(const SequenceJob& job, std::unique_ptr<Network> network,
                                const RunContext& context) const {
    const Timestamp started = context.clock.now();
    const double ridge = std::get<NLinearOlsOptions>(options_).ridge;
    const Result<std::vector<double>> solution = solve_nlinear(job.training, ridge, context);
    if (!solution) return forward_error(solution);
    Floats parameters(network->layout().size(), 0.0F);
    auto from = solution->begin();
    for (const ParameterLayout::Tensor& tensor : network->layout().tensors())
      for (std::size_t i = 0; i < tensor.size; ++i) parameters[tensor.offset + i] = static_cast<float>(*from++);
    context.progress.advance();
    TrainingReport report;
    report.ended_by = TrainingEnd::closed_form;
    report.seconds = static_cast<double>((context.clock.now() - started).count()) / 1e3;
    report.device = network_device(kernels_);
    return TrainedSequence{std::make_unique<NetworkForecaster>(options_, std::move(network), std::move(parameters)),
                           std::move(report)};
  }

  const Kernels& kernels_;
  NetworkOptions options_;
};

}  // namespace

std::unique_ptr<SequenceTrainer> make_network_trainer(const Kernels& kernels, NetworkOptions options) {
  return std::make_unique<NetworkTrainer>(kernels, std::move(options));
}

std::string network_device(const Kernels& kernels) { return "cpu (" + std::string(kernels.name) + ")"; }

double scheduled_rate(const FitOptions& options, std::size_t step, std::size_t steps, std::size_t epoch) {
  const double full = options.learning_rate;
  switch (options.schedule) {
    case LearningRateSchedule::constant: return full;
    case LearningRateSchedule::halvings: {
      const auto parts = static_cast<std::size_t>(options.halvings) + 1;
      return full * std::pow(.5, static_cast<double>(step * parts / steps));
    }
    case LearningRateSchedule::type3: return epoch < 3 ? full : full * std::pow(.9, static_cast<double>(epoch - 2));
    case LearningRateSchedule::one_cycle: {
      const double low = full / 25, end = low * 1e-4;
      const double top = options.warm_up_share * static_cast<double>(steps) - 1;
      const auto at = static_cast<double>(step);
      const auto between = [](double from, double to, double share) {
        return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * std::clamp(share, 0.0, 1.0)));
      };
      if (at <= top) return between(low, full, at / top);
      return between(full, end, (at - top) / std::max(1.0, static_cast<double>(steps) - 1 - top));
    }
  }
  return full;
}

}  // namespace clm
