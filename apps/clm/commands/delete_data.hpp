#pragma once
#include <memory>
#include <string>

#include "cli/program.hpp"

namespace clm::app {

/// What `clm data --delete` was told.
struct DeleteFlags {
  std::string symbol, from, to, venue, interval, what = "all";
};

/// Declares them on the command.
std::shared_ptr<DeleteFlags> add_delete_flags(CLI::App& command);
bool is_asked(const DeleteFlags& flags);

/// Removes the rows as a batch, which can be undone, and says what went.
Result<int> delete_data(Program& program, const DeleteFlags& flags);

}  // namespace clm::app
