#include "models/networks/patchtst.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "models/networks/batch_norm.hpp"
#include "models/networks/linear_layer.hpp"
#include "models/networks/window_scale.hpp"

namespace clm {
namespace {

/// Windows that go through the layers together, up to the next batch norm: what they need stays in the cache.
constexpr std::size_t kPartWindows = 8;
constexpr std::size_t kLaneMultiple = 16;  // rows of attention scores are filled up to this

/// Places of dropouts in a step: a mask belongs to (key, place).
enum DropoutPlace : std::uint64_t { kEmbedding = 0, kHead = 1, kFirstOfLayers = 16 };
enum LayerPlace : std::uint64_t { kWeights, kProjection, kInside, kFeedForward, kPlacesPerLayer };

struct EncoderLayer {
  LinearLayer query_key_value, projection, expand, contract;
  BatchNorm norm_attention, norm_feed_forward;
};

class PatchTst final : public Network {
 public:
  PatchTst(const Kernels& kernels, const WindowShape& shape, std::size_t paths, const PatchTstOptions& options)
      : Network(kernels, shape, paths), options_(options) {
    patch_ = static_cast<std::size_t>(options.patch_length);
    stride_ = static_cast<std::size_t>(options.stride);
    width_ = static_cast<std::size_t>(options.width);
    heads_ = static_cast<std::size_t>(options.heads);
    hidden_ = static_cast<std::size_t>(options.hidden);
    patches_ = (shape.input_length - patch_) / stride_ + 2;
    padded_ = (patches_ + kLaneMultiple - 1) / kLaneMultiple * kLaneMultiple;
    embedding_ = LinearLayer(layout_, "embedding", shape.channels * patch_, width_);
    position_ = layout_.add_trained("position", {patches_, width_});
    for (int index = 0; index < options.layers; ++index) {
      const std::string name = "layer." + std::to_string(index);
      EncoderLayer layer;
      layer.query_key_value = LinearLayer(layout_, name + ".query_key_value", width_, 3 * width_);
      layer.projection = LinearLayer(layout_, name + ".projection", width_, width_);
      layer.expand = LinearLayer(layout_, name + ".expand", width_, hidden_);
      layer.contract = LinearLayer(layout_, name + ".contract", hidden_, width_);
      layer.norm_attention = BatchNorm(layout_, name + ".norm_attention", width_);
      layer.norm_feed_forward = BatchNorm(layout_, name + ".norm_feed_forward", width_);
      layers_.push_back(std::move(layer));
    }
    head_ = LinearLayer(layout_, "head", patches_ * width_, output_size());
    for (EncoderLayer& layer : layers_) {
      layer.norm_attention.add_kept(layout_);
      layer.norm_feed_forward.add_kept(layout_);
    }
  }

  void initialise(Random& random, std::span<float> parameters) const override {
    std::fill(parameters.begin(), parameters.end(), 0.0F);
    embedding_.initialise(random, parameters);
    for (float& value : parameters.subspan(position_, patches_ * width_))
      value = static_cast<float>((2 * random.uniform() - 1) * 0.02);
    for (const EncoderLayer& layer : layers_) {
      for (const LinearLayer* linear : {&layer.query_key_value, &layer.projection, &layer.expand, &layer.contract})
        linear->initialise(random, parameters);
      layer.norm_attention.initialise(parameters);
      layer.norm_feed_forward.initialise(parameters);
    }
    head_.initialise(random, parameters);
  }

  std::unique_ptr<NetworkPass> make_pass() const override;

 private:
  class Pass;

  PatchTstOptions options_;
  std::size_t patch_ = 0, stride_ = 0, width_ = 0, heads_ = 0, hidden_ = 0;
  std::size_t patches_ = 0;  ///< tokens of a window
  std::size_t padded_ = 0;   ///< patches_, filled up for the attention scores
  LinearLayer embedding_, head_;
  std::size_t position_ = 0;
  std::vector<EncoderLayer> layers_;
};

class PatchTst::Pass final : public NetworkPass {
 public:
  explicit Pass(const PatchTst& network) : net_(network), kept_(network.layers_.size()) {}

  std::span<const float> forward(const float* parameters, const float* inputs, std::size_t windows) override {
    return run<Mode::forecast>(parameters, inputs, windows);
  }

  std::span<const float> forward_training(float* parameters, const float* inputs, std::size_t windows,
                                          std::uint64_t key) override {
    key_ = key;
    return run<Mode::training>(parameters, inputs, windows);
  }

