#include "registry/registry.hpp"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <soci/soci.h>

#include "registry/registry_fixture.hpp"

namespace clm {
namespace {

using testing::because;
using testing::code_of;
using testing::kSlot;
using testing::put_sample;
using testing::RegistryTest;
using testing::sample_manifest;
using enum VersionStatus;

constexpr VersionStatus kStored[] = {
    VersionStatus::candidate, shadow, canary, active, retired, rejected, failed, rolled_back};

void empty_file(const std::filesystem::path& path) { std::ofstream(path, std::ios::trunc); }

TEST_F(RegistryTest, ACandidateGoesAllTheWay) {
  const VersionId version = candidate(1);
  EXPECT_EQ(status(version), VersionStatus::candidate);
  ASSERT_EQ(registry_->advance(version, shadow, because("next"))->status, shadow);
  ASSERT_EQ(registry_->advance(version, canary, because("next"))->status, canary);
  const auto promotion = registry_->promote(version, because("better", 5));
  ASSERT_TRUE(promotion.has_value()) << to_string(promotion.error());
  EXPECT_FALSE(promotion->retired.has_value());
  const auto alias = *registry_->active(kSlot);
  ASSERT_TRUE(alias.has_value());
  EXPECT_EQ(alias->record.version, version);
  EXPECT_EQ(alias->since, because("", 5).at);
  EXPECT_EQ(registry_->retire(version, because("enough"))->status, retired);
  EXPECT_EQ(active_version(), "");

  const auto events = *registry_->events_of(version);
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events.front().from, training);
  for (std::size_t i = 1; i < events.size(); ++i) EXPECT_EQ(events[i].from, events[i - 1].to);
  EXPECT_EQ(events[3].actor, "test");
  EXPECT_EQ(events[3].reason, "better");
  EXPECT_EQ(*registry_->evidence(events[3].evidence_id), R"({"improvement":0.07})");
}

/// Every status against every target: what the table allows works, the rest is refused and changes nothing.
TEST_F(RegistryTest, EveryIllegalTransitionIsRefused) {
  std::uint64_t seed = 0;
  const auto brought_to = [&](VersionStatus wanted) {
    const VersionId version = candidate(++seed);
    const auto why = because("setup");
    if (wanted == active || wanted == retired || wanted == rolled_back) {
      EXPECT_TRUE(registry_->promote(version, why));
    }
    if (wanted == retired) {
      EXPECT_TRUE(registry_->retire(version, why));
    }
    if (wanted == rolled_back) {
      const VersionId next = candidate(++seed);
      EXPECT_TRUE(registry_->promote(next, why));
      EXPECT_EQ(registry_->rollback(kSlot, why)->rolled_back, next);
      return next;
    }
    if (wanted == shadow || wanted == canary || wanted == rejected || wanted == failed) {
      EXPECT_TRUE(registry_->advance(version, wanted, why));
    }
    return version;
  };
  for (const auto from : kStored) {
    for (const auto to : kStored) {
      const VersionId version = brought_to(from);
      ASSERT_EQ(status(version), from);
      const auto events_before = registry_->events_of(version)->size();
      const auto why = because("try");
      const std::string code = to == active    ? code_of(registry_->promote(version, why))
                               : to == retired ? code_of(registry_->retire(version, why))
                                               : code_of(registry_->advance(version, to, why));
      const bool legal = is_legal_transition(from, to) && !(from == active && to == rolled_back);  // by rollback alone
      EXPECT_EQ(code, legal ? "ok" : "registry.transition") << to_string(from) << " to " << to_string(to);
      EXPECT_EQ(status(version), legal ? to : from);
      EXPECT_EQ(registry_->events_of(version)->size(), events_before + (legal ? 1 : 0));
    }
  }
}

TEST_F(RegistryTest, WhatIsRefusedSaysWhatCanBeDone) {
  const auto remedy_of = [](const auto& result) { return result ? std::string("ok") : result.error().remedy; };
  const auto why = because("try");
  const VersionId a = promoted(1);
  EXPECT_NE(remedy_of(registry_->reject(a, why)).find("clm retire " + a.str()), std::string::npos);
  EXPECT_NE(remedy_of(registry_->rollback(kSlot, why)).find("clm retire xgboost"), std::string::npos);
  const VersionId b = candidate(2);
  EXPECT_NE(remedy_of(registry_->retire(b, why)).find("clm reject " + b.str()), std::string::npos);
  ASSERT_TRUE(registry_->reject(b, why));
  EXPECT_NE(remedy_of(registry_->promote(b, why)).find("clm cycle --force"), std::string::npos);
  ASSERT_TRUE(registry_->advance(a, failed, why));
  EXPECT_NE(remedy_of(registry_->promote(a, why)).find("clm reproduce " + a.str() + " --restore"), std::string::npos);
}

TEST_F(RegistryTest, DecisionsNeedReasonAndEvidence) {
  const VersionId version = candidate(1);
  EXPECT_EQ(code_of(registry_->promote(version, because("better", 0, ""))), "registry.no_evidence");
  EXPECT_EQ(code_of(registry_->promote(version, because(""))), "registry.reason");
  EXPECT_EQ(code_of(registry_->promote(version, because("better", 0, "{"))), "registry.evidence");
  EXPECT_EQ(code_of(registry_->promote(VersionId("123456"), because("better"))), "registry.unknown_version");
  EXPECT_EQ(code_of(registry_->reject(VersionId("123456"), because("worse"))), "registry.unknown_version");
  EXPECT_EQ(status(version), VersionStatus::candidate);
}

TEST_F(RegistryTest, EnteringTheSameContentAgainChangesNothing) {
  const VersionId version = candidate(1);
  ASSERT_TRUE(registry_->reject(version, because("worse")));
  const auto again = registry_->enter(*put_sample(registry_->store(), sample_manifest(1)), because("trained"));
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->record.status, rejected);
  EXPECT_EQ(registry_->events_of(version)->size(), 2U);
}

