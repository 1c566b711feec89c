#include "tests/conformance/harness.hpp"

#include <set>

namespace kaiwa::conformance {

using auth::UserRole;

TEST_P(UserStoreTest, KeepsAUserAndItsPassword) {
    auto const added = add_user("花子");
    auto const found = run(store().user_by_name("花子"));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->user.id, added.id);
    EXPECT_EQ(found->user.username, "花子");
    EXPECT_EQ(found->user.role, UserRole::user);
    EXPECT_FALSE(found->user.disabled);
    EXPECT_EQ(found->user.created_at, added.created_at);
    EXPECT_FALSE(found->user.last_seen_at);
    EXPECT_EQ(found->password_hash, "hash of 花子");
    EXPECT_EQ(run(store().user(added.id))->user.username, "花子");
    EXPECT_EQ(run(store().user_by_name("nobody")).error().code, Errc::not_found);
    EXPECT_EQ(run(store().user(make_id<UserId>())).error().code, Errc::not_found);

    auth::User same = added;
    same.id = make_id<UserId>();
    auto const taken = run(store().add_user({same, ""}));
    EXPECT_EQ(taken.error().code, Errc::conflict);
    EXPECT_EQ(taken.error().reason, "username_taken");
}

TEST_P(UserStoreTest, ANameIsFoundWhateverItsCaseAndWidth) {
    EXPECT_FALSE(*run(store().similar_username("hana")));
    auth::User hana;
    hana.id = make_id<UserId>();
    hana.username = "Hana１";
    ASSERT_TRUE(run(store().add_user({hana, ""})));
    for (auto const* same : {"Hana１", "hana1", "ＨＡＮＡ1"})
        EXPECT_EQ(*run(store().similar_username(same)), "Hana１") << same;
    for (auto const* other : {"hana", "hana11", "ha", ""})
        EXPECT_FALSE(*run(store().similar_username(other))) << other;
}

TEST_P(UserStoreTest, OfManyFirstAdministratorsOneIsAdded) {
    EXPECT_FALSE(*run(store().has_administrator()));
    std::vector<asio::awaitable<Result<void>>> tasks;
    for (int i = 0; i < 64; ++i) {
        auth::User user;
        user.id = make_id<UserId>();
        user.username = "admin" + std::to_string(i);
        user.role = UserRole::administrator;
        tasks.push_back(store().add_first_administrator({user, "hash"}));
    }
    int added = 0;
    for (auto const& result : run_all(std::move(tasks))) {
        added += result.has_value();
        if (!result) EXPECT_EQ(result.error().reason, "setup_done");
    }
    EXPECT_EQ(added, 1);
    EXPECT_TRUE(*run(store().has_administrator()));
    EXPECT_EQ(run(store().users({}))->items.size(), 1u);
}

TEST_P(UserStoreTest, TheLastEnabledAdministratorStays) {
    auto const boss = add_user("boss", UserRole::administrator);
    auto const other = add_user("other", UserRole::administrator);
    auth::UserPatch demote;
    demote.role = UserRole::user;
    auth::UserPatch disable;
    disable.disabled = true;
    ASSERT_TRUE(run(store().update_user(other.id, disable)));
    for (auto const& patch : {demote, disable}) {
        auto const refused = run(store().update_user(boss.id, patch));
        EXPECT_EQ(refused.error().code, Errc::conflict);
        EXPECT_EQ(refused.error().reason, "last_administrator");
    }
    EXPECT_EQ(run(store().delete_user(boss.id)).error().reason, "last_administrator");
    ASSERT_TRUE(run(store().delete_user(other.id)));
    auth::UserPatch rename;
    rename.name = "The Boss";
    auto const renamed = run(store().update_user(boss.id, rename));
    ASSERT_TRUE(renamed);
    EXPECT_EQ(renamed->name, "The Boss");
    EXPECT_EQ(renamed->role, UserRole::administrator);
    EXPECT_EQ(run(store().update_user(make_id<UserId>(), rename)).error().code, Errc::not_found);
}

