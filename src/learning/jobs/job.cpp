#include "learning/jobs/job.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

template <typename Value, std::size_t kCount>
using Names = std::array<std::pair<Value, std::string_view>, kCount>;

constexpr Names<JobKind, 5> kKinds{{{JobKind::train, "train"},
                                    {JobKind::ensemble, "ensemble"},
                                    {JobKind::advance, "advance"},
                                    {JobKind::promote, "promote"},
                                    {JobKind::roll_back, "roll_back"}}};
constexpr Names<JobState, 5> kStates{{{JobState::pending, "pending"},
                                      {JobState::running, "running"},
                                      {JobState::completed, "completed"},
                                      {JobState::failed, "failed"},
                                      {JobState::cancelled, "cancelled"}}};
constexpr Names<Approval, 3> kApprovals{
    {{Approval::not_needed, "not_needed"}, {Approval::awaited, "awaited"}, {Approval::given, "given"}}};

template <typename Value, std::size_t kCount>
std::string_view name_in(const Names<Value, kCount>& names, Value value) {
  return names[static_cast<std::size_t>(value)].second;
}

template <typename Value, std::size_t kCount>
std::optional<Value> value_in(const Names<Value, kCount>& names, std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& one) { return one.second == name; });
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

int rank_of(const Job& job) {
  if (job.kind == JobKind::train) return 1;
  return job.kind == JobKind::ensemble ? 2 : 0;
}

}  // namespace

std::string_view to_string(JobKind kind) { return name_in(kKinds, kind); }
std::optional<JobKind> parse_job_kind(std::string_view name) { return value_in(kKinds, name); }
std::string_view to_string(JobState state) { return name_in(kStates, state); }
std::optional<JobState> parse_job_state(std::string_view name) { return value_in(kStates, name); }
std::string_view to_string(Approval approval) { return name_in(kApprovals, approval); }
std::optional<Approval> parse_approval(std::string_view name) { return value_in(kApprovals, name); }

std::string describe(const Job& job) {
  switch (job.kind) {
    case JobKind::train: return "train " + job.model_type;
    case JobKind::ensemble: return "look after the ensemble";
    case JobKind::advance:
      return "move " + job.model_type + " " + job.version.str() + " to " + std::string(to_string(job.to));
    case JobKind::promote: return "promote " + job.model_type + " " + job.version.str();
    case JobKind::roll_back: return "roll back " + job.model_type + " " + job.version.str();
  }
  return {};
}

nlohmann::json to_json(const Job& job) {
  const bool trains = job.kind == JobKind::train;
  return {{"job", job.id},
          {"plan", job.plan},
          {"kind", to_string(job.kind)},
          {"model_type", job.model_type},
          {"version", job.version.empty() ? nlohmann::json() : nlohmann::json(job.version.str())},
          {"to", job.kind == JobKind::advance ? nlohmann::json(to_string(job.to)) : nlohmann::json()},
          {"trigger", trains ? nlohmann::json(to_string(job.trigger)) : nlohmann::json()},
          {"priority", to_string(job.priority)},
          {"reason", job.reason},
          {"state", to_string(job.state)},
          {"approval", to_string(job.approval)},
          {"data_until", to_string(job.data_until)},
          {"decided_at", job.decided_at ? nlohmann::json(to_string(*job.decided_at)) : nlohmann::json()},
          {"not_before", to_string(job.not_before)},
          {"attempts", job.attempts},
          {"recoveries", job.recoveries},
          {"seconds", job.seconds},
          {"outcome", job.outcome}};
}

void order(std::vector<Job>& jobs) {
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
    return rank_of(a) != rank_of(b) ? rank_of(a) < rank_of(b) : a.priority > b.priority;
  });
}

}  // namespace clm
