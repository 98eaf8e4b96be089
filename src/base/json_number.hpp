#pragma once
#include <nlohmann/json_fwd.hpp>

namespace clm {

/// The number as JSON; null where it is not finite: documents know no NaN and no infinity.
nlohmann::json finite_or_null(double value);

}  // namespace clm
