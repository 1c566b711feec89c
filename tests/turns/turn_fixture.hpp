#pragma once

#include "base/crypto.hpp"
#include "chat/event_frame.hpp"
#include "chat/notices.hpp"
#include "chat/turn_service.hpp"
#include "store/sqlite/store.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace kaiwa::chat {

/// The system's clock, which a test can move ahead.
class MovableClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override { return system_.now() + ahead_.load(); }
    void advance(std::chrono::milliseconds by) { ahead_ = ahead_.load() + by; }

private:
    SystemClock system_;
    std::atomic<std::chrono::milliseconds> ahead_{};
};

/// Answers with whatever the test says.
class ScriptedResponder final : public Responder {
public:
    using Script = std::function<asio::awaitable<llm::Outcome<llm::FinishReason>>(
        ScriptedResponder&, TurnSink&)>;

    Script script;
    std::atomic<int> calls = 0;
    std::atomic<bool> saw_stop = false;

    /// What the last one was asked; read it once its turn ended.
    TurnContext asked;

    asio::awaitable<llm::Outcome<llm::FinishReason>> respond(TurnContext const& turn,
                                                             TurnSink& sink) override {
        ++calls;
        {
            std::lock_guard const lock(mutex_);
            asked = turn;
        }
        return script(*this, sink);
    }

private:
    std::mutex mutex_;
};

inline llm::Failure stopped_failure() {
    return {llm::FailureClass::cancelled, "stopped", {}, {}, {}};
}

inline asio::awaitable<llm::Outcome<llm::FinishReason>> speak(
    ScriptedResponder& self, TurnSink& sink, std::vector<std::string> words,
    std::chrono::milliseconds pause, bool then_wait, llm::FinishReason reason) {
    for (auto const& word : words) {
        if (!co_await sink.text(word)) co_return std::unexpected(stopped_failure());
        sink.show();
        if (pause.count() > 0) co_await sleep_for(pause);
    }
    if (!then_wait) co_return reason;
    bool const waited = co_await sleep_for(std::chrono::minutes(5));
    if (waited) co_return reason;
    self.saw_stop = true;
    co_return std::unexpected(stopped_failure());
}

inline ScriptedResponder::Script say(std::vector<std::string> words,
                                     llm::FinishReason reason = llm::FinishReason::stop) {
    return [words, reason](ScriptedResponder& self, TurnSink& sink) {
        return speak(self, sink, words, std::chrono::milliseconds(0), false, reason);
    };
}
inline ScriptedResponder::Script say_then_wait(std::vector<std::string> words) {
    return [words](ScriptedResponder& self, TurnSink& sink) {
        return speak(self, sink, words, std::chrono::milliseconds(0), true,
                     llm::FinishReason::stop);
    };
}
inline ScriptedResponder::Script say_slowly(std::size_t count, std::string word) {
    return [count, word](ScriptedResponder& self, TurnSink& sink) {
        return speak(self, sink, std::vector<std::string>(count, word),
                     std::chrono::milliseconds(1), false, llm::FinishReason::stop);
    };
}
inline asio::awaitable<llm::Outcome<llm::FinishReason>> throw_now() {
    throw std::logic_error("bug");
    co_return llm::FinishReason::stop;
}
inline ScriptedResponder::Script throw_a_bug() {
    return [](ScriptedResponder&, TurnSink&) { return throw_now(); };
}

/// A turn service over a fresh SQLite store, on two loops with a thread each.
class TurnFixture : public testing::Test {
protected:
    TurnFixture() {
        std::filesystem::create_directories(folder);
        auto opened = store::sqlite::open({.data_dir = folder,
                                           .access = store::sqlite::Access::server,
                                           .clock = clock,
                                           .random = random,
                                           .log = log,
                                           .sealer = sealer,
                                           .reader_threads = 2});
        if (!opened) throw std::runtime_error(opened.error().message);
        store = std::move(*opened);
        for (int i = 0; i < 2; ++i) {
            guards.push_back(asio::make_work_guard(loops[i]));
            threads.emplace_back([this, i] { loops[i].run(); });
        }
        for (auto const& who : {hana, taro}) {
            auth::UserWithPassword user;
            user.user.id = who.id;
            user.user.username = who.username;
            user.user.created_at = clock.now();
            get_result(store->users().add_user(user)).value();
        }
        start_service({});
        thread = ThreadId{make_uuid7(clock, random)};
        get(store->chats().create_thread(hana, NewThread{thread, "", {}}));
    }

    ~TurnFixture() override {
        if (service) wait_for(service->finish(std::chrono::milliseconds(0)));
        service.reset();
        guards.clear();
        for (auto& worker : threads) worker.join();
        store.reset();
        std::filesystem::remove_all(folder);
    }

    void start_service(TurnOptions options) { start_service(options, store->chats()); }
    /// `chats` must live until the next service is started.
    void start_service(TurnOptions options, ChatStore& chats) {
        if (service) wait_for(service->finish(std::chrono::milliseconds(0)));
        service = make_service(options, chats);
    }
    /// Of another process, as far as `service` knows.
    std::unique_ptr<TurnService> make_service(TurnOptions options, ChatStore& chats) {
        return std::make_unique<TurnService>(
            TurnService::Services{chats, responder, notices, recent, clock, random, log,
                                  [] { return std::string("test/model"); },
                                  [this](std::string model) { return knows(std::move(model)); }},
            options,
            std::vector<asio::any_io_executor>{loops[0].get_executor(), loops[1].get_executor()});
    }

