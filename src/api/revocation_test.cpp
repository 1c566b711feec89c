#include "api/caller_watch.hpp"
#include "api/test_doubles.hpp"
#include "api/test_services.hpp"
#include "base/wait.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace kaiwa::api {
namespace {

using kaiwa::test::run_task;

constexpr auto some_id = "01890000-0000-7000-8000-000000000001";

/// Called between two pieces of what is read or written.
using Between = std::function<asio::awaitable<void>()>;

/// Two pieces, then the end.
class Pieces final : public http::BodyReader, public chat::BlobStore::Reader {
public:
    explicit Pieces(Between& between) : between_(between) {}
    [[nodiscard]] std::uint64_t size() const override { return 2; }
    asio::awaitable<Result<std::string>> next() override {
        if (given_ == 1) co_await between_();
        co_return ++given_ <= 2 ? std::string("x") : std::string();
    }

private:
    Between& between_;
    unsigned given_ = 0;
};

class Blobs final : public chat::BlobStore {
public:
    Blobs(Between& between, unsigned& committed) : between_(between), committed_(committed) {}
    class CountingWriter final : public Writer {
    public:
        explicit CountingWriter(unsigned& committed) : committed_(committed) {}
        asio::awaitable<Result<void>> write(std::string) override { co_return Result<void>{}; }
        asio::awaitable<Result<void>> commit() override {
            ++committed_;
            co_return Result<void>{};
        }

    private:
        unsigned& committed_;
    };
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return std::make_unique<CountingWriter>(committed_);
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId, chat::BlobPart) override {
        co_return std::make_unique<Pieces>(between_);
    }
    asio::awaitable<Result<void>> remove(FileId) override { co_return Result<void>{}; }

private:
    Between& between_;
    unsigned& committed_;
};

/// A thread of two pages, and files of two pieces.
class Chats final : public test::EmptyChatStore {
public:
    explicit Chats(Between& between) : between_(between) {}
    Answer<chat::Thread> thread(Who, ThreadId id) override {
        chat::Thread thread;
        thread.id = id;
        thread.head = *MessageId::parse(some_id);
        co_return thread;
    }
    Answer<auth::Page<chat::Message>> messages(Who, ThreadId, chat::MessageQuery query) override {
        if (++pages_ == 4) co_await between_();
        chat::Message message;
        message.text = query.before.empty() ? "newer" : "older";
        auth::Page<chat::Message> page{{message}, std::nullopt};
        if (query.before.empty()) page.next = "more";
        co_return page;
    }
    Answer<chat::FileInfo> file(Who, FileId id) override {
        co_return chat::FileInfo{id, "a.txt", "text/plain", 2};
    }
    Answer<void> add_file(Who, chat::FileInfo) override {
        ++added;
        co_return Result<void>{};
    }
    unsigned added = 0;

private:
    Between& between_;
    unsigned pages_ = 0;
};

class RevocationTest : public testing::Test {
protected:
    RevocationTest() {
        services.routes_chats = &chats;
        services.routes_blobs = &blobs;
        services.settings->uploads.types = {"text/*"};
        add_routes(router, services.services());
        cookie = run_task(services.sign_in("ann", auth::UserRole::user));
    }

    asio::awaitable<void> sign_out() {
        auto caller = co_await services.authenticator.check_session(cookie);
        (void)co_await services.authenticator.sign_out(std::move(*caller));
        co_await sleep_for(CallerWatch::interval + std::chrono::milliseconds(50));
    }
    test::RecordingWriter ask(std::string method, std::string path) {
        auto request = test::make_request(std::move(method), std::move(path),
                                          {{"Cookie", "kaiwa=" + cookie},
                                           {"Origin", "http://127.0.0.1:8080"},
                                           {"Content-Type", "text/plain"}});
        request.query = {{"name", "a.txt"}};
        request.body_reader = &body;
        test::RecordingWriter writer;
        auto match = router.match(request.method, request.path);
        (void)run_task(router.answer(std::move(match), request, writer));
        return writer;
    }

    test::TestServices services;
    Between between = []() -> asio::awaitable<void> { co_return; };
    unsigned committed = 0;
    Blobs blobs{between, committed};
    Chats chats{between};
    Pieces body{between};
    http::Router router;
    std::string cookie;
    std::string const download = std::string("/api/files/") + some_id;
    std::string const thread = std::string("/api/threads/") + some_id + "/export";
};

TEST_F(RevocationTest, WhoStaysSignedInReadsAndSendsAll) {
    EXPECT_EQ(ask("GET", download).body, "xx");
    EXPECT_TRUE(ask("GET", thread).body.contains("newer"));
    EXPECT_EQ(ask("POST", "/api/files").head.status, 201u);
    EXPECT_EQ(chats.added, 1u);
}

TEST_F(RevocationTest, BreaksADownloadOff) {
    between = [this] { return sign_out(); };
    auto const writer = ask("GET", download);
    EXPECT_EQ(writer.body, "x");
    EXPECT_FALSE(writer.finished);
}

TEST_F(RevocationTest, BreaksAnExportOff) {
    between = [this] { return sign_out(); };
    auto const writer = ask("GET", thread);
    EXPECT_TRUE(writer.body.contains("older"));
    EXPECT_FALSE(writer.body.contains("newer"));
    EXPECT_FALSE(writer.finished);
}

TEST_F(RevocationTest, RefusesAnUploadAndKeepsNothingOfIt) {
    between = [this] { return sign_out(); };
    EXPECT_EQ(ask("POST", "/api/files").head.status, 401u);
    EXPECT_EQ(committed, 0u);
    EXPECT_EQ(chats.added, 0u);
}

}  // namespace
}  // namespace kaiwa::api
