#pragma once

#include "auth/user_store.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "chat/chat_store.hpp"
#include "chat/thread_archive.hpp"
#include "llm/catalogue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

/// What every implementation of the storage ports must do. An implementation's test program links
/// `kaiwa_store_conformance`, makes a `Backend` and instantiates the suites that it can run:
///
///     INSTANTIATE_TEST_SUITE_P(Sqlite, ChatStoreTest, testing::Values(sqlite_backend()));
namespace kaiwa::conformance {

/// Stands still until it is moved.
class TestClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override {
        return Timestamp(std::chrono::milliseconds(milliseconds_.load()));
    }
    void advance(std::chrono::milliseconds time) { milliseconds_ += time.count(); }

private:
    std::atomic<std::int64_t> milliseconds_{1'790'000'000'000};
};

/// One empty set of stores and what they stand on. A harness without some of the ports runs only
/// the suites of those that it has.
class Harness {
public:
    virtual ~Harness() = default;
    virtual chat::ChatStore& chats() { throw_missing(); }
    virtual auth::UserStore& users() { throw_missing(); }
    virtual llm::ProviderStore& providers() { throw_missing(); }
    virtual chat::MessageSearch& search() { throw_missing(); }
    virtual chat::BlobStore& blobs() { throw_missing(); }
    virtual chat::ThreadArchive& archive() { throw_missing(); }
    /// Removes what is past its time; tells how much it was.
    virtual asio::awaitable<Result<std::size_t>> clean_once() { throw_missing(); }
    /// Opens the same data anew, as after a crash.
    virtual void reopen() = 0;

    TestClock clock;
    SystemRandom random;

private:
    [[noreturn]] static void throw_missing() {
        throw std::logic_error("this harness has no such port");
    }
};

struct Backend {
    std::string name;
    std::function<std::unique_ptr<Harness>()> make;

    friend void PrintTo(Backend const& backend, std::ostream* out) { *out << backend.name; }
};

/// Gives each case a harness and a loop to await things on.
class StoreTest : public testing::TestWithParam<Backend> {
protected:
    StoreTest() : harness(GetParam().make()) {}

    /// Awaits `task` to its end.
    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> out;
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T value) {
            if (error) std::rethrow_exception(error);
            out.emplace(std::move(value));
        });
        loop.restart();
        loop.run();
        return std::move(*out);
    }
    /// Awaits all of `tasks` at the same time.
    template <class T>
    std::vector<T> run_all(std::vector<asio::awaitable<T>> tasks) {
        std::vector<T> out;
        for (auto& task : tasks) {
            asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T value) {
                if (error) std::rethrow_exception(error);
                out.push_back(std::move(value));
            });
        }
        loop.restart();
        loop.run();
        return out;
    }
    template <class T>
    T make_id() {
        return T{make_uuid7(harness->clock, harness->random)};
    }
    auth::Principal make_person(std::string name) {
        return {make_id<UserId>(), std::move(name), auth::UserRole::user};
    }

    std::unique_ptr<Harness> harness;
    asio::io_context loop;
};

class ChatStoreTest : public StoreTest {
protected:
    chat::ChatStore& store() { return harness->chats(); }

    ThreadId make_thread(auth::Principal const& who, std::string title = {});
    chat::NewTurn make_turn(std::string text);
    /// Stores a question; the answer is pending.
    chat::TurnTicket ask(auth::Principal const& who, ThreadId thread, std::string text);
    /// Ends an answer with this text.
    void answer(chat::TurnTicket const& ticket, std::string text);
    /// The branch at the head, oldest first.
    std::vector<chat::Message> branch(auth::Principal const& who, ThreadId thread);

    auth::Principal ann = make_person("ann");
    auth::Principal bob = make_person("bob");
};

class ThreadArchiveTest : public ChatStoreTest {
protected:
    /// All pages.
    std::vector<ThreadId> list(chat::ThreadArchive& archive);
    std::vector<chat::ArchivedMessage> read(chat::ThreadArchive& archive, ThreadId thread);
};

class UserStoreTest : public StoreTest {
protected:
    auth::UserStore& store() { return harness->users(); }
    auth::User add_user(std::string username, auth::UserRole role = auth::UserRole::user);
    auth::Session add_session(UserId user, std::string token_hash);
    struct Belongings {
        ThreadId thread;
        FileId file;
    };
    /// A session ("11…"), a key ("kk…"), a thread and a file.
    Belongings give_belongings(auth::Principal const& who);
};

class ProviderStoreTest : public StoreTest {};
class BlobStoreTest : public StoreTest {};

class MessageSearchTest : public ChatStoreTest {
protected:
    /// Stores a question with this text and a whole answer.
    chat::TurnTicket say(auth::Principal const& who, ThreadId thread, std::string question,
                         std::string answer_text = "…");
    std::vector<chat::SearchHit> find(auth::Principal const& who, std::string words);
};

/// A segment of the log with one text event for each of `deltas`.
chat::LogSegment text_segment(std::uint64_t first, std::vector<std::string> const& deltas);

}  // namespace kaiwa::conformance