TEST_F(RegistryTest, PromotionRetiresThePresentOneAndMovesTheAliasOnce) {
  const VersionId a = promoted(1);
  const auto generation = (*registry_->active(kSlot))->generation;
  const VersionId b = candidate(2);
  const auto promotion = registry_->promote(b, because("better"));
  EXPECT_EQ(promotion->retired, a);
  EXPECT_EQ(promotion->generation, generation + 1);
  EXPECT_EQ(active_version(), b.str());
  EXPECT_EQ(status(a), retired);
}

TEST_F(RegistryTest, SlotsAreIndependent) {
  const VersionId a = promoted(1);
  const VersionId other = candidate(1, "lightgbm");
  ASSERT_TRUE(registry_->promote(other, because("better")));
  Manifest scoped = sample_manifest(1);
  scoped.scope = "btc";
  const auto entered = registry_->enter(*put_sample(registry_->store(), scoped), because("trained"));
  ASSERT_TRUE(registry_->promote(entered->record.version, because("better")));
  EXPECT_EQ(active_version(), a.str());
  EXPECT_EQ(active_version("lightgbm"), other.str());
  EXPECT_EQ((*registry_->active(Slot{"xgboost", "btc"}))->record.version, entered->record.version);
}

TEST_F(RegistryTest, TamperedVersionsAreNotPromoted) {
  const VersionId version = candidate(1);
  empty_file(file(version, "model.ubj"));
  EXPECT_EQ(code_of(registry_->promote(version, because("better"))), "artifact.file_empty");
  EXPECT_EQ(status(version), VersionStatus::candidate);
  EXPECT_EQ(active_version(), "");
}

TEST_F(RegistryTest, RollbackGoesFurtherBackAndNeverForward) {
  const VersionId a = promoted(1), b = promoted(2), c = promoted(3);
  auto back = registry_->rollback(kSlot, because("worse"));
  ASSERT_TRUE(back.has_value()) << to_string(back.error());
  EXPECT_EQ(back->active.version, b);
  EXPECT_EQ(back->rolled_back, c);
  EXPECT_EQ(active_version(), b.str());
  back = registry_->rollback(kSlot, because("worse still"));
  EXPECT_EQ(back->active.version, a);
  EXPECT_EQ(status(b), rolled_back);
  EXPECT_EQ(status(c), rolled_back);
  const auto refused = registry_->rollback(kSlot, because("and again"));
  ASSERT_EQ(code_of(refused), "registry.no_way_back");
  EXPECT_EQ(refused.error().kind, ErrorKind::refused);
  EXPECT_EQ(active_version(), a.str()) << "a refused rollback changes nothing";
}

