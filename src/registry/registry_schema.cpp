#include "registry/registry_schema.hpp"

#include <array>

namespace clm {
namespace {

// `activation` orders what was ever active: larger is later; 0 = no way back leads here.
constexpr std::array kRegistryMigrations{Migration{1, R"sql(
CREATE TABLE versions (
  sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
  version         TEXT NOT NULL UNIQUE,
  model_type      TEXT NOT NULL,
  scope           TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('candidate', 'shadow', 'canary', 'active', 'retired', 'rejected',
                                                  'failed', 'rolled_back')),
  registered_at   INTEGER NOT NULL,
  manifest        TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  pruned          INTEGER NOT NULL DEFAULT 0 CHECK (pruned IN (0, 1)),
  activation      INTEGER NOT NULL DEFAULT 0,
  UNIQUE (version, model_type, scope),
  CHECK (NOT (pruned = 1 AND status IN ('active', 'shadow', 'canary')))
);
CREATE UNIQUE INDEX one_active_version_per_slot ON versions (model_type, scope) WHERE status = 'active';
CREATE INDEX versions_by_slot ON versions (model_type, scope, sequence);

CREATE TABLE aliases (
  model_type TEXT NOT NULL,
  scope      TEXT NOT NULL,
  version    TEXT,
  generation INTEGER NOT NULL,
  since      INTEGER NOT NULL,
  PRIMARY KEY (model_type, scope),
  FOREIGN KEY (version, model_type, scope) REFERENCES versions (version, model_type, scope)
);

CREATE TABLE evidence (
  id      TEXT PRIMARY KEY,
  content TEXT NOT NULL
);

CREATE TABLE events (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  at          INTEGER NOT NULL,
  model_type  TEXT NOT NULL,
  scope       TEXT NOT NULL,
  version     TEXT REFERENCES versions (version),
  from_status TEXT NOT NULL,
  to_status   TEXT NOT NULL,
  actor       TEXT NOT NULL,
  reason      TEXT NOT NULL CHECK (reason <> ''),
  evidence_id TEXT REFERENCES evidence (id)
);
CREATE INDEX events_by_type ON events (model_type, id);
CREATE INDEX events_by_version ON events (version, id);

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
  BEGIN SELECT raise(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
  BEGIN SELECT raise(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER evidence_is_not_changed BEFORE UPDATE ON evidence
  BEGIN SELECT raise(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_is_not_deleted BEFORE DELETE ON evidence
  BEGIN SELECT raise(ABORT, 'evidence is append-only'); END;
)sql"},
                                         // When it was written, by the machine's clock; events of before have none.
                                         Migration{2, "ALTER TABLE events ADD COLUMN decided_at INTEGER;"},
                                         // Who has no vote until further notice, whatever its status.
                                         Migration{3, R"sql(
CREATE TABLE suspensions (
  version    TEXT PRIMARY KEY REFERENCES versions (version),
  at         INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  cause      TEXT NOT NULL CHECK (cause IN ('break', 'harm')),
  reason     TEXT NOT NULL CHECK (reason <> '')
) WITHOUT ROWID;
)sql"},
                                         Migration{4, R"sql(
CREATE TABLE kept_versions (
  version TEXT PRIMARY KEY REFERENCES versions (version)
) WITHOUT ROWID;
)sql"}};

// A cycle's time by the clock came later: 0 where it was not written down.
constexpr std::array kCycleLogMigrations{Migration{1, R"sql(
CREATE TABLE cycles (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  as_of    INTEGER NOT NULL,
  status   TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'interrupted')),
  triggers TEXT NOT NULL,
  results  TEXT NOT NULL DEFAULT '[]',
  seconds  REAL NOT NULL DEFAULT 0
);
CREATE TABLE holdout_uses (
  model_type TEXT NOT NULL,
  span_from  INTEGER NOT NULL,
  span_to    INTEGER NOT NULL,
  version    TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (model_type, span_from, span_to, version)
) WITHOUT ROWID;
)sql"},
                                         Migration{2, R"sql(
ALTER TABLE cycles ADD COLUMN decided_at INTEGER NOT NULL DEFAULT 0;
)sql"},
                                         // The moments at which recipes that were not accepted are judged, since when,
                                         // and which of its year's each is; accepted_at 0: it was not.
                                         Migration{3, R"sql(
CREATE TABLE recipe_tries (
  slot         TEXT NOT NULL,
  recipe       TEXT NOT NULL,
  tried_at     INTEGER NOT NULL,
  year         INTEGER NOT NULL,
  number       INTEGER NOT NULL,
  first_origin INTEGER NOT NULL,
  spacing      INTEGER NOT NULL,
  accepted_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (slot, recipe, tried_at),
  UNIQUE (year, number)
) WITHOUT ROWID;
)sql"}};

}  // namespace

std::span<const Migration> registry_migrations() { return kRegistryMigrations; }
std::span<const Migration> cycle_log_migrations() { return kCycleLogMigrations; }

}  // namespace clm
