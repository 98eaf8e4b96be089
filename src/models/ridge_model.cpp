#include "models/ridge_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "models/model_file.hpp"
#include "models/option_fields.hpp"
#include "models/training_rows.hpp"

namespace clm {
namespace {

constexpr std::string_view kRidgeType = "ridge";

/// How raw features become z-scores: (x - mean) * inverse_sd, clipped, 0 where x is not known.
struct Standardisation {
  std::vector<double> mean;
  std::vector<double> inverse_sd;  ///< 0 for a column that never varies, or is never known
  double clip_sd = 5;

  double z(std::size_t column, float value) const {
    if (!std::isfinite(value)) return 0;
    return std::clamp((double{value} - mean[column]) * inverse_sd[column], -clip_sd, clip_sd);
  }
};

struct RidgeWeights {
  Standardisation standardisation;
  double intercept = 0;
  std::vector<double> coefficients;
};

class RidgeModel final : public Model {
 public:
  RidgeModel(ModelHeader header, RidgeWeights weights) : header_(std::move(header)), weights_(std::move(weights)) {}

  std::string_view type() const override { return kRidgeType; }
  const std::string& feature_hash() const override { return header_.feature_hash; }

  Status save(const std::filesystem::path& directory) const override {
    const Standardisation& standardisation = weights_.standardisation;
    return write_model(directory, header_,
                       {{"mean", standardisation.mean},
                        {"inverse_sd", standardisation.inverse_sd},
                        {"clip_sd", standardisation.clip_sd},
                        {"intercept", weights_.intercept},
                        {"coefficients", weights_.coefficients}});
  }

  Status predict(const RowSet& rows, std::span<float> out) const override {
    expects(out.size() == rows.size(), "one forecast per row");
    if (Status same = check_feature_hash(feature_hash(), rows); !same) return same;
    const std::size_t columns = weights_.coefficients.size();
    return for_each_block(rows, [&](std::size_t first, std::span<const float> features) -> Status {
      for (std::size_t at = 0; at < features.size(); at += columns)
        out[first++] = forecast(features.subspan(at, columns));
      return {};
    });
  }

  Status contributions(const RowSet& rows, std::span<double> out) const override {
    const std::size_t columns = weights_.coefficients.size();
    expects(out.size() == rows.size() * (columns + 1), "one contribution per row and feature, and the base value");
    if (Status same = check_feature_hash(feature_hash(), rows); !same) return same;
    return for_each_block(rows, [&](std::size_t first, std::span<const float> features) -> Status {
      for (std::size_t at = 0; at < features.size(); at += columns, ++first) {
        const std::span<const float> row = features.subspan(at, columns);
        const std::span<double> parts = out.subspan(first * (columns + 1), columns + 1);
        if (nothing_known(row)) {
          std::fill(parts.begin(), parts.end(), std::numeric_limits<double>::quiet_NaN());
          continue;
        }
        for (std::size_t column = 0; column < columns; ++column)
          parts[column] = weights_.coefficients[column] * weights_.standardisation.z(column, row[column]);
        parts[columns] = weights_.intercept;
      }
      return {};
    });
  }

  std::vector<FeatureImportance> importance() const override {
    std::vector<double> sizes;
    for (const double coefficient : weights_.coefficients) sizes.push_back(std::fabs(coefficient));
    return importance_shares(header_.feature_names, sizes);
  }

 private:
  float forecast(std::span<const float> row) const {
    if (nothing_known(row)) return std::numeric_limits<float>::quiet_NaN();
    double sum = weights_.intercept;
    for (std::size_t column = 0; column < row.size(); ++column)
      sum += weights_.coefficients[column] * weights_.standardisation.z(column, row[column]);
    return static_cast<float>(sum);
  }

