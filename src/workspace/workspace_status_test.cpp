#include "workspace/workspace_status.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workspace/learning_workspace.hpp"
#include "workspace/workspace_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::kBars;

class WorkspaceStatusTest : public testing::WorkspaceTest {
 protected:
  WorkspaceStatus status() const { return survey_workspace(*open(Workspace::Access::look), 1); }
  static SubsystemState part(const WorkspaceStatus& status, const std::string& name) {
    const auto found = std::find_if(status.subsystems.begin(), status.subsystems.end(),
                                    [&](const SubsystemState& one) { return one.name == name; });
    return found == status.subsystems.end() ? SubsystemState{} : *found;
  }
};

TEST_F(WorkspaceStatusTest, OfAnEmptyWorkspaceSaysWhatItWaitsFor) {
  const WorkspaceStatus empty = status();
  EXPECT_FALSE(empty.market.has_value());
  for (const char* name : {"candles", "database", "registry", "learning"}) {
    EXPECT_EQ(part(empty, name).state, "empty") << name;
    EXPECT_FALSE(part(empty, name).waits_for.empty()) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(place_.database_file()));
  EXPECT_TRUE(to_json(empty)["newest_bar"].is_null());
}

TEST_F(WorkspaceStatusTest, SaysHowLateTheCandlesAreAndWhatIsDamaged) {
  store_market();
  damage("SIM0004USDT");
  clock_.set(close_of(kBars + 200 + 1'000));
  const WorkspaceStatus late = status();
  ASSERT_TRUE(late.market.has_value());
  EXPECT_EQ(late.market->symbols, 9U);
  EXPECT_EQ(late.market->lateness.late_bars, 1'000);
  EXPECT_EQ(part(late, "candles").state, "stale");
  EXPECT_EQ(part(late, "candles").age_seconds, 3'600'000);
  ASSERT_EQ(late.damaged.size(), 1U);
  EXPECT_EQ(late.damaged.front().symbol, "SIM0004USDT");
}

TEST_F(WorkspaceStatusTest, SaysWhoIsAtWork) {
  store_market();
  const auto workspace = open();
  const auto place = open_to_learn(*workspace, {{{"xgboost"}, "?models="}, {}, "a test", "scheduler"});
  ASSERT_TRUE(place) << to_string(place.error());
  const WorkspaceStatus busy = status();
  EXPECT_NE(busy.holder.find("a test"), std::string::npos) << busy.holder;
  EXPECT_NE(part(busy, "learning").state.find("at work"), std::string::npos) << part(busy, "learning").state;
}

TEST_F(WorkspaceStatusTest, ABrokenDatabaseIsAPartWithAProblem) {
  store_market();
  ASSERT_TRUE(write_file_atomic(place_.database_file(), std::string(8192, 'x')).has_value());
  const WorkspaceStatus broken = status();
  EXPECT_TRUE(broken.market.has_value());
  EXPECT_EQ(part(broken, "candles").state, "ok");
  for (const char* name : {"database", "registry", "learning"}) {
    EXPECT_EQ(part(broken, name).state, "damaged") << name;
    EXPECT_FALSE(part(broken, name).problem.empty()) << name;
  }
}

}  // namespace
}  // namespace clm
