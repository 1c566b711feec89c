#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::api {

/// What the routes count themselves.
struct Traffic {
    std::atomic<std::uint64_t> answered{0};       ///< Requests whose route ended well.
    std::atomic<std::uint64_t> refused{0};        ///< Ended by a problem of the client's (4xx).
    std::atomic<std::uint64_t> failed{0};         ///< Ended by a problem of ours (5xx).
    std::atomic<std::int64_t> event_streams{0};   ///< Open now.
    std::atomic<std::int64_t> websockets{0};      ///< Open now.
    std::atomic<std::uint64_t> uploaded_bytes{0};
};

/// The numbers that `/metrics` shows, in the Prometheus text format 0.0.4. Filled while the program
/// is wired, then only read; what it reads is thread-safe.
class Metrics {
public:
    enum class Kind { counter, gauge };
    using Read = std::function<double()>;

    Metrics();
    Metrics(Metrics const&) = delete;
    Metrics& operator=(Metrics const&) = delete;

    /// `name` is [a-z_]+, a counter's ends with "_total".
    void add(Kind kind, std::string name, std::string help, Read read);
    [[nodiscard]] std::string text() const;

    Traffic traffic;

private:
    struct Entry {
        Kind kind;
        std::string name;
        std::string help;
        Read read;
    };
    std::vector<Entry> entries_;
};

/// Counts a thing that is open while this lives.
class OpenCount {
public:
    explicit OpenCount(std::atomic<std::int64_t>& count) : count_(count) {
        count_.fetch_add(1, std::memory_order_relaxed);
    }
    ~OpenCount() { count_.fetch_sub(1, std::memory_order_relaxed); }
    OpenCount(OpenCount const&) = delete;
    OpenCount& operator=(OpenCount const&) = delete;

private:
    std::atomic<std::int64_t>& count_;
};

}  // namespace kaiwa::api
