#include "store/sqlite/data_lock.hpp"
#include "store/sqlite/sqlite_harness.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

namespace kaiwa::store::sqlite {
namespace {

template <class T>
T id(int last) {
    auto const text = "0190a000-0000-7000-8000-0000000000" + std::to_string(last);
    return T::parse(text).value();
}
UserId user_id() {
    return UserId::parse("0190a000-0000-7000-8000-000000000001").value();
}

/// Whatever SQLite itself says to one number.
std::int64_t number(std::filesystem::path const& file, char const* sql) {
    sqlite3* db = nullptr;
    std::int64_t out = -1;
    sqlite3_open(file.c_str(), &db);
    auto const take = [](void* to, int, char** values, char**) {
        *static_cast<std::int64_t*>(to) = std::stoll(values[0] ? values[0] : "-2");
        return 0;
    };
    sqlite3_exec(db, sql, take, &out, nullptr);
    sqlite3_close(db);
    return out;
}

/// A database as an older Kaiwa left it, opened by this one.
class OldSchemaTest : public testing::TestWithParam<int> {
protected:
    OldSchemaTest() {
        std::filesystem::create_directories(data_dir);
        sqlite3* db = nullptr;
        sqlite3_open(database_file(data_dir).c_str(), &db);
        std::string script = "PRAGMA journal_mode = WAL;";
        for (int version = 1; version <= GetParam(); ++version) {
            std::ifstream file(std::string(KAIWA_OLD_SCHEMAS) + "/version_" +
                               std::to_string(version) + ".sql");
            script.append(std::istreambuf_iterator<char>(file), {});
        }
        char* error = nullptr;
        sqlite3_exec(db, script.c_str(), nullptr, nullptr, &error);
        EXPECT_EQ(error, nullptr) << error;
        sqlite3_close(db);
        EXPECT_EQ(number(database_file(data_dir), "PRAGMA user_version"), GetParam());
    }
    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> out;
        asio::io_context loop;
        asio::co_spawn(loop, std::move(task),
                       [&](std::exception_ptr, T value) { out.emplace(std::move(value)); });
        loop.run();
        return std::move(*out);
    }

    TemporaryFolder folder;
    std::filesystem::path data_dir = folder.path() / "data";
    auth::Principal ann{user_id(), "ann", auth::UserRole::administrator};
};

TEST_P(OldSchemaTest, KeepsItsRows) {
    SqliteHarness now(data_dir);
    auto const user = run(now.users().user_by_name("ann"));
    ASSERT_TRUE(user) << user.error().message;
    EXPECT_EQ(user->user.id, user_id());
    EXPECT_EQ(user->password_hash, "hash of ann");
    EXPECT_EQ(run(now.users().sessions(user_id()))->size(), 1u);
    EXPECT_EQ(run(now.users().keys(user_id()))->size(), 1u);
    EXPECT_EQ(run(now.providers().providers())->size(), 1u);

    auto const thread = run(now.chats().thread(ann, id<ThreadId>(11)));
    ASSERT_TRUE(thread) << thread.error().message;
    EXPECT_EQ(thread->title, "古い話");
    EXPECT_EQ(thread->stay, chat::for_good);
    EXPECT_EQ(thread->settings.parameters.temperature, 0.5);
    auto const page = run(now.chats().messages(ann, id<ThreadId>(11), {}));
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->items.size(), 2u);
    EXPECT_EQ(page->items[0].text, "question");
    EXPECT_EQ(page->items[0].files.at(0).name, "f.txt");
    EXPECT_EQ(page->items[1].text, "答え");
    EXPECT_EQ(page->items[1].feedback->comment, "good");
    auto const log = run(now.chats().read_log(ann, id<GenerationId>(31), 0));
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ(log->segments.size(), 1u);

