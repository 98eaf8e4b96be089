#pragma once
#include <nlohmann/json_fwd.hpp>

#include "registry/registry.hpp"

namespace clm {

/// The documents that `clm models`, `show`, `history`, `diff` and `verify` print with --json (DESIGN: keys that tools
/// rely on). Times are ISO 8601 in UTC.

/// {version, at, changed_at, cause, reason}
nlohmann::json to_json(const Suspension& suspension);
/// {models:[{model_type, scope, version, status, pruned, trained_at, learned_until, data_from, data_to, rows,
/// features_hash, metrics, problem}]}; of a version whose record was altered, what its manifest said is null, and
/// `problem` says why.
Result<nlohmann::json> models_document(const Registry& registry, const Registry::Filter& filter);
/// {version, model_type, scope, status, pruned, manifest, evidence, events}
Result<nlohmann::json> show_document(const Registry& registry, std::string_view version);
/// {model_type, events:[{id, at, data_until, decided_at, model_type, scope, version, from, to, actor, reason,
/// evidence_id}]}
Result<nlohmann::json> history_document(const Registry& registry, std::string_view model_type, int limit);
/// {versions:[{version, model_type, ok, problem, note}]}; problem is null or {code, message, where, remedy}.
nlohmann::json verify_document(const std::vector<Registry::Check>& checks);

/// What differs between two versions: {a, b, same_bits, recipe, parameters, label, protocol, data, build, metrics,
/// members, files: each {"leaf/of/a/nested/object": [in a, in b]} with null for absent, and features: {added, removed,
/// reordered, set?, hash?}}. Error `registry.unknown_version` (usage).
Result<nlohmann::json> diff_document(const Registry& registry, std::string_view a, std::string_view b);

}  // namespace clm
