#pragma once
#include <string>
#include <vector>

namespace clm {

/// Who makes up a lineup, by the model type of each member: "lightgbm and xgboost", "3 vintages of lightgbm and 1 of
/// xgboost". Empty of nobody.
std::string vintages_in_words(const std::vector<std::string>& model_types);

}  // namespace clm
