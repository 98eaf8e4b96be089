// Freqtrade's FreqAI benchmark replayed with this engine: its cases, features, label, scaling and parameters, against
// the floor of the bare library calls on the same matrices. Each run is a process of its own. Exit codes: 0 the demands
// are met, 1 one is not, 2 wrong usage or a failed run.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "freqai_replay.hpp"

namespace {

struct Flags {
  std::string data = "../shared/data/freqtrade";
  std::vector<std::string> cases = {"A30", "B32"};
  std::vector<std::string> libraries = {"lightgbm", "xgboost"};
  std::string keep;
  int repeats = 3;
  double most_ratio = 1.05;
  double most_rss_mb = 150;
  bool json = false;
};

/// What a run says of itself, with what the kernel says of it.
struct FinishedRun {
  nlohmann::json said;
  double cpu_s = 0, wall_s = 0, maxrss_mb = 0;
};

nlohmann::json replay_once(const clm::FreqaiReplayOptions& options) {
  const clm::SystemClock clock;
  const clm::CancelToken cancel;
  clm::SilentProgress progress;
  const auto outcome = clm::run_freqai_replay(options, {clock, cancel, progress, 1});
  if (!outcome) return {{"error", clm::to_string(outcome.error())}};
  return {{"windows", outcome->windows},         {"forecasts", outcome->forecasts},
          {"abstained", outcome->abstained},     {"train_s", outcome->train_s},
          {"floor_cpu_s", outcome->floor_cpu_s}, {"largest_difference", outcome->largest_difference},
          {"correlation", outcome->correlation}, {"disk_bytes", outcome->disk_bytes}};
}

/// In a child, so that memory and time are those of this run alone.
std::optional<FinishedRun> run_apart(const clm::FreqaiReplayOptions& options) {
  int ends[2];
  if (::pipe(ends) != 0) return std::nullopt;
  const double begin = clm::monotonic_seconds();
  const pid_t child = ::fork();
  if (child < 0) return std::nullopt;
  if (child == 0) {
    ::close(ends[0]);
    const std::string said = replay_once(options).dump();
    const bool told = ::write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  rusage used{};
  if (::wait4(child, &status, 0, &used) != child || status != 0) return std::nullopt;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  FinishedRun run{nlohmann::json::parse(said, nullptr, false), seconds(used.ru_utime) + seconds(used.ru_stime),
                  clm::monotonic_seconds() - begin, static_cast<double>(used.ru_maxrss) / 1024.0};
  if (!run.said.is_object()) return std::nullopt;
  return run;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2.0;
}

/// One case with one library: a run alone, whose figures are reported, and runs beside the floor, for the ratio.
class Comparison {
 public:
  Comparison(const Flags& flags, std::filesystem::path scratch, double start_up_s)
      : flags_(flags), scratch_(std::move(scratch)), start_up_s_(start_up_s) {}

  /// None if a run failed; standard error says why.
  std::optional<nlohmann::json> of(const std::string& replay, const std::string& library) const {
    clm::FreqaiReplayOptions options{*clm::replay_case(replay), library, flags_.data, {}, clm::Floor::left_out};
    const auto alone = run_in(replay + "-" + library, options);
    if (!alone) return std::nullopt;
    std::vector<double> ratios, floors, differences;
    options.floor = clm::Floor::beside;
    for (int i = 0; i < flags_.repeats; ++i) {
      const auto beside = run_in("beside", options);
      if (!beside) return std::nullopt;
      floors.push_back(beside->said["floor_cpu_s"].get<double>());
      // What the process cost beside the bare calls, its start-up included.
      ratios.push_back((start_up_s_ + beside->cpu_s - floors.back()) / floors.back());
      differences.push_back(beside->said["largest_difference"].get<double>());
    }
    const double difference = *std::max_element(differences.begin(), differences.end());
    const double ratio = median(ratios);
    nlohmann::json line = alone->said;
    line.erase("floor_cpu_s");
    line.update(
        {{"case", replay},
         {"library", library},
         {"wall_s", alone->wall_s},
         {"cpu_s", start_up_s_ + alone->cpu_s},
         {"ms_per_window", 1000.0 * alone->wall_s / alone->said["windows"].get<double>()},
         {"maxrss_mb", alone->maxrss_mb},
         {"floor_cpu_s", median(floors)},
         {"ratio", ratio},
         {"ratios", ratios},
         {"largest_difference", difference},
         {"demand_met", ratio <= flags_.most_ratio && alone->maxrss_mb < flags_.most_rss_mb && difference == 0}});
    return line;
  }

 private:
  std::optional<FinishedRun> run_in(const std::string& folder, clm::FreqaiReplayOptions& options) const {
    options.directory = scratch_ / folder;
    std::filesystem::remove_all(options.directory);
    std::filesystem::create_directories(options.directory);
    auto run = run_apart(options);
    if (!run) {
      std::fprintf(stderr, "freqai_replay: a run ended without a word\n");
    } else if (run->said.contains("error")) {
      std::fprintf(stderr, "%s\n", run->said["error"].get<std::string>().c_str());
      run.reset();
    }
    return run;
  }

  const Flags& flags_;
  std::filesystem::path scratch_;
  double start_up_s_;
};

void print(const nlohmann::json& line) {
  const auto number = [&](const char* key) { return line.at(key).get<double>(); };
  const auto ratios = line.at("ratios").get<std::vector<double>>();
  std::printf("%s %-8s wall_s %.2f cpu_s %.2f train_s %.2f ms_per_window %.0f disk_bytes %.0f maxrss_mb %.0f\n",
              line.at("case").get<std::string>().c_str(), line.at("library").get<std::string>().c_str(),
              number("wall_s"), number("cpu_s"), number("train_s"), number("ms_per_window"), number("disk_bytes"),
              number("maxrss_mb"));
  std::printf("  floor: cpu_s %.2f, total / floor %.3f (%.3f .. %.3f)%s\n", number("floor_cpu_s"), number("ratio"),
              *std::min_element(ratios.begin(), ratios.end()), *std::max_element(ratios.begin(), ratios.end()),
              line.at("demand_met").get<bool>() ? "" : "  NOT as demanded");
  std::printf(
      "  %.0f forecasts of %.0f windows, %.0f abstained; largest difference from the bare library's %g; "
      "correlation with what came %.3f\n",
      number("forecasts"), number("windows"), number("abstained"), number("largest_difference"), number("correlation"));
  std::fflush(stdout);
}

/// For the check from outside, when the run is over.
clm::Status keep_features(const Flags& flags) {
  const clm::SystemClock clock;
  const clm::CancelToken cancel;
  clm::SilentProgress progress;
  const auto pairs = clm::read_pairs(flags.data, {clock, cancel, progress, 1});
  if (!pairs) return clm::forward_error(pairs);
  return clm::write_features(std::filesystem::path(flags.keep) / "features.parquet", *pairs);
}

}  // namespace

int main(int argc, char** argv) {
  // What the children, forked from here, need not do again; it belongs to the total all the same.
  const double start_up_s = clm::process_cpu_s();
  Flags flags;
  CLI::App app("FreqAI's offline benchmark with this engine, against the bare libraries");
  app.add_option("--data", flags.data, "Folder with ETH_BTC-5m.feather and LTC_BTC-5m.feather")->capture_default_str();
  app.add_option("--case", flags.cases)->check(CLI::IsMember({"A30", "B32"}))->capture_default_str();
  app.add_option("--library", flags.libraries)->check(CLI::IsMember({"lightgbm", "xgboost"}))->capture_default_str();
  app.add_option("--repeats", flags.repeats, "Runs beside the floor; their median ratio counts")
      ->check(CLI::Range(1, 99))
      ->capture_default_str();
  app.add_option("--most-ratio", flags.most_ratio, "Demand: CPU of the total over CPU of the floor")
      ->capture_default_str();
  app.add_option("--most-rss-mb", flags.most_rss_mb, "Demand: resident memory in MiB")->capture_default_str();
  app.add_option("--keep", flags.keep, "Folder that keeps models, forecasts and features; else nothing is kept");
  app.add_flag("--json", flags.json, "One JSON document");
  CLI11_PARSE(app, argc, argv);

  const std::filesystem::path scratch =
      flags.keep.empty() ? std::filesystem::temp_directory_path() / ("clm-freqai-replay-" + std::to_string(::getpid()))
                         : std::filesystem::path(flags.keep);
  const Comparison comparison(flags, scratch, start_up_s);
  auto lines = nlohmann::json::array();
  bool met = true;
  for (const std::string& replay : flags.cases)
    for (const std::string& library : flags.libraries) {
      const auto line = comparison.of(replay, library);
      if (!line) return 2;
      met = met && line->at("demand_met").get<bool>();
      if (!flags.json) print(*line);
      lines.push_back(*line);
    }
  if (flags.json) std::printf("%s\n", nlohmann::json{{"lines", lines}}.dump(2).c_str());
  std::error_code ignored;
  std::filesystem::remove_all(flags.keep.empty() ? scratch : scratch / "beside", ignored);
  if (flags.keep.empty()) return met ? 0 : 1;
  if (const auto kept = keep_features(flags); !kept) {
    std::fprintf(stderr, "%s\n", clm::to_string(kept.error()).c_str());
    return 2;
  }
  return met ? 0 : 1;
}
