#include "base/contract.hpp"

#include <cstdio>
#include <cstdlib>

namespace clm {

void contract_broken(std::string_view what, std::source_location where) {
  std::fprintf(stderr, "clm: broken contract: %.*s (%s:%u, %s)\nThis is a defect of clm; please report it.\n",
               static_cast<int>(what.size()), what.data(), where.file_name(), where.line(), where.function_name());
  std::abort();
}

}  // namespace clm
