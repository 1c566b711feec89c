#include "base/task_group.hpp"
#include "base/wait.hpp"
#include "chat/event_frame.hpp"
#include "store/dynamodb/dynamodb_harness.hpp"
#include "store/dynamodb/keys.hpp"

namespace kaiwa::conformance {

using store::dynamodb::dynamodb_backend;
using store::dynamodb::DynamoHarness;

/// Single calls that fail at the worst moment.
class DynamoBadMomentsTest : public ChatStoreTest {
protected:
    DynamoHarness& dynamo() { return static_cast<DynamoHarness&>(*harness); }
    /// Items in all partitions of texts.
    asio::awaitable<std::size_t> parts() {
        store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
        auto const items = co_await table.scan();
        co_return static_cast<std::size_t>(std::ranges::count_if(*items, [](auto const& item) {
            return store::dynamodb::string_or(item, "PK").starts_with("KAIWA#TEXT#");
        }));
    }
    /// The next call of this operation fails, and was not carried out.
    void fail_once(std::string operation) {
        dynamo().calls().fault =
            [operation,
             done = false](std::string_view called) mutable -> std::optional<aws::Failure> {
            if (done || called != operation) return std::nullopt;
            done = true;
            aws::Failure failure;
            failure.kind = aws::Failure::Kind::credentials;
            failure.message = "the source is down";
            return failure;
        };
    }

    NullLog log;
};

TEST_P(DynamoBadMomentsTest, TextThatWasSavedAgainWithMoreIsThereOnce) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    chat::Lease const lease{ticket.generation, ticket.epoch};
    ASSERT_TRUE(run(store().append_log(lease, text_segment(1, {"a"}), 10)));
    fail_once("UpdateItem");
    EXPECT_FALSE(run(store().append_log(lease, text_segment(2, {"b", "c"}), 10)));
    ASSERT_TRUE(run(store().append_log(lease, text_segment(2, {"b", "c", "d"}), 10)));

    std::string frames;
    auto const page = run(store().read_log(ann, ticket.generation, 0));
    for (auto const& each : page->segments) frames += each.frames;
    EXPECT_EQ(frames, text_segment(1, {"a", "b", "c", "d"}).frames);
    EXPECT_EQ(branch(ann, thread)[1].text, "abcd");

    harness->clock.advance(chat::lease_time + std::chrono::seconds(1));
    auto const ended = run(store().interrupt_expired(ann, ticket.generation));
    ASSERT_TRUE(ended);
    EXPECT_EQ(branch(ann, thread)[1].text, "abcd");
    auto const rest = run(store().read_log(ann, ticket.generation, 4));
    ASSERT_EQ(rest->segments.size(), 1u);
    EXPECT_TRUE(rest->segments[0].frames.contains(R"("length":4)")) << rest->segments[0].frames;
}

