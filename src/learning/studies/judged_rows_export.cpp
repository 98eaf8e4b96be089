#include "learning/studies/judged_rows_export.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/file_io.hpp"

namespace clm {
namespace {

/// Lines of CSV, collected; nothing for what is not a number.
class Line {
 public:
  template <typename Number>
  Line& add(Number value) {
    text_ += ',';
    if constexpr (std::is_floating_point_v<Number>)
      if (!std::isfinite(value)) return *this;
    char digits[32];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }
  Line& text(const std::string& value) {
    text_ += value;
    return *this;
  }
  std::string& str() { return text_; }

 private:
  std::string text_;
};

/// The rows that forecaster `k` was judged on.
ForecastTable judged_table(const WalkForwardStudy& study, std::size_t k) {
  const bool is_model = std::string_view(role_of(study, k)) == "model";
  std::vector<const ForecastTable*> with{&study.forecasts[k]};
  for (std::size_t other = is_model ? candidates_of(study) : 0; other < study.forecasts.size(); ++other)
    if (other != k) with.push_back(&study.forecasts[other]);
  return std::move(common_rows(with).front());
}

void write_rows(std::ofstream& out, const std::string& forecaster, const ForecastTable& table, JudgeOptions options) {
  const JudgedRows& rows = *table.rows;
  options.long_short.keep_weights = true;
  const std::vector<float> came = judged_return(rows, rows.forward_return);
  const auto book = simulate_long_short(rows, table.forecast, rows.forward_return, options.long_short);
  std::map<std::pair<std::int64_t, std::uint16_t>, Trade> opened;
  for (const auto& trade : simulate_positions(rows, table.forecast, options.positions).trades)
    opened.emplace(std::pair(trade.decided_at_ms, trade.symbol), trade);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto trade = opened.find({rows.decided_at_ms[i], rows.symbol[i]});
    const bool trades = trade != opened.end();
    Line line;
    line.text(forecaster).text(rows.symbols[rows.symbol[i]].str());
    line.add(rows.decided_at_ms[i]).add(rows.known_at_ms[i]).add(table.forecast[i]).add(rows.label[i]);
    line.add(rows.forward_return[i]).add(came[i]).add(rows.volatility[i]);
    line.add(table.up_probability.empty() ? std::nan("") : table.up_probability[i]);
    line.add(trades ? trade->second.side : 0).add(trades ? trade->second.net_bps : std::nan(""));
    line.add(book.weight[i]).text("\n");
    out << line.str();
  }
}

}  // namespace

Result<std::size_t> export_judged_rows(const WalkForwardStudy& study, const JudgeOptions& options,
                                       const std::filesystem::path& file) {
  const std::filesystem::path aside = aside_path(file);
  std::ofstream out(aside, std::ios::binary);
  out << "forecaster,role,symbol,decided_at_ms,known_at_ms,forecast,label,forward_return,judged_return,volatility,"
         "up_probability,position,position_net_bps,book_weight\n";
  std::size_t lines = 0;
  for (std::size_t k = 0; k < study.forecasts.size(); ++k) {
    const ForecastTable table = judged_table(study, k);
    write_rows(out, table.name + "," + role_of(study, k) + ",", table, options);
    lines += table.rows->size();
  }
  out.close();
  if (!out) {
    std::error_code ignored;  // it may not have been made
    std::filesystem::remove(aside, ignored);
    return fail(ErrorKind::unavailable, "file.write", "the judged rows cannot be written", file.string(),
                "Free some space, or name another place.");
  }
  if (auto published = publish(aside, file); !published) return forward_error(published);
  return lines;
}

}  // namespace clm
