#pragma once
// Written by tools/oracles/torch_networks.py with PyTorch 2.15.0+cu132.
#include <vector>

namespace clm {

/// L2 norm and middle element of the gradient of a tensor.
struct OracleGradient {
  const char* tensor;
  double norm, middle;
};

inline const std::vector<double> kPatchTstOutputs = {
    0.2698583,  0.2524318,  -0.08599229, -0.4203835, 0.03012731,  0.1195641,  0.967408,   0.4101179,
    -0.1208865, -0.500487,  -0.2783896,  0.5547079,  0.5992387,   0.4101384,  -0.1457223, -0.4828903,
    -0.304018,  -0.0495327, 0.8636061,   0.3675294,  -0.2743727,  -0.8277404, -0.5543672, 0.2380315,
    0.5072189,  0.1774447,  -0.4144259,  -0.484246,  -0.05818312, 0.3117365};
inline const std::vector<OracleGradient> kPatchTstGradients = {
    {"embedding.weight", 0.2977837, 0.002911152},
    {"embedding.bias", 0.01101651, 0.001445544},
    {"position", 0.1013806, -0.0005177399},
    {"layer.0.projection.weight", 0.2020123, 0.01400823},
    {"layer.0.projection.bias", 4.383396e-17, -3.642919e-17},
    {"layer.0.expand.weight", 0.1234278, 0.006413987},
    {"layer.0.expand.bias", 0.05162009, -0.0005511337},
    {"layer.0.contract.weight", 0.1418556, 0.001952192},
    {"layer.0.contract.bias", 3.499329e-16, -9.020562e-17},
    {"layer.0.norm_attention.gain", 0.2383487, 0.05822144},
    {"layer.0.norm_attention.shift", 0.0187476, 0.007604259},
    {"layer.0.norm_feed_forward.gain", 0.2916409, -0.06801384},
    {"layer.0.norm_feed_forward.shift", 0.006963618, -0.002289851},
    {"layer.1.projection.weight", 0.1153, 0.04435179},
    {"layer.1.projection.bias", 3.09157e-16, 2.567391e-16},
    {"layer.1.expand.weight", 0.07843749, -0.0002181951},
    {"layer.1.expand.bias", 0.01808606, -0.001926871},
    {"layer.1.contract.weight", 0.06748604, -0.0002722009},
    {"layer.1.contract.bias", 1.020194e-16, -5.20417e-18},
    {"layer.1.norm_attention.gain", 0.2308887, -0.0318035},
    {"layer.1.norm_attention.shift", 0.005268511, -0.004021405},
    {"layer.1.norm_feed_forward.gain", 0.2193486, -0.08899467},
    {"layer.1.norm_feed_forward.shift", 0.001592762, 3.86883e-05},
    {"layer.2.projection.weight", 0.1280067, 0.003483106},
    {"layer.2.projection.bias", 2.159121e-16, 1.457168e-16},
    {"layer.2.expand.weight", 0.07870284, 0.003005573},
    {"layer.2.expand.bias", 0.02499496, -0.003121832},
    {"layer.2.contract.weight", 0.09026739, -0.01085512},
    {"layer.2.contract.bias", 1.853984e-16, -2.775558e-17},
    {"layer.2.norm_attention.gain", 0.25835, -0.02382192},
    {"layer.2.norm_attention.shift", 0.01253948, 0.001646},
    {"layer.2.norm_feed_forward.gain", 0.351684, 0.190748},
    {"layer.2.norm_feed_forward.shift", 0.1713815, 0.01066868},
    {"layer.0.query.weight", 0.06854554, -0.004157648},
    {"layer.0.query.bias", 0.01644565, -0.006814555},
    {"layer.0.key.weight", 0.07346558, -0.0128023},
    {"layer.0.key.bias", 2.339448e-17, 1.084202e-17},
    {"layer.0.value.weight", 0.1463648, 0.0001784249},
    {"layer.0.value.bias", 3.622533e-17, 1.756408e-17},
    {"layer.1.query.weight", 0.005429984, 7.554076e-05},
    {"layer.1.query.bias", 0.006570892, -0.004306446},
    {"layer.1.key.weight", 0.003309492, -0.0002670397},
    {"layer.1.key.bias", 4.490613e-18, -2.168404e-18},
    {"layer.1.value.weight", 0.1208106, -0.0055335},
    {"layer.1.value.bias", 1.728342e-16, 8.673617e-18},
    {"layer.2.query.weight", 0.002460365, 9.828477e-05},
    {"layer.2.query.bias", 0.001641325, -0.0002777975},
    {"layer.2.key.weight", 0.002913737, 0.0006591096},
    {"layer.2.key.bias", 2.046622e-18, -8.809143e-19},
    {"layer.2.value.weight", 0.08709624, -0.001781685},
    {"layer.2.value.bias", 9.762444e-17, 4.336809e-17},
    {"head.weight", 0.3867904, -0.01718688},
    {"head.bias", 0.1364207, 0.04210792},
};
inline const std::vector<double> kNHitsOutputs = {
    -1.163191, -0.6621814, -0.6734738, -1.086354,  -1.449427,  -0.6050274, -0.9651841,  -1.224964,
    -1.943252, -1.794795,  -1.651013,  -1.588015,  -1.631812,  -1.020618,  -0.6526248,  -0.6234394,
    0.6238316, 0.01052153, -0.3855813, -0.3686465, -0.2273802, 0.5209336,  1.284103,    1.545649,
    1.84676,   1.997803,   1.273936,   0.06461641, -1.057585,  -0.679757,  -0.08916822, 1.121625,
    -1.238498, -0.9047148, -1.113826,  -1.591681,  -1.858065,  -1.123218,  -1.405761,   -1.557866};
inline const std::vector<OracleGradient> kNHitsGradients = {
    {"stack.0.block.0.input.weight", 0.1689981, 0.003444226},
    {"stack.0.block.0.input.bias", 0.07472658, 0.002800112},
    {"stack.0.block.0.hidden.0.weight", 0.262687, -0.01455757},
    {"stack.0.block.0.hidden.0.bias", 0.1133213, 0.02738894},
    {"stack.0.block.0.hidden.1.weight", 0.3724219, 0.09163622},
    {"stack.0.block.0.hidden.1.bias", 0.2684352, 0},
    {"stack.0.block.0.theta.weight", 0.4286097, 0},
    {"stack.0.block.0.theta.bias", 0.6994197, 0.008175229},
    {"stack.1.block.0.input.weight", 0.2474231, 0.05497988},
    {"stack.1.block.0.input.bias", 0.09628488, 0.04053811},
    {"stack.1.block.0.hidden.0.weight", 0.1895121, -0.003606908},
    {"stack.1.block.0.hidden.0.bias", 0.1140595, -0.05778481},
    {"stack.1.block.0.hidden.1.weight", 0.3379383, 0},
    {"stack.1.block.0.hidden.1.bias", 0.2768105, -0.0312722},
    {"stack.1.block.0.theta.weight", 0.3909329, -0.004495082},
    {"stack.1.block.0.theta.bias", 0.5187525, 0.04909426},
    {"stack.2.block.0.input.weight", 0.4399265, -0.02405432},
    {"stack.2.block.0.input.bias", 0.1099372, 0.03924581},
    {"stack.2.block.0.hidden.0.weight", 0.7500873, -0.0674815},
    {"stack.2.block.0.hidden.0.bias", 0.1087104, 0.01558965},
    {"stack.2.block.0.hidden.1.weight", 1.060761, 0.08452464},
    {"stack.2.block.0.hidden.1.bias", 0.240767, 0.02659592},
    {"stack.2.block.0.theta.weight", 1.15282, 0},
    {"stack.2.block.0.theta.bias", 0.3759344, 0},
};

}  // namespace clm
