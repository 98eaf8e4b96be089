#include "models/networks/linear_networks.hpp"

#include <algorithm>

#include "models/networks/linear_layer.hpp"

namespace clm {
namespace {

class NLinear final : public Network {
 public:
  NLinear(const Kernels& kernels, const WindowShape& shape, std::size_t paths)
      : Network(kernels, shape, paths), linear_(layout_, "linear", shape.input_size(), output_size()) {}

  // Begins as the mean of the window, as the authors' code does.
  void initialise(Random&, std::span<float> parameters) const override {
    std::fill(parameters.begin(), parameters.end(), 0.0F);
    std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(linear_.weight()),
                shape().input_size() * output_size(), 1.0F / static_cast<float>(shape().input_size()));
  }

  std::unique_ptr<NetworkPass> make_pass() const override { return std::make_unique<Pass>(*this); }

 private:
  class Pass final : public NetworkPass {
   public:
    explicit Pass(const NLinear& network) : net_(network) {}

    std::span<const float> forward(const float* parameters, const float* inputs, std::size_t windows) override {
      const WindowShape& shape = net_.shape();
      windows_ = windows;
      shifted_.resize(windows * shape.input_size());
      for (std::size_t row = 0; row < windows * shape.channels; ++row) {
        const float* const values = inputs + row * shape.input_length;
        const float last = values[shape.input_length - 1];
        for (std::size_t bar = 0; bar < shape.input_length; ++bar)
          shifted_[row * shape.input_length + bar] = values[bar] - last;
      }
      outputs_.resize(windows * net_.output_size());
      net_.linear_.forward(net_.kernels_, parameters, windows, shifted_.data(), shape.input_size(), outputs_.data());
      for (std::size_t window = 0; window < windows; ++window) {
        const float last = inputs[window * shape.input_size() + shape.input_length - 1];
        for (std::size_t i = 0; i < net_.output_size(); ++i) outputs_[window * net_.output_size() + i] += last;
      }
      return outputs_;
    }
    std::span<const float> forward_training(float* parameters, const float* inputs, std::size_t windows,
                                            std::uint64_t) override {
      return forward(parameters, inputs, windows);
    }
    void backward(const float* parameters, const float* d_outputs, float* gradient) override {
      net_.linear_.backward(net_.kernels_, parameters, windows_, shifted_.data(), net_.shape().input_size(), d_outputs,
                            gradient, nullptr, 0);
    }

   private:
    const NLinear& net_;
    std::size_t windows_ = 0;
    Floats shifted_, outputs_;
  };

  LinearLayer linear_;
};

class DLinear final : public Network {
 public:
  DLinear(const Kernels& kernels, const WindowShape& shape, std::size_t paths, std::size_t moving_average)
      : Network(kernels, shape, paths),
        moving_average_(moving_average),
        trend_(layout_, "trend", shape.input_size(), output_size()),
        remainder_(layout_, "remainder", shape.input_size(), output_size()) {}

  void initialise(Random&, std::span<float> parameters) const override {
    std::fill(parameters.begin(), parameters.end(), 0.0F);
    for (const LinearLayer* layer : {&trend_, &remainder_})
      std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(layer->weight()),
                  shape().input_size() * output_size(), 1.0F / static_cast<float>(shape().input_size()));
  }

  std::unique_ptr<NetworkPass> make_pass() const override { return std::make_unique<Pass>(*this); }

 private:
  class Pass final : public NetworkPass {
   public:
    explicit Pass(const DLinear& network) : net_(network) {}

    std::span<const float> forward(const float* parameters, const float* inputs, std::size_t windows) override {
      windows_ = windows;
      const std::size_t size = net_.shape().input_size();
      trend_.resize(windows * size);
      remainder_.resize(windows * size);
      for (std::size_t row = 0; row < windows * net_.shape().channels; ++row) decompose(inputs, row);
      outputs_.resize(windows * net_.output_size());
      other_.resize(outputs_.size());
      net_.trend_.forward(net_.kernels_, parameters, windows, trend_.data(), size, outputs_.data());
      net_.remainder_.forward(net_.kernels_, parameters, windows, remainder_.data(), size, other_.data());
      net_.kernels_.add_to(outputs_.size(), outputs_.data(), other_.data());
      return outputs_;
    }
    std::span<const float> forward_training(float* parameters, const float* inputs, std::size_t windows,
                                            std::uint64_t) override {
      return forward(parameters, inputs, windows);
    }
    void backward(const float* parameters, const float* d_outputs, float* gradient) override {
      const std::size_t size = net_.shape().input_size();
      net_.trend_.backward(net_.kernels_, parameters, windows_, trend_.data(), size, d_outputs, gradient, nullptr, 0);
      net_.remainder_.backward(net_.kernels_, parameters, windows_, remainder_.data(), size, d_outputs, gradient,
                               nullptr, 0);
    }

   private:
    void decompose(const float* inputs, std::size_t row) {
      const auto length = static_cast<std::ptrdiff_t>(net_.shape().input_length);
      const auto reach = static_cast<std::ptrdiff_t>(net_.moving_average_ / 2);
      const float* const values = inputs + static_cast<std::ptrdiff_t>(row) * length;
      float* const trend = trend_.data() + static_cast<std::ptrdiff_t>(row) * length;
      float* const remainder = remainder_.data() + static_cast<std::ptrdiff_t>(row) * length;
      double sum = 0;
      const auto padded = [&](std::ptrdiff_t bar) {
        return static_cast<double>(values[std::clamp<std::ptrdiff_t>(bar, 0, length - 1)]);
      };
      for (std::ptrdiff_t bar = -reach; bar < reach; ++bar) sum += padded(bar);
      for (std::ptrdiff_t bar = 0; bar < length; ++bar) {
        sum += padded(bar + reach);
        trend[bar] = static_cast<float>(sum / static_cast<double>(net_.moving_average_));
        remainder[bar] = values[bar] - trend[bar];
        sum -= padded(bar - reach);
      }
    }

    const DLinear& net_;
    std::size_t windows_ = 0;
    Floats trend_, remainder_, outputs_, other_;
  };

  std::size_t moving_average_;
  LinearLayer trend_, remainder_;
};

}  // namespace

std::unique_ptr<Network> make_nlinear(const Kernels& kernels, const WindowShape& shape, std::size_t paths) {
  return std::make_unique<NLinear>(kernels, shape, paths);
}

std::unique_ptr<Network> make_dlinear(const Kernels& kernels, const WindowShape& shape, std::size_t paths,
                                      std::size_t moving_average) {
  return std::make_unique<DLinear>(kernels, shape, paths, moving_average);
}

}  // namespace clm
