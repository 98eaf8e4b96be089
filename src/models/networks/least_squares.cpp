#include "models/networks/least_squares.hpp"

#include <cmath>

#include <Eigen/Cholesky>
#include <Eigen/Core>

namespace clm {
namespace {

using Matrix = Eigen::MatrixXd;  // column-major: a column is a window
constexpr std::size_t kBatch = 512;

}  // namespace

Result<std::vector<double>> solve_nlinear(const WindowSource& windows, double ridge, const RunContext& context) {
  const WindowShape shape = windows.shape();
  const auto inputs = static_cast<Eigen::Index>(shape.input_size()) + 1;  // the last row is 1, for the bias
  const auto outputs = static_cast<Eigen::Index>(shape.horizon);
  Matrix squares = Matrix::Zero(inputs, inputs), products = Matrix::Zero(inputs, outputs);
  Matrix x(inputs, kBatch), y(outputs, kBatch);
  const Status read = for_each_batch(windows, kBatch, [&](std::size_t, const WindowBatch& batch) -> Status {
    if (Status go_on = context.cancel.check(); !go_on) return go_on;
    const auto count = static_cast<Eigen::Index>(batch.windows);
    for (Eigen::Index window = 0; window < count; ++window) {
      const auto at = static_cast<std::size_t>(window);
      const double share = std::sqrt(static_cast<double>(batch.weights[at]));
      for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        const float* const values = batch.inputs.data() + (at * shape.channels + channel) * shape.input_length;
        const float last = values[shape.input_length - 1];
        for (std::size_t bar = 0; bar < shape.input_length; ++bar)
          x(static_cast<Eigen::Index>(channel * shape.input_length + bar), window) =
              share * static_cast<double>(values[bar] - last);
      }
      x(inputs - 1, window) = share;
      const float last = batch.inputs[at * shape.input_size() + shape.input_length - 1];
      for (std::size_t step = 0; step < shape.horizon; ++step)
        y(static_cast<Eigen::Index>(step), window) =
            share * static_cast<double>(batch.targets[at * shape.horizon + step] - last);
    }
    squares.selfadjointView<Eigen::Lower>().rankUpdate(x.leftCols(count));
    products.noalias() += x.leftCols(count) * y.leftCols(count).transpose();
    return {};
  });
  if (!read) return forward_error(read);
  squares.diagonal().head(inputs - 1).array() += ridge;
  const Eigen::LDLT<Matrix, Eigen::Lower> factors(squares);
  const Matrix solution = factors.solve(products);
  if (factors.info() != Eigen::Success || !solution.allFinite())
    return fail(ErrorKind::data, "train.diverged", "the least-squares equations have no finite solution", {},
                "Look for values that are not numbers, or raise ridge.");
  std::vector<double> weights;
  weights.reserve(static_cast<std::size_t>(inputs * outputs));
  for (Eigen::Index row = 0; row < inputs; ++row)
    for (Eigen::Index column = 0; column < outputs; ++column) weights.push_back(solution(row, column));
  return weights;
}

}  // namespace clm