TEST_P(UserStoreTest, DisablingAndDemotingEndSessionsAtOnce) {
    auto const boss = add_user("boss", UserRole::administrator);
    add_user("second", UserRole::administrator);
    add_session(boss.id, std::string(32, 'a'));
    auto const found = run(store().session(std::string(32, 'a')));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->user.username, "boss");
    EXPECT_EQ(found->session.user_agent, "a browser");

    auth::UserPatch rename;
    rename.name = "x";
    ASSERT_TRUE(run(store().update_user(boss.id, rename)));
    EXPECT_TRUE(run(store().session(std::string(32, 'a'))));
    auth::UserPatch demote;
    demote.role = UserRole::publisher;
    ASSERT_TRUE(run(store().update_user(boss.id, demote)));
    EXPECT_EQ(run(store().session(std::string(32, 'a'))).error().code, Errc::not_found);

    add_session(boss.id, std::string(32, 'b'));
    auth::UserPatch disable;
    disable.disabled = true;
    ASSERT_TRUE(run(store().update_user(boss.id, disable)));
    EXPECT_EQ(run(store().session(std::string(32, 'b'))).error().code, Errc::not_found);
}

TEST_P(UserStoreTest, SessionsAreListedTouchedAndEndedByTheirOwner) {
    auto const ann = add_user("ann");
    auto const bob = add_user("bob");
    auto const one = add_session(ann.id, std::string(32, '1'));
    auto const two = add_session(ann.id, std::string(32, '2'));
    add_session(bob.id, std::string(32, '3'));
    harness->clock.advance(std::chrono::minutes(5));
    ASSERT_TRUE(run(store().touch_session(two.id, harness->clock.now())));
    auto const sessions = run(store().sessions(ann.id));
    ASSERT_EQ(sessions->size(), 2u);
    EXPECT_EQ(sessions->at(0).id, two.id);
    EXPECT_EQ(sessions->at(0).last_used_at, harness->clock.now());
    EXPECT_EQ(run(store().user(ann.id))->user.last_seen_at, harness->clock.now());

    EXPECT_EQ(run(store().end_session(bob.id, one.id)).error().code, Errc::not_found);
    ASSERT_TRUE(run(store().end_session(ann.id, one.id)));
    EXPECT_EQ(run(store().end_session(ann.id, one.id)).error().code, Errc::not_found);
    EXPECT_EQ(run(store().session(std::string(32, '1'))).error().code, Errc::not_found);
    EXPECT_EQ(run(store().sessions(ann.id))->size(), 1u);
    auto const now = harness->clock.now();
    auth::Session const orphan{make_id<SessionId>(), make_id<UserId>(), "h", now, now, now, ""};
    EXPECT_EQ(run(store().add_session(orphan, std::nullopt)).error().code, Errc::not_found);
}

TEST_P(UserStoreTest, ASessionBeginsOnlyWhileWhatItWasProvedByHolds) {
    auto const ann = add_user("ann");
    auto const begin = [&](char token, std::optional<std::string> proved) {
        auto const now = harness->clock.now();
        auth::Session const session{
            make_id<SessionId>(),         ann.id, std::string(32, token), now, now,
            now + std::chrono::hours(24), ""};
        return run(store().add_session(session, std::move(proved)));
    };
    EXPECT_TRUE(begin('1', "hash of ann"));
    ASSERT_TRUE(run(store().set_password(ann.id, "new", std::nullopt, std::nullopt)));
    EXPECT_EQ(begin('2', "hash of ann").error().code, Errc::not_found);
    EXPECT_TRUE(begin('3', "new"));
    EXPECT_TRUE(begin('4', std::nullopt));
    auth::UserPatch disable;
    disable.disabled = true;
    ASSERT_TRUE(run(store().update_user(ann.id, disable)));
    EXPECT_EQ(begin('5', "new").error().code, Errc::not_found);
    EXPECT_EQ(begin('6', std::nullopt).error().code, Errc::not_found);
    auth::UserPatch enable;
    enable.disabled = false;
    ASSERT_TRUE(run(store().update_user(ann.id, enable)));
    EXPECT_TRUE(run(store().sessions(ann.id))->empty());
}

TEST_P(UserStoreTest, ANewPasswordEndsTheOtherSessions) {
    auto const ann = add_user("ann");
    auto const kept = add_session(ann.id, std::string(32, '1'));
    add_session(ann.id, std::string(32, '2'));
    EXPECT_EQ(run(store().set_password(ann.id, "new", kept.id, "not the old one")).error().code,
              Errc::conflict);
    EXPECT_EQ(run(store().sessions(ann.id))->size(), 2u);
    ASSERT_TRUE(run(store().set_password(ann.id, "new", kept.id, "hash of ann")));
    EXPECT_EQ(run(store().user(ann.id))->password_hash, "new");
    ASSERT_EQ(run(store().sessions(ann.id))->size(), 1u);
    ASSERT_TRUE(run(store().set_password(ann.id, "newer", std::nullopt, std::nullopt)));
    EXPECT_TRUE(run(store().sessions(ann.id))->empty());
    EXPECT_EQ(run(store().set_password(make_id<UserId>(), "x", {}, {})).error().code,
              Errc::not_found);
}