TEST_F(RegistryTest, RollbackAfterARollbackAndAPromotion) {
  const VersionId a = promoted(1), b = promoted(2);
  ASSERT_EQ(registry_->rollback(kSlot, because("worse"))->active.version, a);
  const VersionId d = promoted(4);
  EXPECT_EQ(registry_->rollback(kSlot, because("worse"))->active.version, a);
  EXPECT_EQ(status(d), rolled_back);
  EXPECT_EQ(status(b), rolled_back);
  EXPECT_EQ(code_of(registry_->rollback(kSlot, because("worse"))), "registry.no_way_back");
}

TEST_F(RegistryTest, RollbackWithoutAnActiveVersion) {
  EXPECT_EQ(code_of(registry_->rollback(kSlot, because("worse"))), "registry.no_active");
  ASSERT_TRUE(registry_->retire(promoted(1), because("enough")));
  EXPECT_EQ(code_of(registry_->rollback(kSlot, because("worse"))), "registry.no_active");
  const VersionId b = promoted(2), c = promoted(3);
  ASSERT_TRUE(registry_->retire(c, because("enough")));
  EXPECT_EQ(registry_->rollback(kSlot, because("somebody is wanted"))->active.version, b)
      << "an empty slot is filled by who was there before";
  EXPECT_EQ(code_of(registry_->rollback(kSlot, because("worse"))), "registry.no_way_back")
      << "what a person retired does not come back by itself";
  EXPECT_EQ(registry_->promote(c, because("it was better after all"))->retired, b) << "but by a person";
}

TEST_F(RegistryTest, WithoutAnActiveVersionItSaysWhatCanServe) {
  const auto remedy = [&](const Slot& slot) {
    const auto refused = registry_->rollback(slot, because("worse"));
    EXPECT_EQ(code_of(refused), "registry.no_active");
    return refused ? std::string() : refused.error().remedy;
  };
  EXPECT_EQ(remedy(kSlot).find("clm cycle --force --models xgboost trains one"), 0U) << remedy(kSlot);
  EXPECT_EQ(remedy(Slot{std::string(kEnsembleType)}).find("clm cycle --force makes an ensemble"), 0U);
  const VersionId older = candidate(1), newer = candidate(2);
  EXPECT_EQ(remedy(kSlot).find("clm promote " + newer.str() + " --reason TEXT"), 0U) << remedy(kSlot);
  ASSERT_TRUE(registry_->reject(newer, because("no better")));
  EXPECT_EQ(remedy(kSlot).find("clm promote " + older.str() + " --reason TEXT"), 0U) << remedy(kSlot);
  ASSERT_TRUE(registry_->advance(older, VersionStatus::failed, because("broken")));
  EXPECT_EQ(remedy(kSlot).find("clm reproduce " + older.str() + " --restore"), 0U) << remedy(kSlot);
  ASSERT_TRUE(registry_->advance(older, VersionStatus::candidate, because("whole again")));
  ASSERT_TRUE(registry_->reject(older, because("no better either")));
  EXPECT_EQ(remedy(kSlot).find("promote"), std::string::npos) << "a rejection is final: " << remedy(kSlot);
  EXPECT_NE(remedy(kSlot).find("clm cycle --force --models xgboost trains one"), std::string::npos) << remedy(kSlot);
}

TEST_F(RegistryTest, ABrokenWayBackIsRefusedAndTheNextOlderOffered) {
  const VersionId a = promoted(1), b = promoted(2), c = promoted(3);
  empty_file(file(b, "model.ubj"));
  const auto refused = registry_->rollback(kSlot, because("worse"));
  ASSERT_EQ(code_of(refused), "registry.way_back_broken");
  EXPECT_EQ(refused.error().kind, ErrorKind::integrity);
  EXPECT_NE(refused.error().remedy.find(a.str()), std::string::npos);
  EXPECT_EQ(active_version(), c.str());

  const auto done = registry_->rollback(kSlot, because("worse"), {std::nullopt, Registry::IfBroken::next_older});
  ASSERT_TRUE(done.has_value()) << to_string(done.error());
  EXPECT_EQ(done->active.version, a);
  EXPECT_EQ(done->skipped, std::vector{b});
  EXPECT_EQ(status(b), failed);
}

TEST_F(RegistryTest, AllWaysBackBroken) {
  const VersionId a = promoted(1), b = promoted(2);
  empty_file(file(a, "scaler.json"));
  const auto refused = registry_->rollback(kSlot, because("worse"), {std::nullopt, Registry::IfBroken::next_older});
  EXPECT_EQ(code_of(refused), "registry.way_back_broken");
  EXPECT_EQ(active_version(), b.str());
}

