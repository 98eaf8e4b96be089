#include "learning/life_cycle/life_cycle_log.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>

#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "learning/regret/regret_table.hpp"

namespace clm {
namespace {

// Forecasts as hexadecimal text: SOCI's blobs cost a second statement each, and a row is a few hundred bytes.
constexpr std::string_view kFirstTables = R"sql(
CREATE TABLE life_state (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL
);
CREATE TABLE forecasts (
  decided_at INTEGER NOT NULL,
  who        TEXT NOT NULL,
  forecast   TEXT NOT NULL,
  PRIMARY KEY (decided_at, who)
) WITHOUT ROWID;
CREATE TABLE life_events (
  sequence   INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  model_type TEXT NOT NULL,
  version    TEXT NOT NULL,
  text       TEXT NOT NULL CHECK (text <> ''),
  detail     TEXT NOT NULL
);
CREATE TRIGGER life_events_are_not_changed BEFORE UPDATE ON life_events
  BEGIN SELECT raise(ABORT, 'the timeline is append-only'); END;
CREATE TRIGGER forecasts_are_not_changed BEFORE UPDATE ON forecasts
  BEGIN SELECT raise(ABORT, 'a forecast stands as it was made'); END;
)sql";

// A universe's symbols, one per line. Forecasts of before have none: they are read as they are.
constexpr std::string_view kUniverses = R"sql(
CREATE TABLE universes (
  universe INTEGER PRIMARY KEY,
  symbols  TEXT NOT NULL UNIQUE
);
ALTER TABLE forecasts ADD COLUMN universe INTEGER NOT NULL DEFAULT 0;
)sql";

// Who was heard in service, and what was told with what was served. Of rows of before it is not known: they count as
// in service, and what was served then has no terms.
constexpr std::string_view kRecord = R"sql(
ALTER TABLE forecasts ADD COLUMN in_service INTEGER NOT NULL DEFAULT 1;
CREATE TABLE served_terms (
  decided_at     INTEGER PRIMARY KEY,
  lineup         TEXT NOT NULL,
  label          TEXT NOT NULL,
  expected_bps   TEXT NOT NULL,
  up_probability TEXT NOT NULL,
  actions        TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER served_terms_are_not_changed BEFORE UPDATE ON served_terms
  BEGIN SELECT raise(ABORT, 'what was served stands as it was told'); END;
)sql";

constexpr std::array kMigrations{Migration{1, kFirstTables}, Migration{2, kJobTables},   Migration{3, kUniverses},
                                 Migration{4, kJobClock},    Migration{5, kJobSettings}, Migration{6, kRecord},
                                 Migration{7, kRegretTable}, Migration{8, kPauseTable}};

constexpr char kDigits[] = "0123456789abcdef";

std::string to_text(const std::vector<float>& values) {
  std::string text;
  text.reserve(values.size() * 8);
  for (const float value : values) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(bits >> shift) & 15U];
  }
  return text;
}