TEST_P(UserStoreTest, DeletingAUserTakesSessionsKeysThreadsAndFiles) {
    auto const ann = add_user("ann");
    auth::Principal const who{ann.id, "ann", UserRole::user};
    auto const [thread, file] = give_belongings(who);

    ASSERT_TRUE(run(store().delete_user(ann.id)));
    EXPECT_EQ(run(store().delete_user(ann.id)).error().code, Errc::not_found);
    EXPECT_EQ(run(store().session(std::string(32, '1'))).error().code, Errc::not_found);
    EXPECT_EQ(run(store().key(std::string(32, 'k'))).error().code, Errc::not_found);
    EXPECT_EQ(run(harness->chats().thread(who, thread)).error().code, Errc::not_found);
    EXPECT_EQ(run(harness->chats().file(who, file)).error().code, Errc::not_found);
    EXPECT_TRUE(run(harness->chats().threads(who, {}))->items.empty());
    add_user("ann");  // the name is free again
}

TEST_P(UserStoreTest, WhatADeletedOwnerMadeInTheLastMomentIsHiddenToo) {
    auto const ann = add_user("ann");
    auth::ApiKey const key{make_id<KeyId>(), "k", {}, std::string(32, 'k'), "kw_a",
                           harness->clock.now(), {}};
    ASSERT_TRUE(run(store().add_key(key)));
    std::vector<auth::Principal> const gone{{ann.id, "ann", UserRole::user},
                                            {UserId{key.id.value}, "key:k", UserRole::user}};
    ASSERT_TRUE(run(store().delete_user(ann.id)));
    ASSERT_TRUE(run(store().revoke_key(std::nullopt, key.id)));
    auto const next = add_user("ann");

    // Requests that were let in before.
    auto owners = gone;
    owners.emplace_back(next.id, "ann", UserRole::user);
    std::vector<ThreadId> threads;
    std::vector<FileId> files;
    for (auto const& who : owners) {
        threads.push_back(make_id<ThreadId>());
        ASSERT_TRUE(run(harness->chats().create_thread(who, {threads.back(), "late", {}})));
        files.push_back(make_id<FileId>());
        ASSERT_TRUE(run(harness->chats().add_file(who, {files.back(), "f", "text/plain", 1})));
    }
    ASSERT_TRUE(run(harness->clean_once()));
    harness->clock.advance(std::chrono::minutes(5));
    ASSERT_TRUE(run(harness->clean_once()));
    for (std::size_t i = 0; i < owners.size(); ++i) {
        bool const stays = i == gone.size();
        EXPECT_EQ(run(harness->chats().thread(owners[i], threads[i])).has_value(), stays) << i;
        EXPECT_EQ(run(harness->chats().file(owners[i], files[i])).has_value(), stays) << i;
    }
    EXPECT_EQ(*run(harness->clean_once()), 0u);
}

TEST_P(UserStoreTest, WhoComesBackUnderTheSameIdKeepsWhatTheyMake) {
    auto const ann = add_user("ann");
    auth::Principal const who{ann.id, "ann", UserRole::user};
    ASSERT_TRUE(run(store().delete_user(ann.id)));
    ASSERT_TRUE(run(store().add_user({ann, "hash of ann"})));
    auto const [thread, file] = give_belongings(who);

    harness->clock.advance(std::chrono::minutes(3));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_TRUE(run(store().session(std::string(32, '1'))));
    EXPECT_TRUE(run(store().key(std::string(32, 'k'))));
    EXPECT_TRUE(run(harness->chats().thread(who, thread)));
    EXPECT_TRUE(run(harness->chats().file(who, file)));
    EXPECT_EQ(*run(harness->clean_once()), 0u);
}

