#include "base/task_group.hpp"
#include "chat/event_frame.hpp"
#include "store/sqlite/store.hpp"
#include "tests/support/disk_faults/disk_faults.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>

/// Measures the SQLite store in this process, with and without 2 ms added to each flush of the
/// disk. Prints one JSON object. Usage: kaiwa_store_bench [FOLDER] [SECONDS]
namespace kaiwa::store::sqlite {
namespace {

using std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr unsigned added_flush_us = 2'000;

double processor_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto const seconds = [](timeval t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Latencies {
    std::vector<double> milliseconds;

    void add(steady_clock::time_point began) {
        milliseconds.push_back(Milliseconds(steady_clock::now() - began).count());
    }
    double at(double part) {
        if (milliseconds.empty()) return 0;
        auto const index =
            static_cast<std::size_t>(part * static_cast<double>(milliseconds.size() - 1));
        std::ranges::nth_element(milliseconds,
                                 milliseconds.begin() + static_cast<std::ptrdiff_t>(index));
        return milliseconds[index];
    }
};

struct Bench {
    SystemClock clock;
    SystemRandom random;
    NullLog log;
    std::unique_ptr<SqliteStore> store;
    asio::io_context loop;
    auth::Principal who{UserId{make_uuid7(clock, random)}, "bench", auth::UserRole::user};

    explicit Bench(std::filesystem::path const& dir) {
        auto opened = open({.data_dir = dir,
                            .access = Access::server,
                            .clock = clock,
                            .random = random,
                            .log = log,
                            .sealer = Sealer(sha256("bench"))});
        if (!opened) {
            fmt::print(stderr, "{}\n", opened.error().message);
            std::exit(1);
        }
        store = std::move(*opened);
    }

    template <class T>
    T make_id() {
        return T{make_uuid7(clock, random)};
    }
    void start(asio::awaitable<void> task) {
        asio::co_spawn(loop, std::move(task), [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
    }
    void finish() {
        loop.restart();
        loop.run();
    }
};

void require(bool ok) {
    if (ok) return;
    fmt::print(stderr, "the store refused an operation\n");
    std::exit(1);
}

chat::NewTurn make_turn(Bench& bench, std::string text) {
    chat::NewTurn turn;
    turn.question = bench.make_id<MessageId>();
    turn.reply = bench.make_id<MessageId>();
    turn.generation = bench.make_id<GenerationId>();
    turn.text = std::move(text);
    turn.default_model = "local/bench";
    turn.request_digest = std::string(32, 'd');
    return turn;
}

/// One person who sends a message, waits until it is durable and sends the next.
asio::awaitable<void> send_messages(Bench& bench, steady_clock::time_point end, Latencies& times) {
    auto& chats = bench.store->chats();
    auto const id = bench.make_id<ThreadId>();
    chat::NewThread const thread{id, "bench", {}};
    auto const made = co_await chats.create_thread(bench.who, thread);
    require(made.has_value());
    while (steady_clock::now() < end) {
        auto turn = make_turn(bench, "明日の京都の天気と、おすすめの散歩道を教えてください。");
        auto const began = steady_clock::now();
        auto const ticket = co_await chats.begin_turn(bench.who, id, std::move(turn));
        require(ticket.has_value());
        times.add(began);
    }
}

struct Rate {
    double per_second = 0;
    double p50 = 0;
    double p99 = 0;
    double most = 0;
    double a_commit = 0;
    double writer_us = 0;
};

Rate measure_messages(std::filesystem::path const& dir, int writers, double seconds) {
    std::filesystem::remove_all(dir);
    Bench bench(dir);
    Latencies times;
    auto const began = steady_clock::now();
    auto const end = began + std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
    for (int i = 0; i < writers; ++i) bench.start(send_messages(bench, end, times));
    bench.finish();
    auto const took = std::chrono::duration<double>(steady_clock::now() - began).count();
    auto const count = static_cast<double>(times.milliseconds.size());
    auto const counts = bench.store->counts();
    return {count / took,
            times.at(0.5),
            times.at(0.99),
            times.at(1),
            static_cast<double>(counts.operations) / static_cast<double>(counts.commits),
            std::chrono::duration<double, std::micro>(counts.writer_busy).count() / count};
}

/// Runners that each append a token's event a second, all in the same second.
asio::awaitable<void> append_events(Bench& bench, int rounds) {
    auto& chats = bench.store->chats();
    auto const id = bench.make_id<ThreadId>();
    chat::NewThread const thread{id, "bench", {}};
    auto const made = co_await chats.create_thread(bench.who, thread);
    require(made.has_value());
    auto const ticket = co_await chats.begin_turn(bench.who, id, make_turn(bench, "question"));
    require(ticket.has_value());
    chat::Lease const lease{ticket->generation, ticket->epoch};
    for (int n = 1; n <= rounds; ++n) {
        chat::LogSegment segment;
        segment.first = segment.last = static_cast<std::uint64_t>(n);
        segment.text = "こん";
        chat::append_delta_frame(segment.frames, segment.first, chat::EventType::text,
                                 segment.text);
        auto const ack = co_await chats.append_log(lease, std::move(segment), segment.first + 64);
        require(ack.has_value());
    }
}

struct Appends {
    double writer_us = 0;
    double process_us = 0;
};

Appends measure_appends(std::filesystem::path const& dir, int runners, int rounds) {
    std::filesystem::remove_all(dir);
    Bench bench(dir);
    // The first round starts the turns; it is not counted.
    auto const measure = [&](int count) {
        for (int i = 0; i < runners; ++i) bench.start(append_events(bench, count));
        auto const before = bench.store->counts();
        auto const used = processor_seconds();
        bench.finish();
        auto const after = bench.store->counts();
        return std::pair(
            std::chrono::duration<double, std::micro>(after.writer_busy - before.writer_busy)
                .count(),
            (processor_seconds() - used) * 1e6);
    };
    auto const starting = measure(0);
    auto const whole = measure(rounds);
    auto const appends = static_cast<double>(runners) * rounds;
    return {(whole.first - starting.first) / appends, (whole.second - starting.second) / appends};
}

asio::awaitable<void> fill_thread(Bench& bench, ThreadId id, int messages) {
    auto& chats = bench.store->chats();
    chat::NewThread const thread{id, "long", {}};
    auto const made = co_await chats.create_thread(bench.who, thread);
    require(made.has_value());
    for (int i = 0; i < messages / 2; ++i) {
        auto const text = fmt::format("質問{}: {}", i, std::string(200, 'q'));
        auto const ticket = co_await chats.begin_turn(bench.who, id, make_turn(bench, text));
        require(ticket.has_value());
        chat::Ending ending;
        ending.last_segment.first = ending.last_segment.last = 1;
        chat::append_frame(ending.last_segment.frames, 1, chat::EventType::done, "{}");
        ending.text = fmt::format("回答{}: ", i);
        for (int k = 0; k < 60; ++k) ending.text += "京都は盆地なので夏は暑い。";
        chat::Lease const lease{ticket->generation, ticket->epoch};
        auto const ended = co_await chats.end_generation(lease, ending);
        require(ended.has_value());
    }
}

asio::awaitable<void> open_thread(Bench& bench, ThreadId id, Latencies& times) {
    for (int i = 0; i < 200; ++i) {
        auto const began = steady_clock::now();
        chat::MessageQuery const query;
        auto const page = co_await bench.store->chats().messages(bench.who, id, query);
        times.add(began);
        require(page && page->items.size() == 50);
    }
}

asio::awaitable<void> search(Bench& bench, std::string words, std::size_t hits, Latencies& times) {
    for (int i = 0; i < 20; ++i) {
        auto const began = steady_clock::now();
        auto const page = co_await bench.store->search().search(bench.who, words, 20, {});
        times.add(began);
        require(page && page->items.size() == hits);
    }
}

}  // namespace
}  // namespace kaiwa::store::sqlite

int main(int argc, char** argv) {
    using namespace kaiwa::store::sqlite;
    auto const dir = std::filesystem::path(argc > 1 ? argv[1] : "/tmp") / "kaiwa-store-bench";
    double const seconds = argc > 2 ? std::atof(argv[2]) : 2;

    auto const plain = measure_messages(dir, 64, seconds);
    kaiwa_delay_flushes(added_flush_us);
    auto const alone = measure_messages(dir, 1, seconds);
    auto const with_64 = measure_messages(dir, 64, seconds);
    auto const with_1024 = measure_messages(dir, 1'024, seconds);
    kaiwa_delay_flushes(0);
    auto const appends = measure_appends(dir, 9'000, 10);

    std::filesystem::remove_all(dir);
    Latencies opening;
    Latencies rare;
    Latencies common;
    double open_ms = 0;
    double open_cpu_ms = 0;
    {
        Bench bench(dir);
        auto const id = bench.make_id<kaiwa::ThreadId>();
        bench.start(fill_thread(bench, id, 10'000));
        bench.finish();
        auto const used = processor_seconds();
        bench.start(open_thread(bench, id, opening));
        bench.finish();
        open_cpu_ms =
            (processor_seconds() - used) * 1e3 / static_cast<double>(opening.milliseconds.size());
        bench.start(search(bench, "質問4999", 1, rare));
        bench.finish();
        bench.start(search(bench, "京都", 20, common));
        bench.finish();
    }
    {
        auto const began = steady_clock::now();
        Bench const again(dir);
        open_ms = Milliseconds(steady_clock::now() - began).count();
    }
    std::filesystem::remove_all(dir);

    fmt::print(
        "{{\"durable_messages\":{{\"writers\":64,\"per_second\":{:.0f},\"p50_ms\":{:.2f},"
        "\"p99_ms\":{:.2f},\"max_ms\":{:.1f},\"writer_us\":{:.1f}}},\n"
        " \"with_2ms_flush\":{{\"one_commit_each_per_second\":{:.0f},"
        "\"writers_64_per_second\":{:.0f},\"writers_64_p99_ms\":{:.2f},\"writers_64_max_ms\":{:.1f}"
        ","
        "\"writers_64_a_commit\":{:.1f},\"writers_64_ratio\":{:.1f},"
        "\"writers_1024_per_second\":{:.0f},\"writers_1024_p99_ms\":{:.2f},\"ratio\":{:.1f}}},\n"
        " \"log_append\":{{\"writer_us\":{:.1f},\"process_us\":{:.1f}}},\n"
        " \"thread_of_10000\":{{\"open_p50_ms\":{:.2f},\"open_p99_ms\":{:.2f},\"open_cpu_ms\":{:."
        "2f},"
        "\"search_rare_ms\":{:.2f},\"search_common_ms\":{:.2f},\"start_ms\":{:.2f}}}}}\n",
        plain.per_second, plain.p50, plain.p99, plain.most, plain.writer_us, alone.per_second,
        with_64.per_second, with_64.p99, with_64.most, with_64.a_commit,
        with_64.per_second / alone.per_second, with_1024.per_second, with_1024.p99,
        with_1024.per_second / alone.per_second, appends.writer_us, appends.process_us,
        opening.at(0.5), opening.at(0.99), open_cpu_ms, rare.at(0.5), common.at(0.5), open_ms);
}