    auto const cut = run(now.chats().messages(ann, id<ThreadId>(12), {}));
    ASSERT_EQ(cut->items.size(), 2u);
    EXPECT_EQ(cut->items[1].state, chat::MessageState::interrupted);
    EXPECT_EQ(cut->items[1].text, "half");
}

TEST_P(OldSchemaTest, StaysWhatItIsForWhoOnlyLooks) {
    SystemClock clock;
    SystemRandom random;
    NullLog log;
    auto const look = [&] {
        return open({.data_dir = data_dir,
                     .access = Access::look,
                     .clock = clock,
                     .random = random,
                     .log = log,
                     .sealer = Sealer(sha256("any"))});
    };
    auto const refused = look();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_TRUE(refused.error().message.contains(
        fmt::format("has version {}, and who only looks", GetParam())))
        << refused.error().message;
    EXPECT_EQ(number(database_file(data_dir), "PRAGMA user_version"), GetParam());
    SqliteHarness now(data_dir);
    auto const looking = look();
    ASSERT_TRUE(looking) << looking.error().message;
    EXPECT_TRUE(run((*looking)->users().user_by_name("ann")));
    EXPECT_FALSE(run((*looking)->users().delete_user(user_id())));
}

TEST_P(OldSchemaTest, GoesOnBeingUsed) {
    SqliteHarness now(data_dir);
    chat::NewTurn turn;
    turn.question = id<MessageId>(71);
    turn.reply = id<MessageId>(72);
    turn.generation = id<GenerationId>(73);
    turn.text = "more";
    turn.default_model = "local/m";
    auto const ticket = run(now.chats().begin_turn(ann, id<ThreadId>(11), turn));
    ASSERT_TRUE(ticket) << ticket.error().message;
    chat::Ending ending;
    ending.text = "more of it";
    auto const ended =
        run(now.chats().end_generation({ticket->generation, ticket->epoch}, std::move(ending)));
    ASSERT_TRUE(ended) << ended.error().message;
    now.reopen();
    EXPECT_EQ(run(now.chats().messages(ann, id<ThreadId>(11), {}))->items.size(), 4u);
    now.close();
    auto const file = database_file(data_dir);
    EXPECT_EQ(number(file, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    EXPECT_EQ(number(file, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

TEST_P(OldSchemaTest, IsTheSameAsANewOne) {
    SqliteHarness now(data_dir);
    SqliteHarness fresh;
    now.close();
    fresh.close();
    // The indexes that SQLite makes by itself have no text.
    auto const differing = "ATTACH '" + database_file(fresh.data_dir()).string() +
                           "' AS fresh;"
                           "SELECT count(*) FROM main.sqlite_schema AS a FULL JOIN "
                           "fresh.sqlite_schema AS b USING (type, name, sql) "
                           "WHERE (a.type IS NULL OR b.type IS NULL) AND sql IS NOT NULL";
    EXPECT_EQ(number(database_file(data_dir), differing.c_str()), 0);
}

TEST_P(OldSchemaTest, ThreadsThatPassGoInTheirTime) {
    if (GetParam() < 3) GTEST_SKIP() << "there are none";
    SqliteHarness now(data_dir);
    EXPECT_EQ(run(now.chats().thread(ann, id<ThreadId>(13)))->stay, chat::passing);
    ASSERT_TRUE(run(now.clean_once()));
    EXPECT_FALSE(run(now.chats().thread(ann, id<ThreadId>(13))));
    EXPECT_TRUE(run(now.chats().thread(ann, id<ThreadId>(14))));
    EXPECT_TRUE(run(now.chats().thread(ann, id<ThreadId>(11)))) << "it stays for good";
    now.clock.advance(std::chrono::days(1));
    ASSERT_TRUE(run(now.clean_once()));
    EXPECT_FALSE(run(now.chats().thread(ann, id<ThreadId>(14))));
}

INSTANTIATE_TEST_SUITE_P(Versions, OldSchemaTest, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace kaiwa::store::sqlite