  void backward(const float* parameters, const float* d_outputs, float* gradient) override {
    const Kernels& kernels = net_.kernels_;
    const std::size_t size = net_.output_size(), columns = net_.patches_ * net_.width_;
    d_outputs_.resize(windows_ * size);
    for (std::size_t window = 0; window < windows_; ++window)
      for (std::size_t i = 0; i < size; ++i)
        d_outputs_[window * size + i] = d_outputs[window * size + i] * scale_[window].deviation;
    kernels.drop(d_outputs_.size(), d_outputs_.data(), d_outputs_.data(), mask(kHead, net_.options_.head_dropout));
    d_tokens_.resize(windows_ * columns);
    net_.head_.backward(kernels, parameters, windows_, encoded_.data(), columns, d_outputs_.data(), gradient,
                        d_tokens_.data(), columns);
    for (std::size_t index = net_.layers_.size(); index-- > 0;) {
      const EncoderLayer& layer = net_.layers_[index];
      Kept& kept = kept_[index];
      layer.norm_feed_forward.backward_parameters(kernels, kept.feed_forward_moments, tokens(), kept.fed_raw.data(),
                                                  d_tokens_.data(), gradient);
      in_parts([&](const Part& part) { feed_forward_backward(index, part, parameters, gradient); });
      layer.norm_attention.backward_parameters(kernels, kept.attention_moments, tokens(), kept.attended_raw.data(),
                                               d_tokens_.data(), gradient);
      in_parts([&](const Part& part) { attention_backward(index, part, parameters, gradient); });
    }
    kernels.drop(d_tokens_.size(), d_tokens_.data(), d_tokens_.data(), mask(kEmbedding, net_.options_.dropout));
    kernels.column_sums(windows_, columns, d_tokens_.data(), gradient + net_.position_);
    net_.embedding_.backward(kernels, parameters, tokens(), patches_.data(), net_.embedding_.inputs(), d_tokens_.data(),
                             gradient, nullptr, 0);
  }

 private:
  enum class Mode { forecast, training };

  /// What a layer keeps for its backward pass: [token][column], but records of heads: [window][head].
  struct Kept {
    Floats heads, mixed, attended_raw, inside, slope, fed_raw;
    BatchNorm::Moments attention_moments, feed_forward_moments;
  };

  std::size_t tokens() const { return windows_ * net_.patches_; }

  /// Some windows of the batch and their tokens.
  struct Part {
    std::size_t first_window, windows, first_token, tokens;
    LinearLayer::Into into_gradient() const {
      return first_window == 0 ? LinearLayer::Into::overwrite : LinearLayer::Into::add;
    }
  };
  template <typename Work>
  void in_parts(Work work) const {
    for (std::size_t first = 0; first < windows_; first += kPartWindows) {
      const std::size_t count = std::min(kPartWindows, windows_ - first);
      work(Part{first, count, first * net_.patches_, count * net_.patches_});
    }
  }

  DropoutMask mask(std::uint64_t place, double probability) const { return dropout_mask(key_, place, probability); }
  static std::uint64_t place(std::size_t layer, LayerPlace where) {
    return kFirstOfLayers + layer * kPlacesPerLayer + where;
  }
  /// Attention output goes through two dropouts in a row (after the projection, before the sum), which are one.
  DropoutMask projection_mask(std::size_t layer, double dropout) const {
    return mask(place(layer, kProjection), 1 - (1 - dropout) * (1 - dropout));
  }
  /// The mask for elements from `first` on.
  static DropoutMask from(DropoutMask mask, std::size_t first) {
    mask.first = static_cast<std::uint32_t>(first);
    return mask;
  }

