#include "chat/event_frame.hpp"
#include "store/sqlite/sqlite_harness.hpp"
#include "tests/support/store_ledger/ledger.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace kaiwa::store::sqlite {
namespace {

using chat::GenerationState;

class RecoveryTest : public conformance::ChatStoreTest {
protected:
    SqliteHarness& sqlite() { return static_cast<SqliteHarness&>(*harness); }
};

INSTANTIATE_TEST_SUITE_P(Sqlite, RecoveryTest, testing::Values(sqlite_backend()));

TEST_P(RecoveryTest, WhatRanWhenTheServerEndedIsInterruptedWithItsText) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    ASSERT_TRUE(run(store().append_log({ticket.generation, ticket.epoch},
                                       conformance::text_segment(1, {"こん", "に"}), 5'000)));
    auto const silent = ask(ann, make_thread(ann), "no event yet");
    harness->clock.advance(std::chrono::seconds(1));
    harness->reopen();

    auto const page = run(store().read_log(ann, ticket.generation, 0));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->generation.state, GenerationState::interrupted);
    EXPECT_EQ(page->generation.last_event, 5'001u);
    EXPECT_EQ(page->generation.ended_at, harness->clock.now());
    EXPECT_EQ(
        page->segments.back().frames,
        "id: 5001\nevent: interrupted\ndata: {\"reason\":\"server_restarted\",\"length\":9}\n\n");
    EXPECT_EQ(page->segments.front().text, "こんに");
    auto const message = branch(ann, thread).at(1);
    EXPECT_EQ(message.state, chat::MessageState::interrupted);
    EXPECT_EQ(message.text, "こんに");
    EXPECT_FALSE(run(store().thread(ann, thread))->running);
    EXPECT_EQ(run(store().generation(ann, silent.generation))->last_event,
              chat::sendable_ahead + 1);
    EXPECT_EQ(run(store().append_log({ticket.generation, ticket.epoch},
                                     conformance::text_segment(3, {"x"}), 5'002))
                  .error()
                  .code,
              Errc::conflict);
    // Only once.
    harness->reopen();
    EXPECT_EQ(run(store().generation(ann, ticket.generation))->last_event, 5'001u);
}

TEST_P(RecoveryTest, ASecondServerIsKeptOutAndAToolWorksBeside) {
    auto const ticket = ask(ann, make_thread(ann), "question");
    NullLog log;
    Options options{.data_dir = sqlite().data_dir(),
                    .access = Access::server,
                    .clock = harness->clock,
                    .random = harness->random,
                    .log = log,
                    .sealer = Sealer(sha256("a test's key"))};
    auto const second = open(options);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_EQ(second.error().reason, "in_use");

    options.access = Access::tool;
    auto tool = open(options);
    ASSERT_TRUE(tool) << tool.error().message;
    auth::User user;
    user.id = make_id<UserId>();
    user.username = "made by the tool";
    ASSERT_TRUE(run((*tool)->users().add_user({user, "hash"})));
    EXPECT_TRUE(run(harness->users().user_by_name("made by the tool")));
    // The running answer is the server's.
    EXPECT_EQ(run((*tool)->chats().generation(ann, ticket.generation))->state,
              GenerationState::running);
    tool->reset();
    EXPECT_EQ(run(store().generation(ann, ticket.generation))->state, GenerationState::running);
    ask(ann, make_thread(ann), "the server goes on");
}

TEST_P(RecoveryTest, TheDataAreTheirOwnersAlone) {
    ask(ann, make_thread(ann), "question");
    for (char const* name : {"kaiwa.db", "kaiwa.db-wal", "kaiwa.db-shm", "kaiwa.lock"}) {
        auto const mode = std::filesystem::status(sqlite().data_dir() / name).permissions();
        EXPECT_EQ(mode & std::filesystem::perms::all,
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
            << name;
    }
}

TEST_P(RecoveryTest, AToolAloneMakesTheDatabase) {
    TemporaryFolder folder;
    NullLog log;
    auto const make = [&](Access access) {
        return open({.data_dir = folder.path() / "new" / "data",
                     .access = access,
                     .clock = harness->clock,
                     .random = harness->random,
                     .log = log,
                     .sealer = Sealer(sha256("k"))});
    };
    auth::User user;
    user.id = make_id<UserId>();
    user.username = "first";
    {
        auto const tool = make(Access::tool);
        ASSERT_TRUE(tool) << tool.error().message;
        ASSERT_TRUE(run((*tool)->users().add_user({user, "hash"})));
    }
    auto const server = make(Access::server);
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_TRUE(run((*server)->users().user_by_name("first")));
}

/// One life of a writing process, killed while it writes, after so many acknowledgements.
std::string write_until_killed(std::filesystem::path const& data, std::ptrdiff_t lines) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    auto const child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[0]);
        ::execl(KAIWA_STORE_LEDGER, KAIWA_STORE_LEDGER, "write", data.c_str(), "8", nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    std::string ledger;
    std::array<char, 4'096> buffer;
    for (;;) {
        pollfd wait{ends[0], POLLIN, 0};
        bool const silent = ::poll(&wait, 1, 20'000) == 0;
        EXPECT_FALSE(silent) << "the writer does nothing";
        if (silent || std::ranges::count(ledger, '\n') >= lines) ::kill(child, SIGKILL);
        auto const count = ::read(ends[0], buffer.data(), buffer.size());
        if (count <= 0) break;
        ledger.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    return ledger;
}

TEST(KilledServer, LosesNothingThatItAcknowledged) {
    TemporaryFolder folder;
    SystemRandom random;
    std::string ledger;
    for (int cycle = 0; cycle < 20; ++cycle) {
        auto const lines = 1 + static_cast<std::ptrdiff_t>(random.fraction() * 60);
        ledger += write_until_killed(folder.path(), lines);
        auto const checked = check_ledger(folder.path(), ledger);
        ASSERT_TRUE(checked) << "cycle " << cycle << ": " << checked.error().message;
    }
    auto const kept = check_ledger(folder.path(), ledger);
    ASSERT_TRUE(kept);
    EXPECT_GT(*kept, 200u) << "too few acknowledgements to prove anything";
}

}  // namespace
}  // namespace kaiwa::store::sqlite