  ModelHeader header_;
  RidgeWeights weights_;
};

/// Weighted mean and standard deviation of the known values of each column, updated row by row (West 1979).
Result<Standardisation> standardise(const RowSet& rows, const std::vector<float>& weight, double clip_sd,
                                    const CancelToken& cancel) {
  const std::size_t columns = rows.data->frame->columns();
  std::vector<double> total(columns, 0.0);
  std::vector<double> squares(columns, 0.0);
  Standardisation result{std::vector<double>(columns, 0.0), std::vector<double>(columns, 0.0), clip_sd};
  const Status summed = for_each_block(rows, [&](std::size_t first, std::span<const float> features) -> Status {
    for (std::size_t at = 0; at < features.size(); at += columns, ++first) {
      const auto w = double{weight[first]};
      for (std::size_t column = 0; column < columns; ++column) {
        const float value = features[at + column];
        if (!std::isfinite(value)) continue;
        const double difference = double{value} - result.mean[column];
        total[column] += w;
        result.mean[column] += difference * (w / total[column]);
        squares[column] += w * difference * (double{value} - result.mean[column]);
      }
    }
    return cancel.check();
  });
  if (!summed) return forward_error(summed);
  for (std::size_t column = 0; column < columns; ++column) {
    const double variance = total[column] > 0 ? squares[column] / total[column] : 0.0;
    // Below the resolution of a float the column is constant and its deviations are rounding.
    const double noise = std::numeric_limits<float>::epsilon() * std::fabs(result.mean[column]);
    if (variance > noise * noise) result.inverse_sd[column] = 1 / std::sqrt(variance);
  }
  return result;
}

/// Sums of w z z', w z, w z y, w, w y over the rows, where z is one row's z-scores with y appended.
class Moments {
 public:
  explicit Moments(std::size_t columns)
      : width_(columns + 2), products_(width_ * width_, 0.0), rows_(kRowsAtOnce * width_, 0.0) {}

  /// `z` has the z-scores, then y; both still unweighted.
  void add(std::span<const double> z, double weight) {
    double* row = rows_.data() + pending_ * width_;
    std::copy(z.begin(), z.end(), row);
    row[width_ - 1] = 1;
    weights_[pending_] = weight;
    if (++pending_ == kRowsAtOnce) flush();
  }
  void flush() {
    std::fill(rows_.begin() + static_cast<std::ptrdiff_t>(pending_ * width_), rows_.end(), 0.0);
    std::fill(weights_ + pending_, weights_ + kRowsAtOnce, 0.0);
    pending_ = 0;
    const double* a = rows_.data();
    const double* b = a + width_;
    const double* c = b + width_;
    const double* d = c + width_;
    for (std::size_t i = 0; i < width_; ++i) {
      const double ai = weights_[0] * a[i];
      const double bi = weights_[1] * b[i];
      const double ci = weights_[2] * c[i];
      const double di = weights_[3] * d[i];
      double* target = products_.data() + i * width_;
      for (std::size_t j = i; j < width_; ++j) target[j] += (ai * a[j] + bi * b[j]) + (ci * c[j] + di * d[j]);
    }
  }
  /// Sum of w times the product of two entries; index `columns` is y, `columns + 1` the constant 1.
  double sum(std::size_t i, std::size_t j) const { return products_[std::min(i, j) * width_ + std::max(i, j)]; }

 private:
  // Four rows per pass over the sums: the sums are then loaded and stored a quarter as often. The order of additions
  // is written out, not left to a matrix library that picks it by the size of the machine's cache.
  static constexpr std::size_t kRowsAtOnce = 4;
  std::size_t width_;
  std::vector<double> products_;
  std::vector<double> rows_;
  double weights_[kRowsAtOnce] = {};
  std::size_t pending_ = 0;
};

Result<RidgeWeights> solve(const Moments& moments, Standardisation standardisation, double alpha) {
  const std::size_t columns = standardisation.mean.size();
  const std::size_t y = columns;
  const std::size_t one = columns + 1;
  const double total = moments.sum(one, one);
  const auto size = static_cast<Eigen::Index>(columns);
  Eigen::MatrixXd normal(size, size);
  Eigen::VectorXd right(size);
  for (std::size_t i = 0; i < columns; ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    for (std::size_t j = 0; j < columns; ++j)
      normal(row, static_cast<Eigen::Index>(j)) =
          moments.sum(i, j) - moments.sum(i, one) * (moments.sum(j, one) / total) + (i == j ? alpha : 0.0);
    right(row) = moments.sum(i, y) - moments.sum(i, one) * (moments.sum(y, one) / total);
  }
  const Eigen::LDLT<Eigen::MatrixXd> factors(normal);
  const Eigen::VectorXd solution = factors.solve(right);
  if (factors.info() != Eigen::Success || !solution.allFinite())
    return fail(ErrorKind::data, "train.failed", "ridge: the normal equations have no solution", {}, "Raise alpha.");
  RidgeWeights weights;
  weights.intercept = moments.sum(y, one) / total;
  for (std::size_t i = 0; i < columns; ++i) {
    const double coefficient = solution(static_cast<Eigen::Index>(i));
    weights.coefficients.push_back(coefficient);
    weights.intercept -= coefficient * (moments.sum(i, one) / total);
  }
  weights.standardisation = std::move(standardisation);
  return weights;
}

class RidgeTrainer final : public Trainer {
 public:
  explicit RidgeTrainer(const RidgeOptions& options) : options_(options) {}

