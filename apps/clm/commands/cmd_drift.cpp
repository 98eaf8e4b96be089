// drift: what of the market is not as it was fitted on; streaming detectors, control charts and tests of two samples on
// series of one's own.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "base/shown_text.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "evaluation/drift/control_charts.hpp"
#include "evaluation/drift/drift_detectors.hpp"
#include "evaluation/drift/e_detector.hpp"
#include "evaluation/drift/fitted_series.hpp"
#include "evaluation/statistics/two_sample_tests.hpp"
#include "learning/triggers/trigger_drift.hpp"
#include "market/import/gzip_reader.hpp"
#include "market_drift.hpp"

namespace clm::app {
namespace {

constexpr std::uint64_t kMaxBytes = 256U << 20;

struct DriftFlags {
  std::string file, column, against, as_of, fitted_until;
  std::vector<std::string> detectors;  ///< none: those that fit the series
  std::size_t in_control = 0;
  double run_length = 10'000;
};

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find(',', begin);
    fields.push_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) return fields;
    begin = end + 1;
  }
}

/// A number; NaN for an empty field or "nan"; none for anything else.
std::optional<double> value_of(std::string_view field) {
  while (!field.empty() && (field.back() == '\r' || field.back() == ' ')) field.remove_suffix(1);
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  if (field.empty()) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [rest, wrong] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (wrong != std::errc{} || rest != field.data() + field.size()) return std::nullopt;
  return value;
}

/// The text of a file, inflated if it is gzip.
Result<std::string> text_of(const std::string& file) {
  auto bytes = read_file(file, kMaxBytes);
  if (!bytes || !std::string_view(*bytes).starts_with("\x1f\x8b")) return bytes;
  const auto reader = gzip_reader(memory_reader(*bytes), kMaxBytes,
                                  Error{ErrorKind::data, "drift.too_long", "more than 256 MB come out of it", file,
                                        "Give a file with fewer values."});
  std::string text;
  std::string part(1U << 16, '\0');
  for (;;) {
    const auto got = reader->read(part);
    if (!got) return forward_error(got);
    if (*got == 0) return text;
    text.append(part, 0, *got);
  }
}

/// One value a line; with `column`, that column of a CSV with a header.
Result<std::vector<double>> read_series(const std::string& file, const std::string& column) {
  const auto text = text_of(file);
  if (!text) return forward_error(text);
  std::vector<double> values;
  std::size_t place = 0, line_number = 0;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    const auto fields = fields_of(std::string_view(*text).substr(begin, end - begin));
    begin = end + 1;
    if (++line_number == 1 && !column.empty()) {
      place = static_cast<std::size_t>(std::find(fields.begin(), fields.end(), column) - fields.begin());
      if (place == fields.size())
        return fail(ErrorKind::data, "drift.column", "there is no column \"" + column + "\"", file + ", line 1",
                    "Name one of: " + shown(text->substr(0, end), 200) + ".");
      continue;
    }
    const auto value = place < fields.size() ? value_of(fields[place]) : std::nullopt;
    if (!value || (column.empty() && fields.size() > 1))
      return fail(ErrorKind::data, "drift.value", "this is not a number",
                  file + ", line " + std::to_string(line_number),
                  "One number a line, or a CSV with a header and --column NAME.");
    values.push_back(*value);
  }
  if (values.empty())
    return fail(ErrorKind::data, "drift.empty", "there is no value in it", file, "Give a file with one number a line.");
  return values;
}

struct Alarms {
  std::string detector;
  std::vector<std::size_t> drifts, warnings;  ///< from 0; of warnings in a row, the first
  std::vector<std::size_t> began = {};        ///< by drift, of detectors that say since when
};

template <typename Detector>
Alarms listen(const std::string& name, Detector detector, const std::vector<double>& values) {
  Alarms alarms{name, {}, {}};
  DriftSignal before = DriftSignal::none;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const DriftSignal signal = detector.update(values[i]);
    if (signal == DriftSignal::drift) {
      alarms.drifts.push_back(i);
      if constexpr (requires { detector.values_since_change(); })
        alarms.began.push_back(i + 1 - detector.values_since_change());
    }
    if (signal == DriftSignal::warning && before != DriftSignal::warning) alarms.warnings.push_back(i);
    before = signal;
  }
  return alarms;
}

