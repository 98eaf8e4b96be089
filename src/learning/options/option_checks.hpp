#pragma once
#include <string>
#include <vector>

#include "learning/options/learning_options.hpp"

namespace clm {

/// Something in the options that no command could work with: a name that nobody knows, or settings that contradict
/// each other. What lies within its own bounds is checked where it is read (`Settings`).
struct OptionProblem {
  std::string key;  ///< the setting to change, "section.name"
  std::string code;
  std::string message;
  std::string remedy;
};

/// All that is wrong, in the order of the settings; empty: nothing is. Codes are those with which a command would end
/// later (`model.type`, `symbol.name`, `symbol.path`, `ensemble.weights`, `train.options`, `train.warm_start`,
/// `interval.unknown`), and `config.empty`, `config.twice`, `config.contradiction`.
std::vector<OptionProblem> check_options(const LearningOptions& options);

/// What commands can work with and is hardly meant, as sentences: a limit of age that every new version is beyond.
std::vector<std::string> doubtful_options(const LearningOptions& options);

/// Share of the history, or of its window, that lies between the last fitted label and `as_of`: holdout and validation.
double withheld_share(const TrainingOptions& options);

}  // namespace clm
