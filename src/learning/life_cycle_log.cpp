#include "learning/life_cycle_log.hpp"

#include <array>
#include <cstring>

#include <soci/soci.h>

namespace clm {
namespace {

// Forecasts as hexadecimal text: SOCI's blobs cost a second statement each, and a row is a few hundred bytes.
constexpr std::array kMigrations{Migration{1, R"sql(
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
)sql"}};

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

}  // namespace

Result<LifeCycleLog> LifeCycleLog::open(Database& database) {
  if (auto migrated = database.migrate("life_cycle", kMigrations); !migrated) return forward_error(migrated);
  return LifeCycleLog(database);
}

Status LifeCycleLog::commit(const Step& step) {
  return database_->write("logging a step of the life cycle", [&](soci::session& session) -> Status {
    session << "INSERT INTO life_state (id, state) VALUES (1, :state) ON CONFLICT (id) DO UPDATE SET state = "
               "excluded.state",
        soci::use(step.state_json);
    if (!step.forecasts.empty()) {
      long long decided_at = 0;
      std::string who, forecast;
      soci::statement insert = (session.prepare << "INSERT INTO forecasts (decided_at, who, forecast) VALUES (:at, "
                                                   ":who, :forecast) ON CONFLICT DO NOTHING",
                                soci::use(decided_at), soci::use(who), soci::use(forecast));
      for (const ForecastRow& row : step.forecasts) {
        decided_at = row.decided_at.ms();
        who = row.who;
        forecast = to_text(row.forecast);
        insert.execute(true);
      }
    }
    for (const LifeEvent& event : step.events) {
      const long long sequence = event.sequence, at = event.at.ms();
      session << "INSERT INTO life_events (sequence, at, kind, model_type, version, text, detail) VALUES (:sequence, "
                 ":at, :kind, :type, :version, :text, :detail)",
          soci::use(sequence), soci::use(at), soci::use(event.kind), soci::use(event.model_type),
          soci::use(event.version), soci::use(event.text), soci::use(event.detail_json);
    }
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

Result<std::vector<ForecastRow>> LifeCycleLog::forecasts(Timestamp from, Timestamp to, const std::string& who) const {
  std::vector<ForecastRow> rows;
  const auto read = database_->read("reading forecasts", [&](soci::session& session) -> Status {
    long long decided_at = 0;
    std::string name, forecast;
    const long long first = from.ms(), end = to.ms();
    soci::statement select = (session.prepare << "SELECT decided_at, who, forecast FROM forecasts WHERE decided_at >= "
                                                 ":first AND decided_at < :end AND (:who = '' OR who = :who) "
                                                 "ORDER BY decided_at, who",
                              soci::use(first, "first"), soci::use(end, "end"), soci::use(who, "who"),
                              soci::into(decided_at), soci::into(name), soci::into(forecast));
    select.execute();
    while (select.fetch()) rows.push_back({Timestamp(decided_at), name, from_text(forecast)});
    return {};
  });
  if (!read) return forward_error(read);
  return rows;
}

Result<std::vector<LifeEvent>> LifeCycleLog::events(std::int64_t from_sequence) const {
  std::vector<LifeEvent> events;
  const auto read = database_->read("reading the timeline", [&](soci::session& session) -> Status {
    LifeEvent event;
    long long sequence = 0, at = 0;
    const long long first = from_sequence;
    soci::statement select =
        (session.prepare << "SELECT sequence, at, kind, model_type, version, text, detail FROM life_events WHERE "
                            "sequence >= :first ORDER BY sequence",
         soci::use(first), soci::into(sequence), soci::into(at), soci::into(event.kind), soci::into(event.model_type),
         soci::into(event.version), soci::into(event.text), soci::into(event.detail_json));
    select.execute();
    while (select.fetch()) {
      event.sequence = sequence;
      event.at = Timestamp(at);
      events.push_back(event);
    }
    return {};
  });
  if (!read) return forward_error(read);
  return events;
}

Status LifeCycleLog::prune(Timestamp before) {
  return database_->write("forgetting old forecasts", [&](soci::session& session) -> Status {
    const long long at = before.ms();
    const std::string served = kServed;
    session << "DELETE FROM forecasts WHERE decided_at < :at AND who <> :served", soci::use(at), soci::use(served);
    return {};
  });
}

}  // namespace clm
