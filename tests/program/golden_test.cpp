// Documents of a fixed seed against stored ones: what tools read does not change unnoticed. See tests/README.md.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/source_dir.hpp"
#include "support/test_switches.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using Json = nlohmann::json;

/// Equal, numbers to 9 digits: the last bits of a logarithm depend on the C library.
bool alike(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    const double x = a.get<double>(), y = b.get<double>();
    return std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y));
  }
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (!a.is_structured()) return a == b;
  const Json flat_a = a.flatten(), flat_b = b.flatten();
  if (flat_a.size() != flat_b.size()) return false;
  for (const auto& [pointer, value] : flat_a.items())
    if (!flat_b.contains(pointer) ||
        !(value.is_structured() ? value == flat_b[pointer] : alike(value, flat_b[pointer])))
      return false;
  return true;
}

void expect_golden(const std::string& name, const Json& document) {
  const std::string file = std::string(source_dir()) + "/tests/golden/" + name + ".json";
  if (update_golden_files()) std::ofstream(file) << document.dump(1) << "\n";
  std::ifstream in(file);
  const Json stored = Json::parse(in, nullptr, false);
  EXPECT_TRUE(alike(stored, document)) << "not as in " << file << ":\n"
                                       << Json::diff(stored, document).dump(1).substr(0, 2'000)
                                       << "\nIf this is meant: CLM_GOLDEN_UPDATE=1, and look at the difference.";
}

TEST(Golden, Simulate) {
  const TestWorkspace place;
  expect_golden("simulate", place.json({"simulate", "--symbols", "3", "--bars", "500", "--seed", "11", "--signal",
                                        "0.05", "--gap-rate", "0.01", "--outage-rate", "0.001"}));
  expect_golden("data", place.json({"data"}));
}

TEST(Golden, Features) {
  const TestWorkspace place;
  auto list = place.json({"features", "--set", "classic22"});
  for (auto& feature : list["features"]) feature.erase("meaning");
  expect_golden("features_classic22", list);
}

TEST(Golden, ConfigKeysAndUnits) {
  const TestWorkspace place;
  Json units = Json::object();
  const auto config = place.json({"config"});
  for (const auto& setting : config["settings"]) units[setting["key"]] = setting["unit"];
  expect_golden("config", units);
}

}  // namespace
}  // namespace clm::testing
