#include "base/contract.hpp"

#include <cstdio>
#include <cstdlib>

namespace clm {

void contract_broken(std::string_view what, const char* file, int line, const char* function) {
  std::fprintf(stderr, "clm: broken contract: %.*s (%s:%d, %s)\nThis is a defect of clm; please report it.\n",
               static_cast<int>(what.size()), what.data(), file, line, function);
  std::abort();
}

}  // namespace clm
