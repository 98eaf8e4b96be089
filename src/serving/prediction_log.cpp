#include "serving/prediction_log.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "market/series/symbol_name.hpp"
#include "serving/forecast_report.hpp"

namespace clm {
namespace {

// `said` is a hash of what makes two predictions of one bar two: action, votes and their weights.
constexpr std::array kMigrations{Migration{1, R"sql(
CREATE TABLE predictions (
  prediction          INTEGER PRIMARY KEY,
  as_of               INTEGER NOT NULL,
  made_at             INTEGER NOT NULL,
  venue               TEXT NOT NULL,
  interval            TEXT NOT NULL,
  symbol              TEXT NOT NULL,
  action              TEXT NOT NULL CHECK (action IN ('BUY', 'SELL', 'HOLD')),
  expected_return_bps REAL NOT NULL,
  confidence          REAL NOT NULL,
  relative            INTEGER NOT NULL CHECK (relative IN (0, 1)),
  horizon_bars        INTEGER NOT NULL CHECK (horizon_bars > 0),
  ensemble            TEXT NOT NULL,
  votes               TEXT NOT NULL,
  said                TEXT NOT NULL,
  UNIQUE (as_of, symbol, venue, interval, said)
);
CREATE TRIGGER predictions_are_not_changed BEFORE UPDATE ON predictions
  BEGIN SELECT raise(ABORT, 'a prediction stands as it was made'); END;
CREATE TRIGGER predictions_are_not_deleted BEFORE DELETE ON predictions
  BEGIN SELECT raise(ABORT, 'a prediction stands as it was made'); END;
)sql"}};

constexpr std::size_t kSaidDigits = 16;

/// As the table has it.
struct Row {
  long long id = 0, as_of = 0, made_at = 0;
  std::string venue, interval, symbol, action;
  double expected_return_bps = 0, confidence = 0;
  int relative = 0, horizon_bars = 0;
  std::string ensemble, votes, said;
};

int longest_horizon(const Prediction& prediction) {
  int longest = 0;
  for (const Vote& vote : prediction.votes) longest = std::max(longest, vote.horizon_bars);
  return longest;
}

Row row_of(const Prediction& prediction, const Forecasts& forecasts, const PredictionMoment& moment,
           const RecipeNames& names) {
  Row row;
  row.as_of = moment.as_of.ms();
  row.made_at = moment.made_at.ms();
  row.venue = moment.venue.str();
  row.interval = moment.interval.name();
  row.symbol = prediction.symbol.str();
  row.action = to_string(prediction.action);
  row.expected_return_bps = prediction.expected_return_bps;
  row.confidence = prediction.confidence;
  row.relative = forecasts.basis == ReturnBasis::relative ? 1 : 0;
  row.horizon_bars = longest_horizon(prediction);
  row.ensemble = forecasts.ensemble.str();
  row.votes = votes_to_json(prediction, names).dump();
  row.said = sha256_hex(row.action + "\n" + row.ensemble + "\n" + row.votes).substr(0, kSaidDigits);
  return row;
}

bool is_asked_for(const std::string& symbol, const std::vector<std::string>& asked) {
  return asked.empty() || std::any_of(asked.begin(), asked.end(), [&](const std::string& one) {
           return one == symbol || normal_symbol(one) == normal_symbol(symbol);
         });
}

Result<LoggedPrediction> logged(const Row& row) {
  const auto interval = Interval::parse(row.interval);
  if (!interval) return forward_error(interval);
  return LoggedPrediction{row.id,
                          {Venue(row.venue), *interval, Timestamp(row.as_of), Timestamp(row.made_at)},
                          Symbol(row.symbol),
                          row.action,
                          row.expected_return_bps,
                          row.confidence,
                          row.relative == 1,
                          row.horizon_bars,
                          row.ensemble,
                          row.votes};
}

}  // namespace

Result<PredictionLog> PredictionLog::open(Database& database) {
  if (auto migrated = database.migrate("predictions", kMigrations); !migrated) return forward_error(migrated);
  return PredictionLog(database);
}

Result<std::size_t> PredictionLog::record(const Forecasts& forecasts, const PredictionMoment& moment,
                                          const RecipeNames& names) {
  std::vector<Row> rows;
  for (const Prediction& prediction : forecasts.predictions) {
    if (prediction.votes.empty()) continue;
    Row row = row_of(prediction, forecasts, moment, names);
    if (moment.made_at < moment.as_of + moment.interval.length() * row.horizon_bars) rows.push_back(std::move(row));
  }
  if (rows.empty()) return 0;
  std::size_t added = 0;
  const auto written = database_->write("logging predictions", [&](soci::session& session) -> Status {
    Row row;
    soci::statement insert =
        (session.prepare << "INSERT INTO predictions (as_of, made_at, venue, interval, symbol, action, "
                            "expected_return_bps, confidence, relative, horizon_bars, ensemble, votes, said) VALUES "
                            "(:as_of, :made_at, :venue, :interval, :symbol, :action, :expected, :confidence, "
                            ":relative, :horizon, :ensemble, :votes, :said) ON CONFLICT DO NOTHING",
         soci::use(row.as_of), soci::use(row.made_at), soci::use(row.venue), soci::use(row.interval),
         soci::use(row.symbol), soci::use(row.action), soci::use(row.expected_return_bps), soci::use(row.confidence),
         soci::use(row.relative), soci::use(row.horizon_bars), soci::use(row.ensemble), soci::use(row.votes),
         soci::use(row.said));
    for (Row& one : rows) {
      row = std::move(one);
      insert.execute(true);
      added += static_cast<std::size_t>(insert.get_affected_rows());
    }
    return {};
  });
  if (!written) return forward_error(written);
  return added;
}

Result<std::vector<LoggedPrediction>> PredictionLog::list(const Filter& filter) const {
  std::vector<LoggedPrediction> found;
  const auto read = database_->read("reading predictions", [&](soci::session& session) -> Status {
    Row row;
    const long long since = filter.since.value_or(Timestamp::min()).ms();
    soci::statement statement =
        (session.prepare << "SELECT prediction, as_of, made_at, venue, interval, symbol, action, expected_return_bps, "
                            "confidence, relative, horizon_bars, ensemble, votes FROM predictions WHERE as_of >= "
                            ":since ORDER BY as_of DESC, symbol, prediction",
         soci::into(row.id), soci::into(row.as_of), soci::into(row.made_at), soci::into(row.venue),
         soci::into(row.interval), soci::into(row.symbol), soci::into(row.action), soci::into(row.expected_return_bps),
         soci::into(row.confidence), soci::into(row.relative), soci::into(row.horizon_bars), soci::into(row.ensemble),
         soci::into(row.votes), soci::use(since));
    statement.execute();
    while (found.size() < filter.most && statement.fetch()) {
      if (!is_asked_for(row.symbol, filter.symbols)) continue;
      auto one = logged(row);
      if (!one) return forward_error(one);
      found.push_back(std::move(*one));
    }
    return {};
  });
  if (!read) return forward_error(read);
  return found;
}

}  // namespace clm
