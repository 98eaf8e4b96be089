#pragma once
#include <string>

#include "report/ensemble_figures.hpp"

namespace clm::app {

/// The members of an ensemble side by side: weight, rank IC, what each adds, how alike they are; and why the weights
/// are what they are. HTML.
std::string ensemble_section(const EnsembleFigures& ensemble);

}  // namespace clm::app
