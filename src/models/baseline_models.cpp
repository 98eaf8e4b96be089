#include "models/baseline_models.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "models/model_file.hpp"
#include "models/option_fields.hpp"
#include "models/training_rows.hpp"

namespace clm {
namespace {

class ConstantModel final : public Model {
 public:
  ConstantModel(ModelHeader header, float value) : header_(std::move(header)), value_(value) {}

  std::string_view type() const override { return header_.type; }
  const std::string& feature_hash() const override { return header_.feature_hash; }
  Status predict(const RowSet& rows, std::span<float> out) const override {
    expects(out.size() == rows.size(), "one forecast per row");
    if (Status same = check_feature_hash(feature_hash(), rows); !same) return same;
    std::fill(out.begin(), out.end(), value_);
    return {};
  }
  Status save(const std::filesystem::path& directory) const override {
    return write_model(directory, header_, {{"value", value_}});
  }

 private:
  ModelHeader header_;
  float value_;
};

class ColumnModel final : public Model {
 public:
  ColumnModel(ModelHeader header, std::size_t column, float sign)
      : header_(std::move(header)), column_(column), sign_(sign) {}

  std::string_view type() const override { return header_.type; }
  const std::string& feature_hash() const override { return header_.feature_hash; }
  Status predict(const RowSet& rows, std::span<float> out) const override {
    expects(out.size() == rows.size(), "one forecast per row");
    if (Status same = check_feature_hash(feature_hash(), rows); !same) return same;
    const FeatureFrame& frame = *rows.data->frame;
    constexpr std::size_t kRowsAtOnce = 1024;
    for (std::size_t first = 0; first < rows.size(); first += kRowsAtOnce) {
      const std::size_t last = std::min(rows.size(), first + kRowsAtOnce);
      for (std::size_t i = first; i < last; ++i)
        out[i] = sign_ * frame.row(rows.data->frame_row[rows.rows[i]])[column_];
      frame.values.let_go_after((last - first) * frame.columns());
    }
    return {};
  }
  Status save(const std::filesystem::path& directory) const override {
    return write_model(directory, header_, {{"column", header_.feature_names[column_]}});
  }
  std::vector<FeatureImportance> importance() const override { return {{header_.feature_names[column_], 1.0}}; }

 private:
  ModelHeader header_;
  std::size_t column_;
  float sign_;
};

ModelHeader header_of(std::string_view type, const RowSet& rows) {
  const FeatureFrame& frame = *rows.data->frame;
  return {std::string(type), frame.set_hash, frame.names};
}

float majority_forecast(const Targets& targets) {
  double up = 0;
  double down = 0;
  double weights = 0;
  double sizes = 0;
  for (std::size_t i = 0; i < targets.label.size(); ++i) {
    const auto weight = double{targets.weight[i]};
    if (targets.label[i] > 0) up += weight;
    if (targets.label[i] < 0) down += weight;
    weights += weight;
    sizes += weight * std::fabs(double{targets.label[i]});
  }
  if (up == down) return 0;
  return static_cast<float>((up > down ? 1 : -1) * sizes / weights);
}

class ConstantTrainer final : public Trainer {
 public:
  explicit ConstantTrainer(std::string_view type) : type_(type) {}
  std::string_view type() const override { return type_; }
  nlohmann::json parameters() const override { return options_to_json(NoOptions{}); }
  std::size_t progress_steps() const override { return 1; }

  Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& context) const override {
    if (Status ready = check_job(job); !ready) return forward_error(ready);
    if (Status going = context.cancel.check(); !going) return forward_error(going);
    const Result<Targets> targets = gather_targets(job.training);
    if (!targets) return forward_error(targets);
    context.progress.advance();
    const float value = type_ == "zero" ? 0.0F : majority_forecast(*targets);
    return std::make_unique<ConstantModel>(header_of(type_, job.training), value);
  }

 private:
  std::string type_;
};

float sign_of(std::string_view type) { return type == "reversal" ? -1.0F : 1.0F; }

class ColumnTrainer final : public Trainer {
 public:
  ColumnTrainer(std::string_view type, PastReturnOptions options) : type_(type), options_(std::move(options)) {}
  std::string_view type() const override { return type_; }
  nlohmann::json parameters() const override { return options_to_json(options_); }
  std::size_t progress_steps() const override { return 1; }

  Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& context) const override {
    if (Status ready = check_job(job); !ready) return forward_error(ready);
    if (Status going = context.cancel.check(); !going) return forward_error(going);
    if (const Result<Targets> targets = gather_targets(job.training); !targets) return forward_error(targets);
    const std::vector<std::string>& names = job.training.data->frame->names;
    const auto found = std::find(names.begin(), names.end(), options_.column);
    if (found == names.end())
      return fail(ErrorKind::usage, "train.column", "the feature set has no column " + options_.column, type_,
                  "Name a past return of the feature set in the model's settings.");
    context.progress.advance();
    return std::make_unique<ColumnModel>(header_of(type_, job.training),
                                         static_cast<std::size_t>(found - names.begin()), sign_of(type_));
  }

 private:
  std::string type_;
  PastReturnOptions options_;
};

Result<std::unique_ptr<Trainer>> make_column_trainer(std::string_view type, const PastReturnOptions& options) {
  if (Status valid = check_options(options); !valid) return forward_error(valid);
  return std::make_unique<ColumnTrainer>(type, options);
}

}  // namespace

Result<std::unique_ptr<Trainer>> make_zero_trainer() { return std::make_unique<ConstantTrainer>("zero"); }
Result<std::unique_ptr<Trainer>> make_majority_sign_trainer() {
  return std::make_unique<ConstantTrainer>("majority_sign");
}
Result<std::unique_ptr<Trainer>> make_momentum_trainer(const PastReturnOptions& options) {
  return make_column_trainer("momentum", options);
}
Result<std::unique_ptr<Trainer>> make_reversal_trainer(const PastReturnOptions& options) {
  return make_column_trainer("reversal", options);
}

Result<std::unique_ptr<Model>> load_baseline_model(std::string_view type, const std::filesystem::path& directory) {
  const bool reads_column = type == "momentum" || type == "reversal";
  float value = 0;
  std::string column;
  Result<StoredModel> stored = read_model(directory, type, {}, [&](const nlohmann::json& body) -> Status {
    if (reads_column)
      column = body.at("column").get<std::string>();
    else
      value = body.at("value").get<float>();
    return {};
  });
  if (!stored) return forward_error(stored);
  if (!reads_column) return std::make_unique<ConstantModel>(std::move(stored->header), value);
  const std::vector<std::string>& names = stored->header.feature_names;
  const auto found = std::find(names.begin(), names.end(), column);
  if (found == names.end()) return load_failure("reads a column that it does not have", directory);
  const auto index = static_cast<std::size_t>(found - names.begin());
  return std::make_unique<ColumnModel>(std::move(stored->header), index, sign_of(type));
}

}  // namespace clm
