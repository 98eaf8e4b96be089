#include "models/networks/nhits.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "models/networks/linear_layer.hpp"
#include "models/networks/window_scale.hpp"

namespace clm {
namespace {

/// Linear interpolation from `knots` values to `steps` (PyTorch's interpolate(mode="linear", align_corners=False)):
/// step i lies at (i + .5) knots / steps - .5, held inside.
struct Interpolation {
  struct Point {
    std::size_t left = 0, right = 0;
    float to_right = 0;
  };
  std::vector<Point> points;

  Interpolation(std::size_t knots, std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
      const double at =
          std::max(0.0, (static_cast<double>(i) + .5) * static_cast<double>(knots) / static_cast<double>(steps) - .5);
      Point point;
      point.left = std::min(static_cast<std::size_t>(at), knots - 1);
      point.right = std::min(point.left + 1, knots - 1);
      point.to_right = static_cast<float>(at - static_cast<double>(point.left));
      points.push_back(point);
    }
  }
};

struct PooledBlock {
  std::size_t pool = 1;    ///< bars
  std::size_t pooled = 0;  ///< values per channel
  std::size_t knots = 0;   ///< per path
  LinearLayer input;
  std::vector<LinearLayer> hidden;
  LinearLayer theta;
  Interpolation interpolation;
};

class NHits final : public Network {
 public:
  NHits(const Kernels& kernels, const WindowShape& shape, std::size_t paths, const NHitsOptions& options)
      : Network(kernels, shape, paths), dropout_(options.dropout), normalise_(options.normalise_window) {
    const auto width = static_cast<std::size_t>(options.hidden);
    for (std::size_t stack = 0; stack < options.blocks.size(); ++stack) {
      for (int index = 0; index < options.blocks[stack]; ++index) {
        const auto pool = static_cast<std::size_t>(options.pool_kernel[stack]);
        const std::size_t pooled = (shape.input_length + pool - 1) / pool;
        const std::size_t knots =
            std::max<std::size_t>(shape.horizon / static_cast<std::size_t>(options.freq_downsample[stack]), 1);
        const std::string name = "stack." + std::to_string(stack) + ".block." + std::to_string(index);
        PooledBlock block{pool, pooled, knots, {}, {}, {}, Interpolation(knots, shape.horizon)};
        block.input = LinearLayer(layout_, name + ".input", shape.channels * pooled, width);
        for (int layer = 0; layer < options.hidden_layers; ++layer)
          block.hidden.emplace_back(layout_, name + ".hidden." + std::to_string(layer), width, width);
        block.theta = LinearLayer(layout_, name + ".theta", width, shape.input_length + paths * knots);
        blocks_.push_back(std::move(block));
      }
    }
  }

  void initialise(Random& random, std::span<float> parameters) const override {
    std::fill(parameters.begin(), parameters.end(), 0.0F);
    for (const PooledBlock& block : blocks_) {
      block.input.initialise(random, parameters);
      for (const LinearLayer& layer : block.hidden) layer.initialise(random, parameters);
      block.theta.initialise(random, parameters);
    }
  }

  std::unique_ptr<NetworkPass> make_pass() const override { return std::make_unique<Pass>(*this); }

 private:
  class Pass final : public NetworkPass {
   public:
    explicit Pass(const NHits& network) : net_(network), kept_(network.blocks_.size()) {}

    std::span<const float> forward(const float* parameters, const float* inputs, std::size_t windows) override {
      return run(parameters, inputs, windows, 0, 0.0);
    }
    std::span<const float> forward_training(float* parameters, const float* inputs, std::size_t windows,
                                            std::uint64_t key) override {
      return run(parameters, inputs, windows, key, net_.dropout_);
    }

    void backward(const float* parameters, const float* d_outputs, float* gradient) override {
      const WindowShape& shape = net_.shape();
      const std::size_t size = net_.output_size();
      d_outputs_.resize(windows_ * size);
      for (std::size_t window = 0; window < windows_; ++window)
        for (std::size_t i = 0; i < size; ++i)
          d_outputs_[window * size + i] = d_outputs[window * size + i] * scale_[window].deviation;
      // Of what is left of the target after the last block: nobody looks at it.
      d_residual_.assign(windows_ * shape.input_length, 0.0F);
      for (std::size_t index = net_.blocks_.size(); index-- > 0;)
        block_backward(index, parameters, d_outputs_.data(), gradient);
    }

