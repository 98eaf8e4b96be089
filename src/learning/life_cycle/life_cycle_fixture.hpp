#pragma once
#include <string>
#include <vector>

#include "learning/cycle/learning_fixture.hpp"
#include "learning/life_cycle/life_cycle.hpp"

namespace clm::testing {

/// A workspace with the memory of a life cycle, which comes and goes as `clm cycle` does.
class LifeCycleTest : public LearningTest {
 protected:
  LifeCycleTest() : life_log_(*LifeCycleLog::open(*database_)) {}

  /// The events' kinds in their order, of one version or of all.
  std::vector<std::string> kinds(const VersionId& version = {}) const {
    std::vector<std::string> kinds;
    for (const LifeEvent& event : all_events())
      if (version.empty() || event.version == version.str()) kinds.emplace_back(to_string(event.kind));
    return kinds;
  }
  std::string last_text(const std::string& kind) const {
    std::string text;
    for (const LifeEvent& event : all_events())
      if (to_string(event.kind) == kind) text = event.text;
    return text;
  }
  std::vector<LifeEvent> all_events() const { return life_log_.events().value(); }
  std::vector<Job> all_jobs() const { return life_log_.jobs(WhichJobs::all).value(); }

  LifeCycleLog life_log_;
};

}  // namespace clm::testing
