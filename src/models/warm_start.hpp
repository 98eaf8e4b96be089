#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "models/model.hpp"

namespace clm {

/// Whether trainings of this type can go on from the weights of an earlier model (`ModelType::warm_started`).
bool can_start_warm(std::string_view type);

/// Whether all of them can. `where`: who names them. Error `train.warm_start` (usage).
Status check_warm_start_types(std::span<const std::string> types, std::string_view where);

/// The trainer, beginning with the weights of `parent` instead of drawn ones; `parent` is a model of its type, which
/// `can_start_warm`. Its parameters stay those of `trainer`: whoever makes such a model again has to know the parent.
/// `Trainer::train` then also has the error `train.warm_start` (usage), before anything is done: the parent reads other
/// windows, or is a network of another structure.
std::unique_ptr<Trainer> warm_started(std::unique_ptr<Trainer> trainer, std::shared_ptr<const Model> parent);

}  // namespace clm
