#include "transfer/migration.hpp"

#include "store/sqlite/sqlite_harness.hpp"

namespace kaiwa::conformance {
namespace {

using transfer::Migration;
using transfer::MigrationReport;
using transfer::Side;

/// Passes everything on, and does something else at one place.
class MeddlingArchive final : public chat::ThreadArchive {
public:
    explicit MeddlingArchive(chat::ThreadArchive& real) : real_(real) {}

    asio::awaitable<Result<std::optional<Timestamp>>> served_until() override { co_return served; }
    asio::awaitable<Result<Listing>> list(std::string after) override {
        return real_.list(std::move(after));
    }
    asio::awaitable<Result<chat::ArchivedThread>> find(ThreadId id) override {
        return real_.find(id);
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> read(ThreadId id) override {
        return real_.read(id);
    }
    asio::awaitable<Result<void>> open_thread(chat::ArchivedThread thread) override {
        return real_.open_thread(std::move(thread));
    }
    asio::awaitable<Result<void>> add_messages(
        chat::ArchivedThread thread, std::vector<chat::ArchivedMessage> messages) override {
        if (adds_until_failure-- == 0) co_return fail(Errc::unavailable, "the power went off");
        if (spoil && !messages.empty()) messages.back().message.text += '.';
        co_return co_await real_.add_messages(std::move(thread), std::move(messages));
    }
    asio::awaitable<Result<void>> close_thread(chat::ArchivedThread thread) override {
        if (begins_to_serve) served = *begins_to_serve;
        return real_.close_thread(std::move(thread));
    }

    std::optional<Timestamp> served;
    std::optional<Timestamp> begins_to_serve;  ///< From when the first thread is closed.
    int adds_until_failure = -1;
    bool spoil = false;

private:
    chat::ThreadArchive& real_;
};

class MigrationTest : public ThreadArchiveTest {
protected:
    MigrationTest() : target(GetParam().make()), meddler(target->archive()) {}