std::vector<float> from_text(const std::string& text) {
  std::vector<float> values;
  values.reserve(text.size() / 8);
  for (std::size_t i = 0; i + 8 <= text.size(); i += 8) {
    std::uint32_t bits = 0;
    for (std::size_t k = i; k < i + 8; ++k) {
      const char digit = text[k];
      bits = bits << 4 | static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    values.push_back(value);
  }
  return values;
}

/// Of a stored universe.
std::vector<Symbol> symbols_in(const std::string& names) {
  std::vector<Symbol> symbols;
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = names.find('\n', begin);
    symbols.emplace_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return symbols;
}

constexpr std::string_view kActionLetters = "BSH";  // in the order of Action

std::string to_text(const std::vector<Action>& actions) {
  std::string text;
  for (const Action action : actions) text += kActionLetters[static_cast<std::size_t>(action)];
  return text;
}

std::vector<Action> actions_from(const std::string& text) {
  std::vector<Action> actions;
  for (const char letter : text) {
    const auto found = kActionLetters.find(letter);
    actions.push_back(found == std::string_view::npos ? Action::hold : static_cast<Action>(found));
  }
  return actions;
}

void write_terms(soci::session& session, Timestamp decided_at, const ServedTerms& terms) {
  const long long at = decided_at.ms();
  const std::string lineup = terms.lineup.str(), label = to_json(terms.label).dump();
  const std::string expected = to_text(terms.expected_return_bps), up = to_text(terms.up_probability);
  const std::string actions = to_text(terms.actions);
  session << "INSERT INTO served_terms (decided_at, lineup, label, expected_bps, up_probability, actions) VALUES (:at, "
             ":lineup, :label, :expected, :up, :actions) ON CONFLICT DO NOTHING",
      soci::use(at), soci::use(lineup), soci::use(label), soci::use(expected), soci::use(up), soci::use(actions);
}

constexpr std::array<std::pair<EventKind, std::string_view>, 18> kEventKinds{{
    {EventKind::trigger, "trigger"},
    {EventKind::trained, "trained"},
    {EventKind::shadow, "shadow"},
    {EventKind::canary_first, "canary_first"},
    {EventKind::canary_second, "canary_second"},
    {EventKind::canary, "canary"},
    {EventKind::promoted, "promoted"},
    {EventKind::watch, "watch"},
    {EventKind::watch_ended, "watch_ended"},
    {EventKind::rejected, "rejected"},
    {EventKind::retreat, "retreat"},
    {EventKind::rolled_back, "rolled_back"},
    {EventKind::trial_ended, "trial_ended"},
    {EventKind::proposed, "proposed"},
    {EventKind::failed, "failed"},
    {EventKind::suspended, "suspended"},
    {EventKind::reinstated, "reinstated"},
    {EventKind::retired, "retired"},
}};

}  // namespace

std::string_view to_string(EventKind kind) { return kEventKinds[static_cast<std::size_t>(kind)].second; }

std::optional<EventKind> parse_event_kind(std::string_view name) {
  const auto* found =
      std::find_if(kEventKinds.begin(), kEventKinds.end(), [&](const auto& one) { return one.second == name; });
  return found == kEventKinds.end() ? std::nullopt : std::optional(found->first);
}

std::string to_line(const LifeEvent& event) {
  return to_string(event.at) + "  " + std::string(to_string(event.kind)) +
         (event.model_type.empty() ? "" : " " + event.model_type) + (event.version.empty() ? "" : " " + event.version) +
         ": " + event.text;
}

nlohmann::json to_json(const LifeEvent& event) {
  return {{"at", to_string(event.at)},
          {"kind", to_string(event.kind)},
          {"model_type", event.model_type},
          {"version", event.version},
          {"text", event.text},
          {"detail", nlohmann::json::parse(event.detail_json)}};
}

Result<LifeCycleLog> LifeCycleLog::open(Database& database, const Clock* clock) {
  if (auto migrated = database.migrate("life_cycle", kMigrations); !migrated) return forward_error(migrated);
  return LifeCycleLog(database, clock);
}

std::optional<Timestamp> LifeCycleLog::time_by_the_clock() const {
  return clock_ == nullptr ? std::nullopt : std::optional(clock_->now());
}

Status LifeCycleLog::set_universe(const std::vector<Symbol>& symbols) {
  std::string names;
  for (const Symbol& symbol : symbols) names += symbol.str() + "\n";
  symbols_ = symbols;
  const auto look = [&](soci::session& session) -> Status {
    long long universe = 0;
    session << "SELECT universe FROM universes WHERE symbols = :names", soci::use(names), soci::into(universe);
    universe_ = session.got_data() ? universe : 0;
    return {};
  };
  if (auto looked = database_->read("looking for the universe", look); !looked || universe_ != 0) return looked;
  return database_->write("noting the universe", [&](soci::session& session) -> Status {
    session << "INSERT INTO universes (symbols) VALUES (:names) ON CONFLICT DO NOTHING", soci::use(names);
    return look(session);
  });
}