TEST_P(DynamoBadMomentsTest, PartsOfATextWhoseTurnFailedAreRemoved) {
    auto const thread = make_thread(ann);
    std::string const long_text(300'000, 'x');
    auto const kept = ask(ann, thread, long_text);
    answer(kept, long_text);
    auto const before = run(parts());
    EXPECT_EQ(before, 2u);
    fail_once("TransactWriteItems");
    EXPECT_FALSE(run(store().begin_turn(ann, thread, make_turn(long_text))));
    EXPECT_EQ(run(parts()), before + 2) << "a part and its note";
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_EQ(run(parts()), before + 2) << "its transaction may still come";

    harness->clock.advance(std::chrono::hours(2));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_EQ(run(parts()), before);
    EXPECT_EQ(branch(ann, thread)[0].text, long_text);
    EXPECT_EQ(branch(ann, thread)[1].text, long_text);
    answer(ask(ann, thread, "short"), "answer");
}

TEST_P(DynamoBadMomentsTest, PartsThatAMessageHasStayWhateverTheirNoteSays) {
    auto const thread = make_thread(ann);
    std::string const long_text(300'000, 'x');
    auto const ticket = ask(ann, thread, long_text);
    // Somebody who was late wrote the same parts again.
    auto const tag = ticket.message.text() + "-" + ticket.generation.text();
    auto note = store::dynamodb::Key{store::dynamodb::text_partition(tag), "NOTE"}.item();
    note.emplace("thread", thread.text());
    note.emplace("message", ticket.message.text());
    note.emplace("UserThreadPK", store::dynamodb::waiting_parts);
    note.emplace("UserThreadSK", store::dynamodb::index_time(harness->clock.now()));
    store::dynamodb::Table table(dynamo().calls(), dynamo().table_name(), harness->random, log);
    ASSERT_TRUE(run(table.put(std::move(note))));
    EXPECT_EQ(run(parts()), 2u);
    harness->clock.advance(std::chrono::hours(2));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_EQ(run(parts()), 1u) << "the note went";
    EXPECT_EQ(branch(ann, thread)[0].text, long_text);
}

TEST_P(DynamoBadMomentsTest, AThreadThatIsRestoredInTheLastMomentStays) {
    auto const thread = make_thread(ann, "kept");
    answer(ask(ann, thread, "question"), "answer");
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    harness->clock.advance(std::chrono::hours(24));
    ASSERT_TRUE(run(harness->clean_once()));  // the log is gone; only the thread is left to clean
    harness->clock.advance(chat::deleted_retention);
    auto& calls = dynamo().calls();
    calls.meanwhile_before = "UpdateItem";
    calls.meanwhile = [this, thread]() -> asio::awaitable<void> {
        // Another server's clock is behind.
        harness->clock.advance(-chat::deleted_retention);
        EXPECT_TRUE(co_await store().restore_thread(ann, thread));
        harness->clock.advance(chat::deleted_retention);
    };
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_FALSE(calls.meanwhile);
    EXPECT_EQ(branch(ann, thread).size(), 2u);
}

TEST_P(DynamoBadMomentsTest, ASearchLooksIntoAThreadHoweverSlowTheList) {
    auto const thread = make_thread(ann);
    answer(ask(ann, thread, "question"), "needle");
    dynamo().calls().meanwhile_before = "Query";
    dynamo().calls().meanwhile = []() -> asio::awaitable<void> {
        co_await sleep_for(std::chrono::seconds(2));
    };
    auto const page = run(harness->search().search(ann, "needle", 10, {}));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->items.size(), 1u);
}

TEST_P(DynamoBadMomentsTest, AServerIsSeenToBeAtWorkUntilItStops) {
    auto& archive = harness->archive();
    TaskGroup tasks(loop.get_executor(), log);
    auto const watch = [&]() -> asio::awaitable<bool> {
        auto const nobody = co_await archive.served_until();
        EXPECT_TRUE(nobody && !*nobody);
        tasks.start("presence", dynamo().store().keep_shown());
        auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        for (;;) {
            auto const until = co_await archive.served_until();
            if (until && *until) {
                EXPECT_EQ(**until, harness->clock.now() + std::chrono::minutes(6));
                break;
            }
            if (std::chrono::steady_clock::now() > give_up) co_return false;
            co_await sleep_for(std::chrono::milliseconds(5));
        }
        tasks.stop();
        auto const left = co_await tasks.join(std::chrono::seconds(30));
        auto const after = co_await archive.served_until();
        co_return left == 0 && after && !*after;
    };
    EXPECT_TRUE(run(watch()));
}

TEST_P(DynamoBadMomentsTest, AnImportLeavesAThreadThatSomebodyAskedInMeanwhile) {
    auto const thread = make_thread(ann, "imported");
    answer(ask(ann, thread, "old question"), "old answer");
    auto const source = *run(harness->archive().find(thread));
    std::vector<chat::ArchivedMessage> messages;
    auto const reader = run(harness->archive().read(thread));
    messages = *run((*reader)->next());

    DynamoHarness other;
    auto& archive = other.archive();
    ASSERT_TRUE(run(archive.open_thread(source)));
    ASSERT_TRUE(run(archive.add_messages(source, messages)));
    std::optional<chat::TurnTicket> asked;
    other.calls().meanwhile = [&]() -> asio::awaitable<void> {
        auto ticket = co_await other.chats().begin_turn(ann, thread, make_turn("new question"));
        EXPECT_TRUE(ticket);
        if (ticket) asked = *ticket;
    };
    ASSERT_TRUE(run(archive.close_thread(source)));
    ASSERT_TRUE(asked);
    auto const there = run(other.chats().thread(ann, thread));
    ASSERT_TRUE(there);
    EXPECT_EQ(there->head, asked->reply);
    EXPECT_TRUE(there->running);
    ASSERT_TRUE(run(archive.close_thread(source)));
    EXPECT_EQ(run(other.chats().thread(ann, thread))->head, asked->reply);
}

TEST_P(DynamoBadMomentsTest, AnImportTakesNoThreadThatSomebodyElseMadeMeanwhile) {
    auto source = *run(harness->archive().find(make_thread(ann)));
    source.thread.id = make_id<ThreadId>();
    auto& calls = dynamo().calls();
    calls.meanwhile_before = "PutItem";
    calls.meanwhile = [&]() -> asio::awaitable<void> {
        chat::NewThread theirs{source.thread.id, "bob's", {}};
        EXPECT_TRUE(co_await store().create_thread(bob, std::move(theirs)));
    };
    EXPECT_EQ(run(harness->archive().open_thread(source)).error().code, Errc::conflict);
    EXPECT_FALSE(calls.meanwhile);
}

auth::UserPatch to_role(auth::UserRole role) {
    auth::UserPatch patch;
    patch.role = role;
    return patch;
}

class DynamoUsersMeanwhileTest : public UserStoreTest {
protected:
    void meanwhile(UserId id, auth::UserPatch patch) {
        auto& calls = static_cast<DynamoHarness&>(*harness).calls();
        calls.meanwhile = [this, id, patch]() -> asio::awaitable<void> {
            auto const changed = co_await store().update_user(id, patch);
            EXPECT_TRUE(changed);
        };
    }
};

TEST_P(DynamoUsersMeanwhileTest, ARenamedAdministratorStaysWhatOthersMadeOfHim) {
    auto const boss = add_user("boss", auth::UserRole::administrator);
    auto const other = add_user("other", auth::UserRole::administrator);
    meanwhile(other.id, to_role(auth::UserRole::user));
    auth::UserPatch name;
    name.name = "O.";
    auto const renamed = run(store().update_user(other.id, name));
    ASSERT_TRUE(renamed);
    EXPECT_EQ(renamed->role, auth::UserRole::user);
    EXPECT_EQ(run(store().update_user(boss.id, to_role(auth::UserRole::user))).error().reason,
              "last_administrator");
    EXPECT_EQ(run(store().delete_user(boss.id)).error().reason, "last_administrator");
}

TEST_P(DynamoUsersMeanwhileTest, ADeletedUserWhomSomebodyPromotesAdministratesNothing) {
    auto const boss = add_user("boss", auth::UserRole::administrator);
    auto const other = add_user("other");
    meanwhile(other.id, to_role(auth::UserRole::administrator));
    ASSERT_TRUE(run(store().delete_user(other.id)));
    EXPECT_EQ(run(store().delete_user(boss.id)).error().reason, "last_administrator");
}

TEST_P(DynamoUsersMeanwhileTest, NobodyGoesOnAsSomebodyWhileTheyAreDeleted) {
    auto const ann = add_user("ann");
    auto& calls = static_cast<DynamoHarness&>(*harness).calls();
    std::optional<bool> disabled;
    calls.meanwhile_before = "Query";
    calls.meanwhile = [&]() -> asio::awaitable<void> {
        auto const now = co_await store().user(ann.id);
        disabled = now && now->user.disabled;
    };
    ASSERT_TRUE(run(store().delete_user(ann.id)));
    EXPECT_EQ(disabled, true);
}

TEST_P(DynamoUsersMeanwhileTest, OfWhoIsDeletedNoKeyStaysThoughTheServerDies) {
    auto const ann = add_user("ann");
    add_session(ann.id, std::string(32, '1'));
    auth::ApiKey const key{make_id<KeyId>(),     "k", ann.id, std::string(32, 'k'), "kw_a",
                           harness->clock.now(), {}};
    ASSERT_TRUE(run(store().add_key(key)));
    auto& calls = static_cast<DynamoHarness&>(*harness).calls();
    calls.fault = [](std::string_view called) -> std::optional<aws::Failure> {
        if (called != "BatchWriteItem") return std::nullopt;
        aws::Failure failure;
        failure.kind = aws::Failure::Kind::credentials;
        return failure;
    };
    EXPECT_FALSE(run(store().delete_user(ann.id)));
    calls.fault = {};
    EXPECT_EQ(run(store().delete_user(ann.id)).error().code, Errc::not_found);
    EXPECT_EQ(run(store().keys(std::nullopt))->size(), 1u);

    harness->clock.advance(std::chrono::minutes(5));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_TRUE(run(store().keys(std::nullopt))->empty());
    NullLog log;
    store::dynamodb::Table table(calls, static_cast<DynamoHarness&>(*harness).table_name(),
                                 harness->random, log);
    auto const items = run(table.scan());
    for (auto const& item : *items) {
        auto const name = store::dynamodb::string_or(item, "PK");
        EXPECT_EQ(name, "KAIWA#ADMINISTRATORS") << store::dynamodb::string_or(item, "SK");
    }
}

TEST_P(DynamoUsersMeanwhileTest, OneWhoseThreadsCannotBeHiddenKeepsNobodyElses) {
    std::vector<auth::Principal> people;
    std::vector<ThreadId> late;
    for (std::string const name : {"ann", "bob"}) {
        auto const user = add_user(name);
        people.emplace_back(user.id, name, auth::UserRole::user);
        ASSERT_TRUE(run(store().delete_user(user.id)));
        late.push_back(make_id<ThreadId>());
        ASSERT_TRUE(run(harness->chats().create_thread(people.back(), {late.back(), "late", {}})));
        harness->clock.advance(std::chrono::milliseconds(1));
    }
    auto const hidden = [&](std::size_t i) {
        return !run(harness->chats().thread(people[i], late[i]));
    };
    harness->clock.advance(std::chrono::minutes(5));
    auto& calls = static_cast<DynamoHarness&>(*harness).calls();
    int refused = 0;
    calls.fault = [&refused](std::string_view called) -> std::optional<aws::Failure> {
        if (called != "TransactWriteItems" || refused++ > 0) return std::nullopt;
        aws::Failure failure;
        failure.kind = aws::Failure::Kind::credentials;
        return failure;
    };
    EXPECT_FALSE(run(harness->clean_once()));
    calls.fault = {};
    EXPECT_FALSE(hidden(0));
    EXPECT_TRUE(hidden(1));
    harness->clock.advance(std::chrono::hours(1));
    EXPECT_TRUE(run(harness->clean_once()));
    EXPECT_TRUE(hidden(0));
}

TEST_P(DynamoBadMomentsTest, AnIndexThatIsLateMakesTheCleanerDoNothingTwice) {
    auto const lists_read = [this](int late) {
        auto const thread = make_thread(ann);
        answer(ask(ann, thread, "question"), "answer");
        EXPECT_TRUE(run(store().delete_thread(ann, thread)));
        harness->clock.advance(chat::deleted_retention + std::chrono::hours(1));
        auto& calls = dynamo().calls();
        calls.late_answers = late;
        calls.lists_read = 0;
        EXPECT_GT(*run(harness->clean_once()), 0u);
        return calls.lists_read;
    };
    auto const at_once = lists_read(0);
    EXPECT_LE(lists_read(9), 2 * at_once);
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoUsersMeanwhileTest, testing::Values(dynamodb_backend()));
INSTANTIATE_TEST_SUITE_P(DynamoDb, DynamoBadMomentsTest, testing::Values(dynamodb_backend()));

}  // namespace kaiwa::conformance