    asio::awaitable<bool> knows(std::string model) { co_return model != unknown_model; }

    /// Starts `task` on a loop and counts its end.
    void spawn_on(int loop, asio::awaitable<void> task) {
        spawn(loops[loop].get_executor(), asio::cancellation_slot(), std::move(task),
              [this](std::exception_ptr error) {
                  if (error) ADD_FAILURE() << "a task threw";
                  ++finished_tasks;
              });
    }

    static void run_loops_until(std::function<bool()> const& reached) {
        auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!reached()) {
            ASSERT_LT(std::chrono::steady_clock::now(), until) << "waited too long";
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    template <class T>
    T wait_for(asio::awaitable<T> task) {
        std::promise<T> done;
        spawn(loops[0].get_executor(), asio::cancellation_slot(), keep(std::move(task), done),
              [&](std::exception_ptr error) {
                  if (error) done.set_exception(error);
              });
        return done.get_future().get();
    }
    template <class T>
    Result<T> get_result(asio::awaitable<Result<T>> task) {
        return wait_for(std::move(task));
    }
    template <class T>
    T get(asio::awaitable<Result<T>> task) {
        auto result = wait_for(std::move(task));
        if (!result) throw std::runtime_error(result.error().message);
        return std::move(*result);
    }

    Question question_of(std::string text) {
        Question question;
        question.id = MessageId{make_uuid7(clock, random)};
        question.text = std::move(text);
        return question;
    }
    TurnTicket ask(std::string text) {
        return get(service->ask(hana, thread, question_of(std::move(text))));
    }
    TurnTicket again(MessageId message, ReplyRequest::Kind kind) {
        ReplyRequest request;
        request.message = message;
        request.reply = MessageId{make_uuid7(clock, random)};
        request.kind = kind;
        return get(service->reply_again(hana, thread, request));
    }
    asio::awaitable<void> asked(Question question, std::set<std::string>& replies) {
        auto ticket = co_await service->ask(hana, thread, std::move(question));
        std::lock_guard const lock(mutex);
        if (ticket) replies.insert(ticket->reply.text());
    }

    static asio::awaitable<Result<EventBatch>> next_of(EventReader& reader, SteadyTime deadline) {
        EventBatch batch;
        auto const read = co_await reader.next(batch, deadline);
        if (!read) co_return std::unexpected(read.error());
        co_return batch;
    }

    asio::awaitable<void> follow_all(GenerationId id, std::uint64_t after, std::string& seen) {
        auto reader = co_await service->follow(hana, id, after);
        if (!reader) co_return;
        for (;;) {
            auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
            auto batch = co_await next_of(**reader, deadline);
            if (!batch) co_return;
            for (auto const piece : batch->pieces) seen += EventBatch::text_of(piece);
            if (batch->ended) co_return;
        }
    }
    std::string read_from(GenerationId id, std::uint64_t after) {
        std::string seen;
        wait_for(follow_all(id, after, seen));
        return seen;
    }
    std::string read_until(EventReader& reader, std::string_view word) {
        std::string seen;
        while (!seen.contains(word)) seen += read_some(reader);
        return seen;
    }
    std::string read_rest(EventReader& reader) {
        std::string seen;
        while (!ended_) seen += read_some(reader);
        return seen;
    }
    static std::vector<std::pair<std::string, std::string>> split_frames_of(
        std::string const& seen) {
        std::vector<std::pair<std::string, std::string>> out;
        for (auto const& frame : split_frames(seen)) out.emplace_back(frame.type, frame.data);
        return out;
    }
    void wait_until_idle() {
        run_loops_until([this] { return service->running() == 0; });
    }
    void wait_until_stored(GenerationId id, std::uint64_t event) {
        run_loops_until(
            [&] { return get(store->chats().generation(hana, id)).last_event >= event; });
    }

    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("kaiwa-turns-" + SystemRandom().token(8));
    MovableClock clock;
    SystemRandom random;
    NullLog log;
    Sealer sealer{sha256("test")};
    std::unique_ptr<store::sqlite::SqliteStore> store;
    Notices notices;
    RecentBranches recent;
    ScriptedResponder responder;
    std::string unknown_model = "nobody/has";  // set while nothing runs
    std::unique_ptr<TurnService> service;
    Principal hana{UserId{make_uuid7(clock, random)}, "hana", auth::UserRole::user};
    Principal taro{UserId{make_uuid7(clock, random)}, "taro", auth::UserRole::user};
    ThreadId thread{};
    std::atomic<std::size_t> finished_tasks = 0;
    std::mutex mutex;

private:
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> task, std::promise<T>& done) {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
            done.set_value();
        } else {
            done.set_value(co_await std::move(task));
        }
    }
    std::string read_some(EventReader& reader) {
        auto batch =
            get(next_of(reader, std::chrono::steady_clock::now() + std::chrono::seconds(20)));
        std::string seen;
        for (auto const piece : batch.pieces) seen += EventBatch::text_of(piece);
        ended_ = batch.ended;
        return seen;
    }

    bool ended_ = false;
    asio::io_context loops[2]{asio::io_context(1), asio::io_context(1)};
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
    std::vector<std::thread> threads;
};

}  // namespace kaiwa::chat
