// kill -9 in the training of a network: the next cycle goes on from the state that was left, to the same bits.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

/// A workspace whose cycle trains one network in many small steps.
void train_a_network(TestWorkspace& place) {
  place.environment["CLM_TRAINING_MODELS"] = "nhits";
  place.environment["CLM_NHITS_INPUT_BARS"] = "32";
  place.environment["CLM_NHITS_HIDDEN"] = "32";
  place.environment["CLM_NHITS_EPOCHS"] = "12";
  place.environment["CLM_NHITS_BATCH_WINDOWS"] = "64";
  place.environment["CLM_NHITS_CHECKPOINT_EVERY_STEPS"] = "3";
}

std::vector<fs::path> states_left(const TestWorkspace& place) {
  std::vector<fs::path> files;
  if (!fs::exists(place.path() / "checkpoints")) return files;
  for (const auto& entry : fs::directory_iterator(place.path() / "checkpoints"))
    if (entry.path().filename().string().starts_with("nhits-")) files.push_back(entry.path());
  return files;
}

/// Runs a cycle and kills it once its training has left a state, or another one than there was.
void kill_in_training(const TestWorkspace& place) {
  const auto content = [&] { return states_left(place).empty() ? "" : content_of(states_left(place).front()); };
  const std::string before = content();
  RunningProgram program(place.invocation({"cycle", "--json"}));
  ASSERT_TRUE(program.runs_until([&] { return content() != before; }));
  program.send(SIGKILL);
  program.wait();
  ASSERT_EQ(states_left(place).size(), 1U) << "killed too late";
}

TEST(Resume, AKilledTrainingGoesOnToTheSameBits) {
  TestWorkspace base;
  base.simulate(800);
  TestWorkspace undisturbed;
  train_a_network(undisturbed);
  undisturbed.become(base);
  const auto expected = undisturbed.cycle();
  ASSERT_EQ(expected.size(), 1U);

  TestWorkspace place;
  train_a_network(place);
  place.become(base);
  kill_in_training(place);
  kill_in_training(place);  // and again, where it went on
  EXPECT_EQ(place.cycle(), expected);
  EXPECT_EQ(differences(files_below(undisturbed.path() / "versions"), files_below(place.path() / "versions")),
            std::vector<std::string>{});
  EXPECT_FALSE(fs::exists(place.path() / "checkpoints"));
  EXPECT_TRUE(place.json({"reproduce", expected.at("nhits")})["identical"]);
}

TEST(Resume, AStateThatWasAlteredIsNotGoneOnFrom) {
  TestWorkspace place;
  train_a_network(place);
  place.simulate(800);
  kill_in_training(place);
  const fs::path state = states_left(place).front();
  fs::resize_file(state, fs::file_size(state) - 1);
  const auto report = place.run({"cycle", "--json"}).json();
  const auto& result = report["results"][0];
  EXPECT_EQ(result["decision"], "failed");
  EXPECT_NE(result["reasons"].dump().find("train.checkpoint"), std::string::npos) << result;
  const auto next = place.json({"cycle", "--force"});
  ASSERT_EQ(next["results"].size(), 1u) << next;
  EXPECT_NE(next["results"][0]["decision"], "failed") << "the next one begins anew";
}

}  // namespace
}  // namespace clm::testing