  template <Mode mode, typename Parameter>
  std::span<const float> run(Parameter* parameters, const float* inputs, std::size_t windows) {
    const Kernels& kernels = net_.kernels_;
    windows_ = windows;
    cut_patches(inputs);
    embedded_.resize(tokens() * net_.width_);
    net_.embedding_.forward(kernels, parameters, tokens(), patches_.data(), net_.embedding_.inputs(), embedded_.data());
    const std::size_t columns = net_.patches_ * net_.width_;
    for (std::size_t window = 0; window < windows; ++window)
      kernels.add_to(columns, embedded_.data() + window * columns, parameters + net_.position_);
    if constexpr (mode == Mode::training)
      kernels.drop(embedded_.size(), embedded_.data(), embedded_.data(), mask(kEmbedding, net_.options_.dropout));
    for (std::size_t index = 0; index < net_.layers_.size(); ++index) layer_forward<mode>(index, parameters);
    encoded_.resize(tokens() * net_.width_);
    net_.layers_.back().norm_feed_forward.forward(kernels, parameters, kept_.back().feed_forward_moments, tokens(),
                                                  kept_.back().fed_raw.data(), encoded_.data());

    const std::size_t size = net_.output_size();
    outputs_.resize(windows * size);
    net_.head_.forward(kernels, parameters, windows, encoded_.data(), columns, outputs_.data());
    if constexpr (mode == Mode::training)
      kernels.drop(outputs_.size(), outputs_.data(), outputs_.data(), mask(kHead, net_.options_.head_dropout));
    for (std::size_t window = 0; window < windows; ++window)
      for (std::size_t i = 0; i < size; ++i)
        outputs_[window * size + i] = outputs_[window * size + i] * scale_[window].deviation + scale_[window].mean;
    return outputs_;
  }

  /// Normalises every channel of every window and lays its patches side by side: [window][patch][channel][bar].
  void cut_patches(const float* inputs) {
    const WindowShape& shape = net_.shape();
    scale_.resize(windows_);
    patches_.resize(tokens() * net_.embedding_.inputs());
    normalised_.resize(shape.input_length + net_.stride_);
    for (std::size_t window = 0; window < windows_; ++window) {
      for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        const float* const values = inputs + (window * shape.channels + channel) * shape.input_length;
        const WindowScale scale = normalise_window(values, shape.input_length, normalised_.data());
        if (channel == 0) scale_[window] = scale;
        std::fill(normalised_.begin() + static_cast<std::ptrdiff_t>(shape.input_length), normalised_.end(),
                  normalised_[shape.input_length - 1]);
        for (std::size_t patch = 0; patch < net_.patches_; ++patch)
          std::copy_n(normalised_.data() + patch * net_.stride_, net_.patch_,
                      patches_.data() + ((window * net_.patches_ + patch) * shape.channels + channel) * net_.patch_);
      }
    }
  }

  /// What enters a layer, and its attention's output after the norm: computed again for the backward pass, since
  /// reading them from main memory takes longer. Valid until the next call.
  const float* input_of(std::size_t index, const Part& part, const float* parameters) {
    if (index == 0) return embedded_.data() + part.first_token * net_.width_;
    return normed(net_.layers_[index - 1].norm_feed_forward, kept_[index - 1].feed_forward_moments,
                  kept_[index - 1].fed_raw, part, parameters);
  }
  const float* attended_of(std::size_t index, const Part& part, const float* parameters) {
    return normed(net_.layers_[index].norm_attention, kept_[index].attention_moments, kept_[index].attended_raw, part,
                  parameters);
  }
  const float* normed(const BatchNorm& norm, const BatchNorm::Moments& moments, const Floats& raw, const Part& part,
                      const float* parameters) {
    normed_.resize(part.tokens * net_.width_);
    norm.forward(net_.kernels_, parameters, moments, part.tokens, raw.data() + part.first_token * net_.width_,
                 normed_.data());
    return normed_.data();
  }

  /// What all heads of a network have in common.
  AttentionHead any_head() const {
    AttentionHead h;
    h.tokens = net_.patches_;
    h.padded = net_.padded_;
    h.width = net_.width_ / net_.heads_;
    h.scale = 1 / std::sqrt(static_cast<float>(h.width));
    h.stride = 3 * net_.width_;
    h.out_stride = net_.width_;
    return h;
  }
  AttentionHead head_of(std::size_t index, std::size_t window, std::size_t head, const DropoutMask& mask_of_weights) {
    const std::size_t number = window * net_.heads_ + head;
    AttentionHead h = any_head();
    h.layers = index + 1;
    for (std::size_t layer = 0; layer <= index; ++layer)
      h.records[layer] = kept_[layer].heads.data() + number * h.record_size();
    h.dropout = from(mask_of_weights, number * net_.patches_ * net_.padded_);
    h.out = kept_[index].mixed.data() + window * net_.patches_ * net_.width_ + head * h.width;
    h.scratch = scratch_.data();
    return h;
  }

