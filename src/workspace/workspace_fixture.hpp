#pragma once
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "learning/cycle/learning_fixture.hpp"
#include "workspace/workspace.hpp"

namespace clm::testing {

/// A workspace in a directory of its own, opened as a front end opens it, and a clock that stands still.
class WorkspaceTest : public ::testing::Test {
 protected:
  static WorkspaceOptions options(Workspace::Access access) {
    return {access, {}, std::filesystem::temp_directory_path(), {"1.2.3", "c0ffee"}};
  }
  std::unique_ptr<Workspace> open(Workspace::Access access = Workspace::Access::change) const {
    auto workspace = Workspace::open(place_, clock_, options(access));
    EXPECT_TRUE(workspace) << to_string(workspace.error());
    return workspace ? std::move(*workspace) : nullptr;
  }
  RunContext undisturbed() { return {clock_, cancel_, progress_, 1}; }

  /// Stores all 1,300 bars of the easy market; the clock says which of them are known.
  void store_market() const {
    auto store = CandleStore::open(place_.candles());
    ASSERT_TRUE(store) << to_string(store.error());
    const auto written = store->write_all(easy_market().series);
    ASSERT_TRUE(written) << to_string(written.error());
  }
  /// Cuts a stored file of one symbol in half.
  void damage(const std::string& symbol) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place_.candles())) {
      if (entry.path().extension() != ".parquet" || entry.path().parent_path().filename() != symbol) continue;
      std::filesystem::resize_file(entry.path(), entry.file_size() / 2);
      return;
    }
    FAIL() << "nothing is stored of " << symbol;
  }

  TempDirectory directory_;
  WorkspaceDirectory place_ = WorkspaceDirectory::init(directory_.path() / "w", "").value();
  ManualClock clock_{close_of(kBars)};
  CancelToken cancel_;
  SilentProgress progress_;
};

}  // namespace clm::testing