/// A chart against the mean and spread of the first values.
template <typename Chart, typename Options>
Result<Alarms> chart(const std::string& name, const DriftFlags& flags, const std::vector<double>& values,
                     Options options) {
  double sum = 0, squares = 0, count = 0;
  for (std::size_t i = 0; i < std::min(flags.in_control, values.size()); ++i) {
    if (!std::isfinite(values[i])) continue;
    count += 1;
    sum += values[i];
    squares += values[i] * values[i];
  }
  const double variance = count > 1 ? (squares - sum * sum / count) / (count - 1) : 0;
  if (!(variance > 0))
    return fail(ErrorKind::usage, "drift.in_control",
                "cusum, ewma and e_sr chart a series against its beginning, and two values or more of it that differ "
                "are needed",
                "--in-control", "Say with --in-control N how many values at the beginning are as they should be.");
  options.mean = sum / count;
  options.sigma = std::sqrt(variance);
  return listen(name, Chart(options), values);
}

/// Of the streaming detectors, those that take any number, and, where all are in [0, 1], those of error rates.
std::vector<std::string> fitting_detectors(const std::vector<double>& values) {
  if (std::any_of(values.begin(), values.end(), [](double value) { return value < 0 || value > 1; }))
    return {"page_hinkley", "adwin", "kswin"};
  return {"page_hinkley", "ddm", "hddm_w", "adwin", "kswin"};
}

/// What is out of [0, 1], for detectors of error rates.
Status check_rates(const std::string& detector, const std::vector<double>& values, const std::string& file) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < 0 || values[i] > 1)
      return fail(ErrorKind::data, "drift.value", detector + " takes errors and hits, values in [0, 1]",
                  file + ", value " + std::to_string(i), "Leave it out of --detectors.");
  return {};
}

Result<Alarms> detect(const std::string& name, const DriftFlags& flags, const std::vector<double>& values) {
  if (name == "page_hinkley") return listen(name, PageHinkley(), values);
  if (name == "adwin") return listen(name, Adwin(), values);
  if (name == "kswin") return listen(name, Kswin(), values);
  if (name == "cusum") {
    CusumOptions options;
    options.threshold = cusum_threshold(options.reference, flags.run_length, options.side);
    return chart<CusumChart>(name, flags, values, options);
  }
  if (name == "e_sr") {
    EDetectorOptions options;
    options.run_length = flags.run_length;
    return chart<EDetector>(name, flags, values, options);
  }
  if (name == "ewma") {
    EwmaOptions options;
    options.limit = ewma_limit(options.lambda, flags.run_length, options.side);
    return chart<EwmaChart>(name, flags, values, options);
  }
  if (auto checked = check_rates(name, values, flags.file); !checked) return forward_error(checked);
  return name == "ddm" ? listen(name, Ddm(), values) : listen(name, HddmW(), values);
}

struct NamedTest {
  const char* name;
  TestResult result;
};

/// The series against another one: whether both are of one distribution.
struct Comparison {
  std::size_t reference_values = 0;
  SampleComparison samples;
  std::vector<NamedTest> tests;
  std::vector<WindowDistance> windows;  ///< the newest values, beside windows of the reference
};

Comparison compare(const std::vector<double>& reference, const std::vector<double>& values) {
  Comparison out;
  out.reference_values = reference.size();
  out.samples = compare_with(ReferenceSample(reference), values);
  out.tests = {{"psi", out.samples.psi},
               {"ks", out.samples.kolmogorov_smirnov},
               {"jensen_shannon", out.samples.jensen_shannon},
               {"energy", energy_test(reference, values)},
               {"missing", out.samples.missing_rise}};
  return out;
}

nlohmann::json to_json(const Comparison& comparison, const std::string& against) {
  auto tests = nlohmann::json::array();
  for (const NamedTest& test : comparison.tests)
    tests.push_back({{"test", test.name}, {"statistic", test.result.statistic}, {"p", test.result.p_value}});
  auto windows = nlohmann::json::array();
  for (const WindowDistance& one : comparison.windows)
    windows.push_back(
        {{"window_bars", one.window_bars}, {"distance", to_string(one.distance)}, {"value", one.value}, {"p", one.p}});
  return {{"file", against},
          {"values", comparison.reference_values},
          {"effective", comparison.samples.current_effective},
          {"reference_effective", comparison.samples.reference_effective},
          {"tests", tests},
          {"windows", windows}};
}

std::string told_windows(const std::vector<WindowDistance>& windows) {
  if (windows.empty()) return {};
  TextTable table({"newest values", "distance", "value", "p"});
  for (const WindowDistance& one : windows)
    table.add({std::to_string(one.window_bars), std::string(to_string(one.distance)), fixed(one.value, 4),
               one.p < 0.0001 ? "< 0.0001" : fixed(one.p, 4)});
  return "\nThe newest values beside spans of as many in the reference (mean, Wasserstein: in its standard "
         "deviations;\n"
         "scale: logarithm of the ratio to what is usual in such spans):\n\n" +
         table.render();
}

