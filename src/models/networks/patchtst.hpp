#pragma once
#include <memory>

#include "models/networks/network.hpp"
#include "models/sequence/network_options.hpp"

namespace clm {

/// PatchTST (Nie et al. 2023, ICLR, "A Time Series is Worth 64 Words", section 3.1 and the authors' supervised code).
/// Every channel is normalised by its own window (mean, standard deviation with 1e-5 added to the variance), its end
/// repeated for one stride, cut into floor((input_length - patch_length) / stride) + 2 patches; a patch of all channels
/// is one token: projected, a learned position added. Encoder layers: attention whose scores are handed on, then
/// feed-forward with GELU, each added to its input and followed by batch norm over windows and tokens. One linear head
/// over all tokens; the path is scaled back by the target's mean and deviation.
///
/// Weights: embedding.{weight [channels * patch_length][width], bias}, position [patches][width],
/// layer.I.{query_key_value [width][3 * width], projection, expand, contract}.{weight,bias},
/// layer.I.norm_{attention,feed_forward}.{gain,shift,mean,variance}, head.{weight [patches * width][paths * horizon],
/// bias}.
std::unique_ptr<Network> make_patchtst(const Kernels& kernels, const WindowShape& shape, std::size_t paths,
                                       const PatchTstOptions& options);

}  // namespace clm