   private:
    /// What the forward pass keeps of one block.
    struct Kept {
      Floats pooled;                       // [window][channel][value]
      std::vector<std::uint32_t> largest;  // [window][value]: which bar of the target the pooling chose
      std::vector<Floats> activations;     // input layer, then after each ReLU
      std::vector<DropoutMask> masks;
    };

    std::span<const float> run(const float* parameters, const float* inputs, std::size_t windows, std::uint64_t key,
                               double dropout) {
      const WindowShape& shape = net_.shape();
      windows_ = windows;
      residual_.resize(windows * shape.input_length);
      outputs_.resize(windows * net_.output_size());
      const float* const scaled = scale(inputs);
      const std::size_t size = net_.output_size();
      for (std::size_t window = 0; window < windows; ++window) {
        const float* const target = scaled + window * shape.input_size();
        std::copy_n(target, shape.input_length, residual_.data() + window * shape.input_length);
        std::fill_n(outputs_.data() + window * size, size, target[shape.input_length - 1]);
      }
      for (std::size_t index = 0; index < net_.blocks_.size(); ++index)
        block_forward(index, parameters, scaled, key, dropout);
      for (std::size_t window = 0; window < windows; ++window)
        for (std::size_t i = 0; i < size; ++i)
          outputs_[window * size + i] = outputs_[window * size + i] * scale_[window].deviation + scale_[window].mean;
      return outputs_;
    }

    /// The windows as the blocks see them.
    const float* scale(const float* inputs) {
      const WindowShape& shape = net_.shape();
      scale_.assign(windows_, WindowScale{});
      if (!net_.normalise_) return inputs;
      scaled_.resize(windows_ * shape.input_size());
      for (std::size_t row = 0; row < windows_ * shape.channels; ++row) {
        const WindowScale scale = normalise_window(inputs + row * shape.input_length, shape.input_length,
                                                   scaled_.data() + row * shape.input_length);
        if (row % shape.channels == 0) scale_[row / shape.channels] = scale;
      }
      return scaled_.data();
    }

    void block_forward(std::size_t index, const float* parameters, const float* inputs, std::uint64_t key,
                       double dropout) {
      const PooledBlock& block = net_.blocks_[index];
      const Kernels& kernels = net_.kernels_;
      Kept& kept = kept_[index];
      pool(block, inputs, kept);
      kept.activations.resize(block.hidden.size() + 1);
      kept.masks.resize(block.hidden.size());
      kept.activations[0].resize(windows_ * block.input.outputs());
      block.input.forward(kernels, parameters, windows_, kept.pooled.data(), block.input.inputs(),
                          kept.activations[0].data());
      for (std::size_t i = 0; i < block.hidden.size(); ++i) {
        const LinearLayer& layer = block.hidden[i];
        Floats& out = kept.activations[i + 1];
        out.resize(windows_ * layer.outputs());
        layer.forward(kernels, parameters, windows_, kept.activations[i].data(), layer.inputs(), out.data());
        kept.masks[i] = dropout_mask(key, index * 64 + i, dropout);
        kernels.relu(out.size(), out.data(), out.data(), kept.masks[i]);
      }
      theta_.resize(windows_ * block.theta.outputs());
      block.theta.forward(kernels, parameters, windows_, kept.activations.back().data(), block.theta.inputs(),
                          theta_.data());
      apply(block);
    }

    /// Largest value of every `pool` bars; the last group may be shorter (ceil_mode).
    void pool(const PooledBlock& block, const float* inputs, Kept& kept) {
      const WindowShape& shape = net_.shape();
      kept.pooled.resize(windows_ * shape.channels * block.pooled);
      kept.largest.resize(windows_ * block.pooled);
      for (std::size_t window = 0; window < windows_; ++window) {
        for (std::size_t channel = 0; channel < shape.channels; ++channel) {
          const float* const values = channel == 0
                                          ? residual_.data() + window * shape.input_length
                                          : inputs + window * shape.input_size() + channel * shape.input_length;
          float* const out = kept.pooled.data() + (window * shape.channels + channel) * block.pooled;
          // Channel 0 remembers the bars, since its gradient goes on to the block before.
          std::uint32_t* const largest = channel == 0 ? kept.largest.data() + window * block.pooled : nullptr;
          for (std::size_t group = 0; group < block.pooled; ++group) {
            // From the newest bar on, as the authors pool the reversed window.
            const std::size_t newest = shape.input_length - group * block.pool;
            const std::size_t oldest = newest > block.pool ? newest - block.pool : 0;
            std::size_t best = newest - 1;
            for (std::size_t bar = newest - 1; bar-- > oldest;)
              if (values[bar] > values[best]) best = bar;
            out[group] = values[best];
            if (largest != nullptr) largest[group] = static_cast<std::uint32_t>(best);
          }
        }
      }
    }

