#include "models/networks/training_state.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "base/hash.hpp"
#include "models/networks/safetensors.hpp"

namespace clm {
namespace {

constexpr const char* kParameters = "parameters";
constexpr const char* kFirst = "first_moment";
constexpr const char* kSecond = "second_moment";
constexpr const char* kBest = "best";
constexpr std::size_t kDigestBytes = 64;

/// One list of the numbers serves writing and reading.
template <typename State, typename Visit>
void visit_numbers(State& state, Visit&& visit) {
  visit("step", state.step);
  visit("epoch", state.epoch);
  visit("step_in_epoch", state.step_in_epoch);
  visit("epoch_loss", state.epoch_loss);
  visit("best_epoch", state.best_epoch);
  visit("first_loss", state.first_loss);
  visit("seconds", state.seconds);
  visit("training_loss", state.training_loss);
  visit("validation_loss", state.validation_loss);
}

tl::unexpected<Error> checkpoint_error(std::string message, const std::filesystem::path& path) {
  return fail(ErrorKind::integrity, "train.checkpoint", std::move(message), path.string(),
              "Remove the file to train from the beginning.");
}

}  // namespace

Status write_checkpoint(const std::filesystem::path& path, const TrainingState& state, const std::string& training) {
  nlohmann::json numbers;
  visit_numbers(state, [&](const char* name, const auto& value) { numbers[name] = value; });
  if (!state.best.empty()) numbers["best_loss"] = state.best_loss;
  std::vector<TensorView> tensors{{kParameters, {state.parameters.size()}, state.parameters},
                                  {kFirst, {state.first_moment.size()}, state.first_moment},
                                  {kSecond, {state.second_moment.size()}, state.second_moment}};
  if (!state.best.empty()) tensors.push_back({kBest, {state.best.size()}, state.best});
  std::string bytes = write_safetensors(tensors, {{"training", training}, {"state", numbers.dump()}});
  bytes += sha256_hex(bytes);  // behind the end, so that a damaged file is known before it is believed
  return write_file_atomic(path, bytes);
}

Result<TrainingState> read_checkpoint(const std::filesystem::path& path, const ParameterLayout& layout,
                                      const std::string& training) {
  const Result<std::string> bytes = read_file(path, std::uint64_t{8} << 30U);
  if (!bytes) return forward_error(bytes);
  if (bytes->size() < kDigestBytes) return checkpoint_error("the state is cut off", path);
  const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - kDigestBytes);
  if (sha256_hex(body) != std::string_view(*bytes).substr(body.size()))
    return checkpoint_error("the state is not what was written", path);
  Result<TensorFile> file = read_safetensors(body);
  if (!file) return checkpoint_error(file.error().message, path);
  if (file->metadata["training"] != training)
    return checkpoint_error("the state belongs to a training with other options, seed or data", path);

  TrainingState state;
  const auto take = [&](const char* name, std::size_t size, Floats& into) {
    const auto found = file->tensors.find(name);
    if (found == file->tensors.end() || found->second.values.size() != size) return false;
    into.assign(found->second.values.begin(), found->second.values.end());
    return true;
  };
  if (!take(kParameters, layout.size(), state.parameters) || !take(kFirst, layout.trained_size(), state.first_moment) ||
      !take(kSecond, layout.trained_size(), state.second_moment))
    return checkpoint_error("the state is that of another network", path);
  take(kBest, layout.size(), state.best);
  try {
    const nlohmann::json numbers = nlohmann::json::parse(file->metadata["state"]);
    visit_numbers(state, [&](const char* name, auto& value) { numbers.at(name).get_to(value); });
    if (!state.best.empty()) numbers.at("best_loss").get_to(state.best_loss);
  } catch (const nlohmann::json::exception& error) {
    return checkpoint_error(error.what(), path);
  }
  return state;
}

}  // namespace clm