TEST_F(RegistryTest, RollbackToANamedVersionPassesTheOthersBy) {
  const VersionId a = promoted(1), b = promoted(2), c = promoted(3);
  EXPECT_EQ(code_of(registry_->rollback(kSlot, because("worse"), {candidate(9), {}})), "registry.no_way_back");
  const auto done = registry_->rollback(kSlot, because("worse"), {a, Registry::IfBroken::refuse});
  ASSERT_TRUE(done.has_value()) << to_string(done.error());
  EXPECT_EQ(active_version(), a.str());
  EXPECT_EQ(status(b), retired);
  EXPECT_EQ(code_of(registry_->rollback(kSlot, because("worse"))), "registry.no_way_back") << "never forward to b";
  EXPECT_EQ(status(c), rolled_back);
}

TEST_F(RegistryTest, TheDatabaseItselfHoldsTheRules) {
  promoted(1);
  const VersionId b = candidate(2);
  const auto code_with = [&](const std::string& sql) {
    return code_of(database_->write("test", [&](soci::session& session) -> Status {
      session << sql;
      return {};
    }));
  };
  EXPECT_EQ(code_with("UPDATE versions SET status = 'active' WHERE version = '" + b.str() + "'"),
            "database.constraint");
  EXPECT_EQ(code_with("UPDATE events SET reason = 'another'"), "database.constraint");
  EXPECT_EQ(code_with("DELETE FROM events"), "database.constraint");
  EXPECT_EQ(code_with("UPDATE evidence SET content = '{}'"), "database.constraint");
  EXPECT_EQ(code_with("UPDATE aliases SET version = 'none'"), "database.constraint");
  EXPECT_EQ(code_with("UPDATE versions SET pruned = 1 WHERE status = 'active'"), "database.constraint");
}

TEST_F(RegistryTest, PromotionsAtTheSameTimeSerialise) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5;
  std::vector<VersionId> candidates;
  for (std::uint64_t i = 0; i < kThreads * kEach; ++i) candidates.push_back(candidate(i));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      auto database = Database::open(place_.database_file());
      ASSERT_TRUE(database.has_value());
      auto registry = Registry::open(*database, ArtifactStore(place_.versions()));
      ASSERT_TRUE(registry.has_value());
      for (std::size_t i = 0; i < kEach; ++i) {
        const auto done = registry->promote(candidates[t * kEach + i], because("better"));
        ASSERT_TRUE(done.has_value()) << to_string(done.error());
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(registry_->list({{}, {}, active})->size(), 1U);
  EXPECT_EQ(registry_->list({{}, {}, retired})->size(), kThreads * kEach - 1U);
  EXPECT_EQ((*registry_->active(kSlot))->generation, kThreads * kEach);
  const auto checks = registry_->verify_all();
  ASSERT_TRUE(checks.has_value());
  for (const auto& check : *checks) EXPECT_TRUE(check.ok()) << to_string(*check.problem);
}

TEST_F(RegistryTest, TwoPromotionsOfTheSameCandidateOneWins) {
  const VersionId version = candidate(1);
  std::vector<std::string> codes(2);
  std::vector<std::thread> threads;
  for (auto& code : codes)
    threads.emplace_back([&] {
      auto database = Database::open(place_.database_file());
      auto registry = Registry::open(*database, ArtifactStore(place_.versions()));
      code = code_of(registry->promote(version, because("better")));
    });
  for (auto& thread : threads) thread.join();
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(codes, (std::vector<std::string>{"ok", "registry.transition"}));
}

TEST_F(RegistryTest, FindsByABeginningAndListsByFilter) {
  const VersionId a = promoted(1), b = candidate(2);
  EXPECT_EQ(registry_->find(a.str().substr(0, 6))->version, a);
  EXPECT_EQ(code_of(registry_->find(a.str().substr(0, 3))), "registry.unknown_version");
  EXPECT_EQ(code_of(registry_->find("zzzz")), "registry.unknown_version");
  EXPECT_EQ(code_of(registry_->find("")), "registry.unknown_version");
  const auto all = *registry_->list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].version, b) << "newest first";
  EXPECT_EQ(registry_->list({"lightgbm", {}, {}})->size(), 0U);
  EXPECT_EQ(registry_->list({"xgboost", "default", VersionStatus::candidate})->size(), 1U);
}