  template <Mode mode, typename Parameter>
  void layer_forward(std::size_t index, Parameter* parameters) {
    const EncoderLayer& layer = net_.layers_[index];
    Kept& kept = kept_[index];
    const std::size_t rows = tokens(), width = net_.width_;
    kept.heads.resize(windows_ * net_.heads_ * any_head().record_size());
    scratch_.resize(any_head().scratch_size());
    for (Floats* floats : {&kept.mixed, &kept.attended_raw, &kept.fed_raw}) floats->resize(rows * width);
    kept.inside.resize(rows * net_.hidden_);
    if constexpr (mode == Mode::training) kept.slope.resize(kept.inside.size());

    in_parts([&](const Part& part) { attention_forward<mode>(index, part, parameters); });
    kept.attention_moments = moments<mode>(layer.norm_attention, parameters, kept.attended_raw);
    in_parts([&](const Part& part) { feed_forward<mode>(index, part, parameters); });
    kept.feed_forward_moments = moments<mode>(layer.norm_feed_forward, parameters, kept.fed_raw);
  }

  template <Mode mode, typename Parameter>
  BatchNorm::Moments moments(const BatchNorm& norm, Parameter* parameters, const Floats& raw) const {
    if constexpr (mode == Mode::training)
      return norm.measure(net_.kernels_, parameters, tokens(), raw.data());
    else
      return norm.kept(parameters);
  }

  /// From the raw output of the layer before to that of this layer's attention, before its norm.
  template <Mode mode>
  void attention_forward(std::size_t index, const Part& part, const float* parameters) {
    const EncoderLayer& layer = net_.layers_[index];
    const Kernels& kernels = net_.kernels_;
    Kept& kept = kept_[index];
    const std::size_t width = net_.width_, at = part.first_token * width;
    const float* const input = input_of(index, part, parameters);
    query_key_value_.resize(part.tokens * 3 * width);
    layer.query_key_value.forward(kernels, parameters, part.tokens, input, width, query_key_value_.data());
    const DropoutMask weights =
        mask(place(index, kWeights), mode == Mode::training ? net_.options_.attention_dropout : 0);
    for (std::size_t in_part = 0; in_part < part.windows; ++in_part) {
      for (std::size_t head = 0; head < net_.heads_; ++head) {
        AttentionHead h = head_of(index, part.first_window + in_part, head, weights);
        h.q = query_key_value_.data() + in_part * net_.patches_ * h.stride + head * h.width;
        h.k = h.q + width;
        h.v = h.k + width;
        kernels.attention(h);
      }
    }
    float* const out = kept.attended_raw.data() + at;
    layer.projection.forward(kernels, parameters, part.tokens, kept.mixed.data() + at, width, out);
    kernels.add_dropped(part.tokens * width, input, out, out,
                        from(projection_mask(index, mode == Mode::training ? net_.options_.dropout : 0), at));
  }

  /// From there to the layer's raw output.
  template <Mode mode>
  void feed_forward(std::size_t index, const Part& part, const float* parameters) {
    const EncoderLayer& layer = net_.layers_[index];
    const Kernels& kernels = net_.kernels_;
    Kept& kept = kept_[index];
    const std::size_t width = net_.width_, at = part.first_token * width, at_inside = part.first_token * net_.hidden_;
    const double dropout = mode == Mode::training ? net_.options_.dropout : 0;
    const float* const attended = attended_of(index, part, parameters);
    float* const inside = kept.inside.data() + at_inside;
    layer.expand.forward(kernels, parameters, part.tokens, attended, width, inside);
    kernels.gelu(part.tokens * net_.hidden_, inside, inside,
                 mode == Mode::training ? kept.slope.data() + at_inside : nullptr,
                 from(mask(place(index, kInside), dropout), at_inside));
    float* const out = kept.fed_raw.data() + at;
    layer.contract.forward(kernels, parameters, part.tokens, inside, net_.hidden_, out);
    kernels.add_dropped(part.tokens * width, attended, out, out, from(mask(place(index, kFeedForward), dropout), at));
  }

  /// d_tokens_ is the gradient of the layer's output and becomes that of its attention's, after the norm.
  void feed_forward_backward(std::size_t index, const Part& part, const float* parameters, float* gradient) {
    const EncoderLayer& layer = net_.layers_[index];
    const Kernels& kernels = net_.kernels_;
    const Kept& kept = kept_[index];
    const std::size_t width = net_.width_, at = part.first_token * width, at_inside = part.first_token * net_.hidden_;
    float* const d_tokens = d_tokens_.data() + at;
    layer.norm_feed_forward.backward(kernels, parameters, kept.feed_forward_moments, tokens(), part.tokens,
                                     kept.fed_raw.data() + at, d_tokens, gradient);
    const float* const branch = dropped(part, mask(place(index, kFeedForward), net_.options_.dropout));
    d_inside_.resize(part.tokens * net_.hidden_);
    layer.contract.backward(kernels, parameters, part.tokens, kept.inside.data() + at_inside, net_.hidden_, branch,
                            gradient, d_inside_.data(), net_.hidden_, LinearLayer::Into::overwrite,
                            part.into_gradient());
    kernels.scale_by(d_inside_.size(), d_inside_.data(), kept.slope.data() + at_inside);
    layer.expand.backward(kernels, parameters, part.tokens, attended_of(index, part, parameters), width,
                          d_inside_.data(), gradient, d_tokens, width, LinearLayer::Into::add, part.into_gradient());
  }

