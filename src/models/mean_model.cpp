#include "models/mean_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/contract.hpp"

namespace clm {
namespace {

class MeanModel final : public Model {
 public:
  explicit MeanModel(std::vector<std::unique_ptr<Model>> fits) : fits_(std::move(fits)) {}

  std::string_view type() const override { return fits_.front()->type(); }
  const std::string& feature_hash() const override { return fits_.front()->feature_hash(); }

  Status predict(const RowSet& rows, std::span<float> out) const override {
    std::vector<std::vector<float>> said(fits_.size(), std::vector<float>(rows.size()));
    for (std::size_t fit = 0; fit < fits_.size(); ++fit)
      if (auto predicted = fits_[fit]->predict(rows, said[fit]); !predicted) return predicted;
    mean_forecast(std::vector<std::span<const float>>(said.begin(), said.end()), out);
    return {};
  }

  std::size_t history_bars() const override {
    std::size_t bars = 0;
    for (const auto& fit : fits_) bars = std::max(bars, fit->history_bars());
    return bars;
  }

  Status contributions(const RowSet& rows, std::span<double> out) const override {
    const std::size_t columns = rows.size() == 0 ? 0 : out.size() / rows.size();
    std::vector<double> own(out.size());
    std::vector<std::size_t> speaking(rows.size(), 0);
    std::fill(out.begin(), out.end(), 0.0);
    for (const auto& fit : fits_) {
      if (auto explained = fit->contributions(rows, own); !explained) return explained;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (std::isnan(own[row * columns])) continue;
        ++speaking[row];
        for (std::size_t c = row * columns; c < (row + 1) * columns; ++c) out[c] += own[c];
      }
    }
    for (std::size_t row = 0; row < rows.size(); ++row)
      for (std::size_t c = row * columns; c < (row + 1) * columns; ++c)
        out[c] =
            speaking[row] == 0 ? std::numeric_limits<double>::quiet_NaN() : out[c] / static_cast<double>(speaking[row]);
    return {};
  }

  Status save(const std::filesystem::path& directory) const override {
    for (std::size_t fit = 0; fit < fits_.size(); ++fit) {
      const auto folder = folder_of_fit(directory, fit + 1);
      std::error_code failure;
      if (fit > 0) std::filesystem::create_directory(folder, failure);
      if (failure)
        return fail(ErrorKind::unavailable, "file.write", "cannot make a directory: " + failure.message(),
                    folder.string());
      if (auto saved = fits_[fit]->save(folder); !saved) return saved;
    }
    return {};
  }

  std::vector<FeatureImportance> importance() const override {
    std::map<std::string, double> shares;
    for (const auto& fit : fits_)
      for (const FeatureImportance& one : fit->importance())
        shares[one.feature] += one.share / static_cast<double>(fits_.size());
    std::vector<FeatureImportance> all;
    for (const auto& [feature, share] : shares) all.push_back({feature, share});
    std::stable_sort(all.begin(), all.end(),
                     [](const FeatureImportance& a, const FeatureImportance& b) { return a.share > b.share; });
    return all;
  }

  std::vector<std::string> notes() const override {
    std::vector<std::string> all;
    for (std::size_t fit = 0; fit < fits_.size(); ++fit)
      for (const std::string& note : fits_[fit]->notes())
        all.push_back("fit " + std::to_string(fit + 1) + " of " + std::to_string(fits_.size()) + ": " + note);
    return all;
  }

  std::map<std::string, std::string> libraries() const override { return fits_.front()->libraries(); }

  const std::vector<std::unique_ptr<Model>>& fits() const { return fits_; }

 private:
  std::vector<std::unique_ptr<Model>> fits_;
};

}  // namespace

void mean_forecast(std::span<const std::span<const float>> forecasts, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    double sum = 0;
    std::size_t count = 0;
    for (const auto& one : forecasts) {
      if (std::isnan(one[i])) continue;
      sum += static_cast<double>(one[i]);
      ++count;
    }
    out[i] =
        count == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sum / static_cast<double>(count));
  }
}

std::unique_ptr<Model> mean_of_fits(std::vector<std::unique_ptr<Model>> fits) {
  expects(fits.size() >= 2, "a mean is of two fits at least");
  for (const auto& fit : fits)
    expects(fit->type() == fits.front()->type() && fit->feature_hash() == fits.front()->feature_hash(),
            "the fits are of one type and read the same features");
  return std::make_unique<MeanModel>(std::move(fits));
}

std::vector<const Model*> fits_of(const Model& model) {
  const auto* mean = dynamic_cast<const MeanModel*>(&model);
  if (mean == nullptr) return {&model};
  std::vector<const Model*> fits;
  for (const auto& fit : mean->fits()) fits.push_back(fit.get());
  return fits;
}

std::filesystem::path folder_of_fit(const std::filesystem::path& directory, std::size_t fit) {
  return fit == 1 ? directory : directory / ("fit" + std::to_string(fit));
}

}  // namespace clm