TEST_P(UserStoreTest, KeysAreFoundByHashNamedOnceAndRevoked) {
    auto const ann = add_user("ann");
    auto const now = harness->clock.now();
    auth::ApiKey const own{make_id<KeyId>(), "laptop", ann.id, std::string(32, 'a'),
                           "kw_a",           now,      {}};
    auth::ApiKey const free{make_id<KeyId>(), "laptop", {}, std::string(32, 'b'), "kw_b", now, {}};
    ASSERT_TRUE(run(store().add_key(own)));
    ASSERT_TRUE(run(store().add_key(free)));
    for (auto clash : {own, free}) {
        clash.id = make_id<KeyId>();
        clash.key_hash = std::string(32, 'c');
        EXPECT_EQ(run(store().add_key(clash)).error().reason, "key_name_taken");
    }
    auto const found = run(store().key(std::string(32, 'a')));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user->username, "ann");
    EXPECT_EQ(found->key.prefix, "kw_a");
    EXPECT_FALSE(run(store().key(std::string(32, 'b')))->user);
    harness->clock.advance(std::chrono::minutes(1));
    ASSERT_TRUE(run(store().touch_key(own.id, harness->clock.now())));
    EXPECT_EQ(run(store().keys(ann.id))->at(0).last_used_at, harness->clock.now());
    EXPECT_EQ(run(store().keys(ann.id))->size(), 1u);
    EXPECT_EQ(run(store().keys(std::nullopt))->size(), 2u);

    EXPECT_EQ(run(store().revoke_key(make_id<UserId>(), own.id)).error().code, Errc::not_found);
    EXPECT_EQ(run(store().revoke_key(ann.id, free.id)).error().code, Errc::not_found);
    ASSERT_TRUE(run(store().revoke_key(ann.id, own.id)));
    EXPECT_EQ(run(store().key(std::string(32, 'a'))).error().code, Errc::not_found);
    ASSERT_TRUE(run(store().revoke_key(std::nullopt, free.id)));
    EXPECT_TRUE(run(store().keys(std::nullopt))->empty());
}

TEST_P(UserStoreTest, ListsUsersInEveryOrderPageByPage) {
    for (std::string const name : {"delta", "alpha", "charlie", "bravo", "echo"}) {
        auto const user = add_user(name);
        harness->clock.advance(std::chrono::seconds(1));
        if (name < "c") add_session(user.id, name);
    }
    auth::UserPatch rename;
    rename.name = "Ｃｈａｒｌｉｅ Brown";
    ASSERT_TRUE(run(store().update_user(run(store().user_by_name("charlie"))->user.id, rename)));

    using auth::SortOrder;
    using auth::UserSort;
    auto const names = [&](auth::UserQuery query) {
        std::vector<std::string> out;
        for (int pages = 0; pages < 10; ++pages) {
            auto const page = run(store().users(query));
            EXPECT_TRUE(page) << page.error().message;
            for (auto const& user : page->items) out.push_back(user.username);
            if (!page->next) break;
            query.after = *page->next;
        }
        return out;
    };
    using Names = std::vector<std::string>;
    auth::UserQuery query;
    query.limit = 2;
    EXPECT_EQ(names(query), (Names{"alpha", "bravo", "charlie", "delta", "echo"}));
    query.order = SortOrder::descending;
    EXPECT_EQ(names(query), (Names{"echo", "delta", "charlie", "bravo", "alpha"}));
    query.sort = UserSort::created_at;
    EXPECT_EQ(names(query), (Names{"echo", "bravo", "charlie", "alpha", "delta"}));
    query.order = SortOrder::ascending;
    EXPECT_EQ(names(query), (Names{"delta", "alpha", "charlie", "bravo", "echo"}));
    query.sort = UserSort::last_seen_at;
    auto const seen = names(query);
    ASSERT_EQ(seen.size(), 5u);
    EXPECT_EQ(seen[3], "alpha");
    EXPECT_EQ(seen[4], "bravo");
    query.order = SortOrder::descending;
    EXPECT_EQ(names(query).at(0), "bravo");
    query.text = "CHARLIE";
    EXPECT_EQ(names(query), Names{"charlie"});
    query.text = "brown";
    EXPECT_EQ(names(query), Names{"charlie"});

    auth::UserQuery first;
    first.limit = 1;
    auto const next = run(store().users(first))->next;
    ASSERT_TRUE(next);
    auth::UserQuery other = first;
    other.sort = UserSort::created_at;
    other.after = *next;
    EXPECT_EQ(run(store().users(other)).error().code, Errc::invalid_argument);
    other = first;
    other.after = "broken";
    EXPECT_EQ(run(store().users(other)).error().code, Errc::invalid_argument);
}

}  // namespace kaiwa::conformance
