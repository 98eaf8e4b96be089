#pragma once
#include "models/networks/kernels/kernels.hpp"
#include "models/sequence/network_options.hpp"
#include "models/sequence/sequence_forecaster.hpp"

namespace clm {

/// Trains by gradient descent, or solves where the options are those of the closed form. The options are in range.
std::unique_ptr<SequenceTrainer> make_network_trainer(const Kernels& kernels, NetworkOptions options);

/// "cpu (avx512)"
std::string network_device(const Kernels& kernels);

/// The learning rate of a step: `step` of `steps` in all, in epoch `epoch` (from 0) of `options.epochs`.
double scheduled_rate(const FitOptions& options, std::size_t step, std::size_t steps, std::size_t epoch);

}  // namespace clm
