#pragma once
#include <cmath>
#include <limits>

namespace clm {

/// The loss of the validation rows that decides when boosting stops; both are weighted means.
enum class StoppingMetric { rmse, mae };

/// Remembers after how many rounds the validation loss was lowest, and says when to give up. Ties keep fewer rounds.
class EarlyStopping {
 public:
  /// `patience_rounds` >= 1: stop after this many rounds without a new lowest loss.
  explicit EarlyStopping(int patience_rounds) : patience_rounds_(patience_rounds) {}

  /// `rounds` were run so far, and the validation loss is now `loss`.
  void observe(int rounds, double loss) {
    last_rounds_ = rounds;
    if (std::isfinite(loss) && loss < best_loss_) {
      best_loss_ = loss;
      best_rounds_ = rounds;
    }
  }
  bool should_stop() const { return last_rounds_ - best_rounds_ >= patience_rounds_; }
  /// At least 1 once a round was observed.
  int best_rounds() const { return best_rounds_ > 0 ? best_rounds_ : last_rounds_; }

 private:
  int patience_rounds_;
  int last_rounds_ = 0;
  int best_rounds_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
};

}  // namespace clm