std::string told(const Comparison& comparison) {
  TextTable table({"test", "statistic", "p"});
  for (const NamedTest& test : comparison.tests)
    table.add({test.name, fixed(test.result.statistic, 4),
               test.result.p_value < 0.0001 ? "< 0.0001" : fixed(test.result.p_value, 4)});
  return "Against the " + std::to_string(comparison.reference_values) +
         " values of the reference. In order of time neighbours are alike: the values count for " +
         fixed(comparison.samples.current_effective, 0) + " independent ones, the reference's for " +
         fixed(comparison.samples.reference_effective, 0) + ".\n\n" + table.render() +
         "p: how often a difference as large comes about by chance where both are of one distribution.\n" +
         told_windows(comparison.windows);
}

/// All places; of many the first and how many more there are.
std::string list_of(const std::vector<std::size_t>& places) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(places.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(places[i]);
  if (places.size() > kShown) text += " and " + std::to_string(places.size() - kShown) + " more (--json has all)";
  return text.empty() ? "-" : text;
}

Result<int> run_drift(Program& program, const DriftFlags& flags) {
  if (flags.file.empty()) return run_market_drift(program, flags.as_of, flags.fitted_until);
  const auto values = read_series(flags.file, flags.column);
  if (!values) return forward_error(values);
  std::vector<std::string> detectors = flags.detectors;
  // Two samples are compared by themselves, unless detectors were asked for as well.
  if (detectors.empty() && flags.against.empty()) detectors = fitting_detectors(*values);
  auto list = nlohmann::json::array();
  TextTable table({"detector", "drift at", "began at", "warning at"});
  for (const auto& name : detectors) {
    const auto alarms = detect(name, flags, *values);
    if (!alarms) return forward_error(alarms);
    list.push_back(
        {{"detector", name}, {"drifts", alarms->drifts}, {"warnings", alarms->warnings}, {"began", alarms->began}});
    table.add({name, list_of(alarms->drifts), list_of(alarms->began), list_of(alarms->warnings)});
  }
  nlohmann::json document{{"file", flags.file}, {"values", values->size()}, {"detectors", list}};
  std::string text = std::to_string(values->size()) + " values, numbered from 0\n";
  if (!table.empty()) text += "\n" + table.render();
  if (!flags.against.empty()) {
    const auto reference = read_series(flags.against, flags.column);
    if (!reference) return forward_error(reference);
    const Comparison comparison = compare(*reference, *values);
    document["against"] = to_json(comparison, flags.against);
    text += "\n" + told(comparison);
  }
  program.print(document, text);
  return 0;
}

}  // namespace

void add_drift(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<DriftFlags>();
  auto* command = app.add_subcommand(
      "drift",
      "Which features are not what they were in the rows that the active versions were fitted on; with FILE, drift "
      "detectors, control charts and tests against another sample on a series of one's own");
  auto* file = command
                   ->add_option("file", flags->file,
                                "One value a line, or a CSV with --column (default: the features of the workspace)")
                   ->type_name("FILE");
  command->add_option("--column", flags->column, "Column of a CSV whose first line names them")
      ->type_name("NAME")
      ->needs(file);
  command->add_option("--against", flags->against, "Another such file: do both come from one distribution?")
      ->type_name("FILE")
      ->needs(file);
  command->add_option("--as-of", flags->as_of, "Of the workspace: nothing known later is read (default: now)")
      ->type_name("TIME")
      ->excludes(file);
  command
      ->add_option("--fitted-until", flags->fitted_until,
                   "Of the workspace: compare with all bars up to then (default: with those that the active versions "
                   "were fitted on)")
      ->type_name("TIME")
      ->excludes(file);
  command
      ->add_option("--detectors", flags->detectors,
                   "page_hinkley, adwin, kswin, and for values in [0, 1] ddm, hddm_w, as River has them by default; "
                   "cusum, ewma, e_sr (falls of the mean alone). Default: River's that fit the values")
      ->delimiter(',')
      ->needs(file)
      ->check(CLI::IsMember({"page_hinkley", "ddm", "hddm_w", "adwin", "kswin", "cusum", "ewma", "e_sr"}));
  command
      ->add_option("--in-control", flags->in_control,
                   "cusum, ewma, e_sr: values at the beginning that are as they should be")
      ->type_name("N");
  command
      ->add_option("--run-length", flags->run_length,
                   "cusum, ewma, e_sr: values between false alarms, on average; of e_sr at least")
      ->check(CLI::Range(5.0, 1e7))
      ->capture_default_str();
  commands.push_back({command, [flags](Program& program) { return run_drift(program, *flags); }});
}

}  // namespace clm::app