  /// From there to the layer's input.
  void attention_backward(std::size_t index, const Part& part, const float* parameters, float* gradient) {
    const EncoderLayer& layer = net_.layers_[index];
    const Kernels& kernels = net_.kernels_;
    const Kept& kept = kept_[index];
    const std::size_t width = net_.width_, at = part.first_token * width;
    float* const d_tokens = d_tokens_.data() + at;
    layer.norm_attention.backward(kernels, parameters, kept.attention_moments, tokens(), part.tokens,
                                  kept.attended_raw.data() + at, d_tokens, gradient);
    const float* const branch = dropped(part, projection_mask(index, net_.options_.dropout));
    d_mixed_.resize(part.tokens * width);
    layer.projection.backward(kernels, parameters, part.tokens, kept.mixed.data() + at, width, branch, gradient,
                              d_mixed_.data(), width, LinearLayer::Into::overwrite, part.into_gradient());
    heads_backward(index, part);
    layer.query_key_value.backward(kernels, parameters, part.tokens, input_of(index, part, parameters), width,
                                   d_query_key_value_.data(), gradient, d_tokens, width, LinearLayer::Into::add,
                                   part.into_gradient());
  }

  /// A part of d_tokens_ under the mask; itself where nothing is dropped.
  const float* dropped(const Part& part, const DropoutMask& mask) {
    const std::size_t at = part.first_token * net_.width_;
    if (mask.threshold == 0) return d_tokens_.data() + at;
    d_branch_.resize(part.tokens * net_.width_);
    net_.kernels_.drop(d_branch_.size(), d_tokens_.data() + at, d_branch_.data(), from(mask, at));
    return d_branch_.data();
  }

  void heads_backward(std::size_t index, const Part& part) {
    const std::size_t square = net_.patches_ * net_.padded_;
    d_query_key_value_.resize(part.tokens * 3 * net_.width_);
    const bool last = index + 1 == net_.layers_.size();
    if (net_.layers_.size() > 1) d_scores_.resize(windows_ * net_.heads_ * square);
    const DropoutMask weights = mask(place(index, kWeights), net_.options_.attention_dropout);
    for (std::size_t in_part = 0; in_part < part.windows; ++in_part) {
      const std::size_t window = part.first_window + in_part, row = in_part * net_.patches_;
      for (std::size_t head = 0; head < net_.heads_; ++head) {
        AttentionHead h = head_of(index, window, head, weights);
        h.d_out = d_mixed_.data() + row * net_.width_ + head * h.width;
        h.d_q = d_query_key_value_.data() + row * h.stride + head * h.width;
        h.d_k = h.d_q + net_.width_;
        h.d_v = h.d_k + net_.width_;
        float* const handed = d_scores_.data() + (window * net_.heads_ + head) * square;
        h.d_scores_above = last ? nullptr : handed;
        h.d_scores = index > 0 ? handed : nullptr;
        net_.kernels_.attention_backward(h);
      }
    }
  }

  const PatchTst& net_;
  std::size_t windows_ = 0;
  std::uint64_t key_ = 0;
  std::vector<Kept> kept_;
  std::vector<WindowScale> scale_;  // of each window's target
  Floats normalised_, patches_, embedded_, encoded_, outputs_, normed_;
  Floats query_key_value_, scratch_;
  Floats d_outputs_, d_tokens_, d_branch_, d_inside_, d_mixed_, d_query_key_value_, d_scores_;
};

std::unique_ptr<NetworkPass> PatchTst::make_pass() const { return std::make_unique<Pass>(*this); }

}  // namespace

std::unique_ptr<Network> make_patchtst(const Kernels& kernels, const WindowShape& shape, std::size_t paths,
                                       const PatchTstOptions& options) {
  return std::make_unique<PatchTst>(kernels, shape, paths, options);
}

}  // namespace clm
