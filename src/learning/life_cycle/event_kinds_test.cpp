// Event kinds are stored by the names that they had before they were an enum.

#include <gtest/gtest.h>

#include "learning/life_cycle/life_cycle_fixture.hpp"

namespace clm {
namespace {

class EventKinds : public testing::LifeCycleTest {};

TEST_F(EventKinds, AreStoredAndReadByName) {
  const std::vector<std::string> names{"trigger", "trained",     "shadow",      "canary_first", "canary_second",
                                       "canary",  "promoted",    "watch",       "watch_ended",  "rejected",
                                       "retreat", "rolled_back", "trial_ended", "proposed",     "failed"};
  LifeCycleLog::Step step;
  step.state_json = "{}";
  for (const std::string& name : names) {
    const auto kind = parse_event_kind(name);
    ASSERT_TRUE(kind) << name;
    EXPECT_EQ(to_string(*kind), name);
    LifeEvent event;
    event.sequence = static_cast<std::int64_t>(step.events.size()) + 1;
    event.kind = *kind;
    event.text = "it happened";
    step.events.push_back(event);
  }
  const Status stored = life_log_.commit(step);
  ASSERT_TRUE(stored) << to_string(stored.error());
  EXPECT_EQ(kinds(), names);
  EXPECT_FALSE(parse_event_kind("sideways"));
}

}  // namespace
}  // namespace clm