Status LifeCycleLog::commit(const Step& step) {
  expects(step.forecasts.empty() || universe_ != 0, "forecasts are about a universe");
  return database_->write("logging a step of the life cycle", [&](soci::session& session) -> Status {
    session << "INSERT INTO life_state (id, state) VALUES (1, :state) ON CONFLICT (id) DO UPDATE SET state = "
               "excluded.state",
        soci::use(step.state_json);
    if (!step.forecasts.empty()) {
      long long decided_at = 0;
      const long long universe = universe_;
      std::string who, forecast;
      int in_service = 1;
      soci::statement insert =
          (session.prepare << "INSERT INTO forecasts (decided_at, who, forecast, universe, in_service) VALUES (:at, "
                              ":who, :forecast, :universe, :in_service) ON CONFLICT DO NOTHING",
           soci::use(decided_at), soci::use(who), soci::use(forecast), soci::use(universe), soci::use(in_service));
      for (const ForecastRow& row : step.forecasts) {
        decided_at = row.decided_at.ms();
        who = row.who;
        forecast = to_text(row.forecast);
        in_service = row.heard == Heard::in_service ? 1 : 0;
        insert.execute(true);
        if (row.terms) write_terms(session, row.decided_at, *row.terms);
      }
    }
    for (const LifeEvent& event : step.events) {
      const long long sequence = event.sequence, at = event.at.ms();
      const std::string kind(to_string(event.kind));
      session << "INSERT INTO life_events (sequence, at, kind, model_type, version, text, detail) VALUES (:sequence, "
                 ":at, :kind, :type, :version, :text, :detail)",
          soci::use(sequence), soci::use(at), soci::use(kind), soci::use(event.model_type), soci::use(event.version),
          soci::use(event.text), soci::use(event.detail_json);
    }
    for (const Plan& plan : step.plans) write_plan(session, plan);
    for (const Job& job : step.jobs) write_job(session, job);
    for (const RegretDay& more : step.regret) add_regret(session, more);
    return {};
  });
}

Result<std::optional<std::string>> LifeCycleLog::state() const {
  std::optional<std::string> state;
  const auto read = database_->read("reading the state of the life cycle", [&](soci::session& session) -> Status {
    std::string text;
    session << "SELECT state FROM life_state WHERE id = 1", soci::into(text);
    if (session.got_data()) state = std::move(text);
    return {};
  });
  if (!read) return forward_error(read);
  return state;
}

Result<std::vector<int>> LifeCycleLog::places_of(std::int64_t universe) const {
  std::string names;
  const auto read = database_->read("reading a universe", [&](soci::session& session) -> Status {
    const long long number = universe;
    session << "SELECT symbols FROM universes WHERE universe = :number", soci::use(number), soci::into(names);
    return {};
  });
  if (!read) return forward_error(read);
  std::vector<int> places;
  for (const Symbol& symbol : symbols_in(names)) {
    const auto found = std::find(symbols_.begin(), symbols_.end(), symbol);
    places.push_back(found == symbols_.end() ? -1 : static_cast<int>(found - symbols_.begin()));
  }
  return places;
}

Result<std::vector<ForecastRow>> LifeCycleLog::forecasts(Timestamp from, Timestamp to, const std::string& who) const {
  std::vector<ForecastRow> rows;
  std::map<std::int64_t, std::vector<std::size_t>> of_others;  // rows by universe
  const auto read = database_->read("reading forecasts", [&](soci::session& session) -> Status {
    long long decided_at = 0, universe = 0;
    int in_service = 1;
    std::string name, forecast;
    const long long first = from.ms(), end = to.ms();
    soci::statement select =
        (session.prepare << "SELECT decided_at, who, forecast, universe, in_service FROM forecasts WHERE decided_at >= "
                            ":first AND decided_at < :end AND (:who = '' OR who = :who) ORDER BY decided_at, who",
         soci::use(first, "first"), soci::use(end, "end"), soci::use(who, "who"), soci::into(decided_at),
         soci::into(name), soci::into(forecast), soci::into(universe), soci::into(in_service));
    select.execute();
    while (select.fetch()) {
      if (universe != universe_ && universe != 0) of_others[universe].push_back(rows.size());
      rows.push_back(
          {Timestamp(decided_at), name, from_text(forecast), in_service == 1 ? Heard::in_service : Heard::for_a_trial});
    }
    return {};
  });
  if (!read) return forward_error(read);
  if (universe_ == 0) return rows;
  for (const auto& [universe, theirs] : of_others) {
    const auto places = places_of(universe);
    if (!places) return forward_error(places);
    for (const std::size_t row : theirs) {
      std::vector<float> forecast(symbols_.size(), std::numeric_limits<float>::quiet_NaN());
      for (std::size_t i = 0; i < std::min(places->size(), rows[row].forecast.size()); ++i)
        if ((*places)[i] >= 0) forecast[static_cast<std::size_t>((*places)[i])] = rows[row].forecast[i];
      rows[row].forecast = std::move(forecast);
    }
  }
  return rows;
}

