#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/contract.hpp"
#include "base/settings.hpp"

namespace {

/// One setting of every kind that a field can be.
struct Options {
  bool truth = true;
  int small = 3;
  std::int64_t whole = -4;
  std::size_t count = 5;
  double number = 0.25;
  std::string text = "x";
  std::vector<std::string> list{"a", "b"};
  std::string choice = "enforced";
};

clm::Settings settings_of(Options& o) {
  clm::Settings settings;
  settings.add("train.truth", &o.truth, {"", "A truth.", {}, {}, {}, {}});
  settings.add("train.small", &o.small, {"rounds", "An int.", -100, 100, {}, {}});
  settings.add("train.whole", &o.whole, {"rows", "A long.", -1e15, 1e15, {}, {}});
  settings.add("train.count", &o.count, {"rows", "A count.", 1, 10'000, {}, {}});
  settings.add("costs.number", &o.number, {"bps", "A number.", -1e6, 1e6, {}, {}});
  settings.add("costs.text", &o.text, {"", "Any text.", {}, {}, {}, {}});
  settings.add("costs.list", &o.list, {"", "Any texts.", {}, {}, {}, {}});
  settings.add("policy.choice",
               clm::Settings::Choice{[&o] { return o.choice; }, [&o](const std::string& name) { o.choice = name; }},
               {"", "One of two.", {}, {}, {"enforced", "advisory"}, {}});
  return settings;
}

}  // namespace

/// Any bytes are an error that changes nothing, or settings within their bounds that read back as they are written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Options options;
  clm::Settings settings = settings_of(options);
  const std::string before = settings.to_toml();
  const auto loaded = settings.load_toml_text({reinterpret_cast<const char*>(data), size}, "clm.toml");
  const std::string after = settings.to_toml();
  if (!loaded) {
    clm::expects(loaded.error().code.starts_with("config."), "an error has its code");
    clm::expects(after == before, "an error changes nothing");
    return 0;
  }
  clm::expects(options.count >= 1 && options.count <= 10'000, "a value is within its bounds");
  clm::expects(options.choice == "enforced" || options.choice == "advisory", "a choice is one of those named");
  Options again;
  clm::Settings copy = settings_of(again);
  clm::expects(copy.load_toml_text(after, "written").has_value(), "what was written can be read");
  clm::expects(copy.to_toml() == after, "what was read is what was written");
  clm::expects(again.text == options.text && again.list == options.list, "texts come back to the byte");
  return 0;
}
