#include "workspace/configuration.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "learning/options/option_checks.hpp"
#include "learning/recipes/recipe_checks.hpp"

namespace clm {
namespace {

/// Variables that begin with CLM_ and are no settings.
const std::vector<std::string> kReservedVariables{"CLM_TESTDATA", "CLM_REQUIRE_TESTDATA", "CLM_BUILD_JOBS"};

constexpr const char* kFeaturesMemory = "features.memory_mb";
constexpr const char* kImportMaxFile = "import.max_file_mb";

}  // namespace

bool is_of_the_machine(const std::string& key) { return key == kFeaturesMemory || key == kImportMaxFile; }

Configuration::Configuration() {
  add_settings(settings, learning);
  settings.add(kFeaturesMemory, &machine.features_memory_mb,
               {"MB",
                "Features of a history are kept in memory up to this size, and beyond it in a file without a name in "
                "the workspace. Results do not depend on it.",
                0,
                1e7,
                {},
                {}});
  settings.add(
      kImportMaxFile, &machine.import_max_file_mb,
      {"MB",
       "Memory that the rows of one imported file may take, 140 bytes each: 100 are 714,000 bars. A file of more is "
       "refused, and the error says how much it needs.",
       1,
       1e6,
       {},
       {}});
}

std::vector<Error> Configuration::load(const std::filesystem::path& file,
                                       const std::map<std::string, std::string>& environment) {
  std::vector<Error> wrong, others;
  if (auto read = settings.load_toml(file, &others); !read) wrong.push_back(read.error());
  wrong.insert(wrong.end(), others.begin(), others.end());
  others.clear();
  if (auto read = settings.load_environment(environment, kReservedVariables, &others); !read)
    wrong.push_back(read.error());
  wrong.insert(wrong.end(), others.begin(), others.end());
  return wrong.empty() ? check() : wrong;
}

std::vector<Error> Configuration::check() const {
  std::vector<Error> wrong;
  std::vector<OptionProblem> problems = check_options(learning);
  std::vector<OptionProblem> of_recipes = check_recipes(learning);
  std::move(of_recipes.begin(), of_recipes.end(), std::back_inserter(problems));
  for (OptionProblem& problem : problems)
    wrong.push_back({ErrorKind::usage, std::move(problem.code), std::move(problem.message),
                     problem.key + ", " + settings.origin_of(problem.key), std::move(problem.remedy)});
  return wrong;
}

}  // namespace clm