Result<std::vector<NamedForecast>> LifeCycleLog::named_forecasts(Timestamp from, Timestamp to,
                                                                 const std::string& who) const {
  std::map<long long, std::shared_ptr<const std::vector<Symbol>>> universes;
  std::vector<NamedForecast> rows;
  const auto read = database_->read("reading the record", [&](soci::session& session) -> Status {
    long long universe = 0;
    std::string names;
    soci::statement select_universes =
        (session.prepare << "SELECT universe, symbols FROM universes", soci::into(universe), soci::into(names));
    select_universes.execute();
    while (select_universes.fetch())
      universes[universe] = std::make_shared<const std::vector<Symbol>>(symbols_in(names));
    long long decided_at = 0;
    int in_service = 1;
    std::string name, forecast, lineup, label, expected, up, actions;
    soci::indicator has_terms = soci::i_null;
    const long long first = from.ms(), end = to.ms();
    const std::string served = kServed;
    soci::statement select =
        (session.prepare << "SELECT f.decided_at, f.who, f.forecast, f.universe, f.in_service, COALESCE(t.lineup, ''), "
                            "t.label, COALESCE(t.expected_bps, ''), COALESCE(t.up_probability, ''), "
                            "COALESCE(t.actions, '') FROM forecasts f LEFT JOIN served_terms t ON f.who = :served AND "
                            "t.decided_at = f.decided_at WHERE f.decided_at >= :first AND f.decided_at < :end AND "
                            "(:who = '' OR f.who = :who) ORDER BY f.decided_at, f.who",
         soci::use(served, "served"), soci::use(first, "first"), soci::use(end, "end"), soci::use(who, "who"),
         soci::into(decided_at), soci::into(name), soci::into(forecast), soci::into(universe), soci::into(in_service),
         soci::into(lineup), soci::into(label, has_terms), soci::into(expected), soci::into(up), soci::into(actions));
    select.execute();
    while (select.fetch()) {
      const auto known = universes.find(universe);
      if (known == universes.end()) continue;
      ForecastRow row{Timestamp(decided_at), name, from_text(forecast),
                      in_service == 1 ? Heard::in_service : Heard::for_a_trial};
      if (has_terms == soci::i_ok) {
        const auto read_label = read_label_options(label);
        if (!read_label) return forward_error(read_label);
        row.terms = {VersionId(lineup), *read_label, from_text(expected), from_text(up), actions_from(actions)};
      }
      rows.push_back({std::move(row), known->second});
    }
    return {};
  });
  if (!read) return forward_error(read);
  return rows;
}

Result<std::optional<TimeRange>> LifeCycleLog::forecast_span() const {
  std::optional<TimeRange> span;
  const auto read = database_->read("reading the span of the record", [&](soci::session& session) -> Status {
    long long first = 0, last = 0;
    soci::indicator is_there = soci::i_null;
    session << "SELECT min(decided_at), max(decided_at) FROM forecasts", soci::into(first, is_there),
        soci::into(last, is_there);
    if (is_there == soci::i_ok) span = TimeRange{Timestamp(first), Timestamp(last + 1)};
    return {};
  });
  if (!read) return forward_error(read);
  return span;
}

Result<std::vector<RegretDay>> LifeCycleLog::regret() const {
  std::vector<RegretDay> days;
  const auto read = database_->read("reading the regret", [&](soci::session& session) -> Status {
    days = read_regret(session);
    return {};
  });
  if (!read) return forward_error(read);
  return days;
}