    /// Takes the backcast off the target and adds the interpolated knots to the paths.
    void apply(const PooledBlock& block) {
      const std::size_t length = net_.shape().input_length, horizon = net_.shape().horizon;
      for (std::size_t window = 0; window < windows_; ++window) {
        const float* const theta = theta_.data() + window * block.theta.outputs();
        float* const residual = residual_.data() + window * length;
        for (std::size_t bar = 0; bar < length; ++bar) residual[bar] -= theta[bar];
        for (std::size_t path = 0; path < net_.paths(); ++path) {
          const float* const knots = theta + length + path * block.knots;
          float* const out = outputs_.data() + (window * net_.paths() + path) * horizon;
          for (std::size_t step = 0; step < horizon; ++step) {
            const Interpolation::Point& point = block.interpolation.points[step];
            out[step] += knots[point.left] + point.to_right * (knots[point.right] - knots[point.left]);
          }
        }
      }
    }

    void block_backward(std::size_t index, const float* parameters, const float* d_outputs, float* gradient) {
      const PooledBlock& block = net_.blocks_[index];
      const Kernels& kernels = net_.kernels_;
      Kept& kept = kept_[index];
      gradient_of_theta(block, d_outputs);
      d_activation_.resize(windows_ * block.theta.inputs());
      block.theta.backward(kernels, parameters, windows_, kept.activations.back().data(), block.theta.inputs(),
                           theta_.data(), gradient, d_activation_.data(), block.theta.inputs());
      for (std::size_t i = block.hidden.size(); i-- > 0;) {
        const LinearLayer& layer = block.hidden[i];
        kernels.relu_backward(kept.activations[i + 1].size(), kept.activations[i + 1].data(), d_activation_.data(),
                              kept.masks[i]);
        d_before_.resize(windows_ * layer.inputs());
        layer.backward(kernels, parameters, windows_, kept.activations[i].data(), layer.inputs(), d_activation_.data(),
                       gradient, d_before_.data(), layer.inputs());
        d_activation_.swap(d_before_);
      }
      // The first block pools the window itself, whose gradient nobody needs.
      const bool wanted = index > 0;
      d_pooled_.resize(windows_ * block.input.inputs());
      block.input.backward(kernels, parameters, windows_, kept.pooled.data(), block.input.inputs(),
                           d_activation_.data(), gradient, wanted ? d_pooled_.data() : nullptr, block.input.inputs());
      if (!wanted) return;
      const std::size_t length = net_.shape().input_length;
      for (std::size_t window = 0; window < windows_; ++window)
        for (std::size_t group = 0; group < block.pooled; ++group)
          d_residual_[window * length + kept.largest[window * block.pooled + group]] +=
              d_pooled_[window * block.input.inputs() + group];
    }

    void gradient_of_theta(const PooledBlock& block, const float* d_outputs) {
      const std::size_t length = net_.shape().input_length, horizon = net_.shape().horizon;
      theta_.resize(windows_ * block.theta.outputs());
      for (std::size_t window = 0; window < windows_; ++window) {
        float* const theta = theta_.data() + window * block.theta.outputs();
        const float* const residual = d_residual_.data() + window * length;
        for (std::size_t bar = 0; bar < length; ++bar) theta[bar] = -residual[bar];
        std::fill_n(theta + length, net_.paths() * block.knots, 0.0F);
        for (std::size_t path = 0; path < net_.paths(); ++path) {
          float* const knots = theta + length + path * block.knots;
          const float* const out = d_outputs + (window * net_.paths() + path) * horizon;
          for (std::size_t step = 0; step < horizon; ++step) {
            const Interpolation::Point& point = block.interpolation.points[step];
            knots[point.left] += out[step] * (1 - point.to_right);
            knots[point.right] += out[step] * point.to_right;
          }
        }
      }
    }

    const NHits& net_;
    std::size_t windows_ = 0;
    std::vector<Kept> kept_;
    std::vector<WindowScale> scale_;  // of each window's target
    Floats scaled_, residual_, outputs_, d_outputs_, theta_, d_residual_, d_activation_, d_before_, d_pooled_;
  };

  std::vector<PooledBlock> blocks_;
  double dropout_;
  bool normalise_;
};

}  // namespace

std::unique_ptr<Network> make_nhits(const Kernels& kernels, const WindowShape& shape, std::size_t paths,
                                    const NHitsOptions& options) {
  return std::make_unique<NHits>(kernels, shape, paths, options);
}

}  // namespace clm