    void fill() {
        auth::User user;
        user.id = ann.id;
        user.username = ann.username;
        user.role = auth::UserRole::administrator;
        user.created_at = harness->clock.now();
        ASSERT_TRUE(run(harness->users().add_user({user, "$argon2id$hash"})));
        auth::ApiKey key;
        key.id = make_id<KeyId>();
        key.name = "nightly";
        key.key_hash = std::string(32, 'h');
        key.prefix = "kw_abc";
        key.created_at = harness->clock.now();
        ASSERT_TRUE(run(harness->users().add_key(key)));
        machine = {UserId{key.id.value}, "key:nightly", auth::UserRole::user};
        llm::ProviderConfig provider;
        provider.name = "local";
        provider.kind = "openai";
        provider.base_url = "http://127.0.0.1:1/v1";
        provider.api_key = Secret("sk-secret");
        provider.origin = llm::ProviderOrigin::store;
        ASSERT_TRUE(run(harness->providers().put_provider(provider)));
        for (int i = 0; i < 3; ++i) {
            auto const thread = make_thread(i == 2 ? machine : ann, "");
            auto const& who = i == 2 ? machine : ann;
            answer(ask(who, thread, "問い"), "答え");
            threads.push_back(thread);
        }
        file = make_id<FileId>();
        auto writer = run(harness->blobs().create(file));
        ASSERT_TRUE(run((*writer)->write(std::string(100'000, 'b'))));
        ASSERT_TRUE(run((*writer)->commit()));
        ASSERT_TRUE(run(store().add_file(ann, {file, "f", "text/plain", 100'000})));
        auto turn = make_turn("with a file");
        turn.files = {file};
        answer(*run(store().begin_turn(ann, threads[0], turn)), "a");
    }
    Result<MigrationReport> migrate() {
        Side const from{harness->users(), harness->providers(), harness->archive(),
                        harness->blobs()};
        Side const to{target->users(), target->providers(), meddler, target->blobs()};
        Migration migration(from, to, [this](std::string const& line) { lines.push_back(line); });
        return run(migration.run());
    }

    std::unique_ptr<Harness> target;
    MeddlingArchive meddler;
    auth::Principal machine;
    std::vector<ThreadId> threads;
    FileId file;
    std::vector<std::string> lines;
};

TEST_P(MigrationTest, TakesEverythingAlong) {
    fill();
    auto const report = migrate();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->copied.users, 1u);
    EXPECT_EQ(report->copied.keys, 1u);
    EXPECT_EQ(report->copied.providers, 1u);
    EXPECT_EQ(report->copied.threads, 3u);
    EXPECT_EQ(report->copied.messages, 8u);
    EXPECT_EQ(report->copied.files, 1u);
    EXPECT_TRUE(report->left_out.empty());
    auto const user = run(target->users().user_by_name("ann"));
    ASSERT_TRUE(user);
    EXPECT_EQ(user->password_hash, "$argon2id$hash");
    EXPECT_TRUE(*run(target->users().has_administrator()));
    EXPECT_EQ(run(target->providers().providers())->front().api_key.reveal(), "sk-secret");
    EXPECT_EQ(run(target->chats().messages(machine, threads[2], {}))->items.size(), 2u);
    EXPECT_EQ((*run(target->blobs().open(file)))->size(), 100'000u);
    EXPECT_FALSE(lines.empty());
}

TEST_P(MigrationTest, GoesOnWhereItWasEndedAndDoublesNothing) {
    fill();
    meddler.adds_until_failure = 1;
    EXPECT_EQ(migrate().error().code, Errc::unavailable);
    meddler.adds_until_failure = -1;
    auto report = migrate();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->present.threads, 1u);
    EXPECT_EQ(report->copied.threads, 2u);
    EXPECT_EQ(report->present.users, 1u);
    report = migrate();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->present.threads, 3u);
    EXPECT_EQ(report->present.messages, 8u);
    EXPECT_EQ(report->present.files, 1u);
    EXPECT_EQ(report->copied.threads + report->copied.users + report->copied.keys, 0u);
    EXPECT_EQ(list(target->archive()).size(), 3u);
    EXPECT_EQ(run(target->chats().messages(ann, threads[0], {}))->items.size(), 4u);
}

TEST_P(MigrationTest, NoticesACopyThatDiffers) {
    fill();
    meddler.spoil = true;
    auto const report = migrate();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason, "copy_differs");
}

TEST_P(MigrationTest, RefusesATargetThatHoldsOtherThings) {
    fill();
    auto const foreign = make_id<ThreadId>();
    ASSERT_TRUE(run(target->chats().create_thread(bob, {foreign, "bob's", {}})));
    auto report = migrate();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason, "target_in_use");
    EXPECT_NE(report.error().message.find(foreign.text()), std::string::npos);
    EXPECT_EQ(run(target->users().user_by_name("ann")).error().code, Errc::not_found);

    target = GetParam().make();
    auth::User user;
    user.id = bob.id;
    user.username = bob.username;
    ASSERT_TRUE(run(target->users().add_user({user, "x"})));
    MeddlingArchive other(target->archive());
    Migration migration(
        {harness->users(), harness->providers(), harness->archive(), harness->blobs()},
        {target->users(), target->providers(), other, target->blobs()}, [](std::string const&) {});
    report = run(migration.run());
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message.find("user bob"), std::string::npos);
}

TEST_P(MigrationTest, DoesNotTakeBackWhatWasChangedInTheTarget) {
    fill();
    ASSERT_TRUE(migrate());
    chat::ThreadPatch patch;
    patch.title = "renamed since";
    ASSERT_TRUE(run(target->chats().update_thread(ann, threads[0], patch)));
    auto const report = migrate();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason, "target_in_use");
    EXPECT_EQ(run(target->chats().thread(ann, threads[0]))->title, "renamed since");
}

TEST_P(MigrationTest, RefusesWhileAnAnswerIsBeingWritten) {
    fill();
    ask(ann, threads[0], "another");
    auto const report = migrate();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason, "running");
    harness->clock.advance(std::chrono::hours(1));
    EXPECT_TRUE(migrate());
}

TEST_P(MigrationTest, RefusesWhileAServerSeemsToBeAtWork) {
    fill();
    meddler.served = harness->clock.now();
    auto const report = migrate();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason, "served");
    EXPECT_NE(report.error().message.find("target"), std::string::npos);
}

TEST_P(MigrationTest, RefusesAfterwardsWhenAServerBeganMeanwhile) {
    fill();
    meddler.begins_to_serve = harness->clock.now();
    auto const report = migrate();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason, "served");
}

TEST_P(MigrationTest, SaysWhichBytesAreMissing) {
    fill();
    ASSERT_TRUE(run(harness->blobs().remove(file)));
    auto const report = migrate();
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->left_out.size(), 1u);
    EXPECT_NE(report->left_out[0].find(file.text()), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, MigrationTest, testing::Values(store::sqlite::sqlite_backend()));

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ChatStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MessageSearchTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProviderStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ThreadArchiveTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UserStoreTest);

}  // namespace kaiwa::conformance