Status LifeCycleLog::pause_refreshes(const RefreshPause& pause) {
  return database_->write("pausing refreshes", [&](soci::session& session) -> Status {
    write_pause(session, pause);
    return {};
  });
}

Status LifeCycleLog::resume_refreshes(const RefreshPause& resumed) {
  return database_->write("resuming refreshes", [&](soci::session& session) -> Status {
    end_pause(session, resumed);
    return {};
  });
}

Result<std::vector<RefreshPause>> LifeCycleLog::refresh_pauses() const {
  std::vector<RefreshPause> pauses;
  const auto read = database_->read("reading which refreshes are paused", [&](soci::session& session) -> Status {
    pauses = read_pauses(session);
    return {};
  });
  if (!read) return forward_error(read);
  return pauses;
}

Result<std::int64_t> LifeCycleLog::event_count() const {
  long long count = 0;
  const auto read = database_->read("counting the timeline", [&](soci::session& session) -> Status {
    session << "SELECT count(*) FROM life_events", soci::into(count);
    return {};
  });
  if (!read) return forward_error(read);
  return std::int64_t{count};
}

Result<std::vector<LifeEvent>> LifeCycleLog::events(std::int64_t from_sequence) const {
  std::vector<LifeEvent> events;
  const auto read = database_->read("reading the timeline", [&](soci::session& session) -> Status {
    LifeEvent event;
    long long sequence = 0, at = 0;
    std::string kind;
    const long long first = from_sequence;
    soci::statement select =
        (session.prepare << "SELECT sequence, at, kind, model_type, version, text, detail FROM life_events WHERE "
                            "sequence >= :first ORDER BY sequence",
         soci::use(first), soci::into(sequence), soci::into(at), soci::into(kind), soci::into(event.model_type),
         soci::into(event.version), soci::into(event.text), soci::into(event.detail_json));
    select.execute();
    while (select.fetch()) {
      event.sequence = sequence;
      event.at = Timestamp(at);
      const auto known = parse_event_kind(kind);
      if (!known)
        return fail(ErrorKind::integrity, "life_cycle.event", "\"" + kind + "\" is not what happens in a life cycle",
                    "clm.db", "Use the release that wrote it, or restore clm.db from a copy.");
      event.kind = *known;
      events.push_back(event);
    }
    return {};
  });
  if (!read) return forward_error(read);
  return events;
}

Result<std::vector<Job>> LifeCycleLog::jobs(WhichJobs which) const {
  std::vector<Job> jobs;
  const auto read = database_->read("reading jobs", [&](soci::session& session) -> Status {
    jobs = read_jobs(session, which);
    return {};
  });
  if (!read) return forward_error(read);
  return jobs;
}

Result<std::vector<Job>> LifeCycleLog::last_trainings() const {
  std::vector<Job> jobs;
  const auto read = database_->read("reading the last trainings", [&](soci::session& session) -> Status {
    jobs = read_last_trainings(session);
    return {};
  });
  if (!read) return forward_error(read);
  return jobs;
}

Status LifeCycleLog::update(const Job& job) {
  return database_->write("noting what came of a job", [&](soci::session& session) -> Status {
    write_job(session, job);
    return {};
  });
}

Result<std::vector<Plan>> LifeCycleLog::plans() const {
  std::vector<Plan> plans;
  const auto read = database_->read("reading plans", [&](soci::session& session) -> Status {
    plans = read_plans(session);
    return {};
  });
  if (!read) return forward_error(read);
  return plans;
}

Result<std::optional<double>> LifeCycleLog::typical_training_seconds(const std::string& model_type) const {
  std::vector<double> seconds;
  const auto read = database_->read("reading past trainings", [&](soci::session& session) -> Status {
    seconds = read_training_seconds(session, model_type, 5);
    return {};
  });
  if (!read) return forward_error(read);
  if (seconds.empty()) return std::optional<double>();
  std::sort(seconds.begin(), seconds.end());
  return std::optional(seconds[seconds.size() / 2]);
}

}  // namespace clm
