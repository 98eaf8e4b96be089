#include "base/result.hpp"

namespace clm {

std::string to_string(const Error& error) {
  std::string text = error.code + ": " + error.message;
  if (!error.where.empty()) text += " (" + error.where + ")";
  if (!error.remedy.empty()) text += ". " + error.remedy;
  return text;
}

}  // namespace clm