TEST_F(RegistryTest, HistoryHoldsFailedTrainingsToo) {
  ASSERT_TRUE(registry_->record_failed_training(kSlot, because("no rows")));
  promoted(1);
  const auto all = *registry_->history("xgboost");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].version.empty());
  EXPECT_EQ(all[0].to, failed);
  EXPECT_EQ(all[2].to, active);
  const auto last = *registry_->history("", 1);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].to, active);
  EXPECT_TRUE(registry_->history("lightgbm")->empty());
}

TEST_F(RegistryTest, EverythingIsThereAfterReopening) {
  const VersionId a = promoted(1);
  reopen();
  EXPECT_EQ(active_version(), a.str());
  EXPECT_EQ(registry_->find(a.str())->registered_at, because("").at) << "64-bit times survive";
}

TEST_F(RegistryTest, SuspendedVersionsKeepTheirPlaceAndComeBackWithIt) {
  const VersionId first = candidate(1), second = candidate(2);
  for (const VersionId& version : {first, second}) ASSERT_TRUE(registry_->promote(version, because("better")));
  EXPECT_EQ(*registry_->newest_break(), std::nullopt);
  const auto generation = registry_->generation();
  const Timestamp changed = from_calendar(2022, 6, 20), later = from_calendar(2022, 6, 25);
  ASSERT_TRUE(registry_->suspend({second}, changed, SuspensionCause::market_break, because("it does harm")));
  EXPECT_GT(*registry_->generation(), *generation) << "whoever serves notices";
  ASSERT_TRUE(registry_->suspend({first, second}, later, SuspensionCause::harm, because("once more")));
  const auto suspended = *registry_->suspensions();
  ASSERT_EQ(suspended.size(), 2U);
  for (const Suspension& one : suspended) {
    EXPECT_EQ(one.changed_at, one.version == first ? later : changed) << "what was said first stands";
    EXPECT_EQ(one.cause, one.version == first ? SuspensionCause::harm : SuspensionCause::market_break);
  }
  EXPECT_EQ(*registry_->newest_break(), changed) << "harm of one alone is no change of the market";
  EXPECT_EQ(active_version(), second.str());
  EXPECT_EQ(status(first), retired);
  EXPECT_EQ(registry_->events_of(second)->back().reason, "suspended, without a vote: it does harm");

  const auto back = registry_->rollback(kSlot, because("worse"));
  ASSERT_FALSE(back) << "the way back passes over who is suspended";
  EXPECT_EQ(back.error().code, "registry.no_way_back");
  EXPECT_NE(back.error().remedy.find("--to " + first.str()), std::string::npos);
  ASSERT_TRUE(registry_->reinstate({first, second}, because("well again")));
  ASSERT_TRUE(registry_->reinstate({first}, because("well again")));
  EXPECT_TRUE(registry_->suspensions()->empty());
  EXPECT_EQ(registry_->events_of(first)->back().reason, "reinstated, with a vote again: well again");
  EXPECT_EQ(registry_->rollback(kSlot, because("worse"))->active.version, first);
  EXPECT_EQ(code_of(registry_->suspend({VersionId("0123456789ab")}, changed, SuspensionCause::harm, because("x"))),
            "registry.unknown_version");
}

TEST_F(RegistryTest, WhomAPersonPromotesHasAVoteAgainAndWhomAProgramPromotesHasNot) {
  const VersionId version = candidate(1), other = candidate(2);
  const auto suspend = [&] {
    ASSERT_TRUE(registry_->suspend({version}, from_calendar(2022, 6, 20), SuspensionCause::harm, because("harm")));
  };
  suspend();
  ASSERT_TRUE(registry_->promote(version, because("better")));
  EXPECT_EQ(registry_->suspensions()->size(), 1U);
  ASSERT_TRUE(registry_->promote(other, because("better")));
  Decision decision = because("I want it");
  decision.actor = kPerson;
  ASSERT_TRUE(registry_->promote(version, decision));
  EXPECT_TRUE(registry_->suspensions()->empty());
  ASSERT_TRUE(registry_->promote(other, because("better")));
  suspend();
  ASSERT_TRUE(registry_->rollback(kSlot, decision, {version}));
  EXPECT_TRUE(registry_->suspensions()->empty()) << "asked for by name";
}

}  // namespace
}  // namespace clm