  std::string_view type() const override { return kRidgeType; }
  nlohmann::json parameters() const override { return options_to_json(options_); }
  std::size_t progress_steps() const override { return 1; }

  Result<std::unique_ptr<Model>> train(const TrainingJob& job, const RunContext& context) const override {
    if (Status ready = check_job(job); !ready) return forward_error(ready);
    if (Status going = context.cancel.check(); !going) return forward_error(going);
    const Result<Targets> targets = gather_targets(job.training);
    if (!targets) return forward_error(targets);
    Result<Standardisation> standardisation =
        standardise(job.training, targets->weight, options_.clip_sd, context.cancel);
    if (!standardisation) return forward_error(standardisation);

    const FeatureFrame& frame = *job.training.data->frame;
    const std::size_t columns = frame.columns();
    Moments moments(columns);
    std::vector<double> z(columns + 1);
    const Status summed =
        for_each_block(job.training, [&](std::size_t first, std::span<const float> features) -> Status {
          for (std::size_t at = 0; at < features.size(); at += columns, ++first) {
            for (std::size_t column = 0; column < columns; ++column)
              z[column] = standardisation->z(column, features[at + column]);
            z[columns] = double{targets->label[first]};
            moments.add(z, double{targets->weight[first]});
          }
          return context.cancel.check();
        });
    if (!summed) return forward_error(summed);
    moments.flush();
    Result<RidgeWeights> weights = solve(moments, std::move(*standardisation), options_.alpha);
    if (!weights) return forward_error(weights);
    context.progress.advance();
    return std::make_unique<RidgeModel>(ModelHeader{std::string(kRidgeType), frame.set_hash, frame.names},
                                        std::move(*weights));
  }

 private:
  RidgeOptions options_;
};

}  // namespace

Result<std::unique_ptr<Trainer>> make_ridge_trainer(const RidgeOptions& options) {
  if (Status valid = check_options(options); !valid) return forward_error(valid);
  return std::make_unique<RidgeTrainer>(options);
}

Result<std::unique_ptr<Model>> load_ridge_model(const std::filesystem::path& directory) {
  RidgeWeights weights;
  Result<StoredModel> stored = read_model(directory, kRidgeType, {}, [&](const nlohmann::json& body) -> Status {
    weights.standardisation.mean = body.at("mean").get<std::vector<double>>();
    weights.standardisation.inverse_sd = body.at("inverse_sd").get<std::vector<double>>();
    weights.standardisation.clip_sd = body.at("clip_sd").get<double>();
    weights.intercept = body.at("intercept").get<double>();
    weights.coefficients = body.at("coefficients").get<std::vector<double>>();
    return {};
  });
  if (!stored) return forward_error(stored);
  const std::size_t columns = stored->header.feature_names.size();
  if (weights.coefficients.size() != columns || weights.standardisation.mean.size() != columns ||
      weights.standardisation.inverse_sd.size() != columns || !(weights.standardisation.clip_sd > 0))
    return load_failure("has another number of coefficients than features", directory);
  return std::make_unique<RidgeModel>(std::move(stored->header), std::move(weights));
}

}  // namespace clm
