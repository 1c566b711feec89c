#pragma once

#include "base/clock.hpp"
#include "chat/item_list.hpp"
#include "chat/responder.hpp"
#include "chat/turn_report.hpp"
#include "chat/turn_log.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace kaiwa::chat {

/// Why a run is being ended from outside.
enum class StopReason { none, person, shutdown, deadline, lease_lost, too_long };

/// A generation that runs in this process. Everything but `log`, `ended` and the constants is
/// touched on `loop` only.
struct LiveTurn {
    LiveTurn(asio::any_io_executor where, TurnContext what, GenerationId id)
        : loop(std::move(where)), turn(std::move(what)), generation(id) {}

    asio::any_io_executor const loop;
    TurnContext turn;  ///< Constant once the run started.
    GenerationId const generation;
    std::uint64_t epoch = 0;
    std::shared_ptr<void> guard;  ///< `Question::guard`.

    TurnLog log;
    asio::cancellation_signal cancel;
    StopReason stop_reason = StopReason::none;

    bool started = false;  ///< The run's task exists.
    bool saving = false;   ///< A segment or the end is being stored.
    bool looking = false;  ///< The lease is being looked at or renewed.
    Notifier saved;        ///< `saving` became false.
    bool finishing = false;  ///< How it ended is being stored: nothing interrupts that.
    std::uint64_t sendable = sendable_ahead;
    std::size_t unsaved_bytes = 0;
    SteadyTime unsaved_since{};
    SteadyTime renewed{};  ///< When the last write that renewed the lease began.
    SteadyTime saved_at{};   ///< When the last try to store a segment ended.
    std::chrono::milliseconds save_pause{0};  ///< After a try that failed, before the next one.
    SteadyTime looked_at{};  ///< When the last look at the lease ended.
    SteadyTime const begun = std::chrono::steady_clock::now();
    std::optional<SteadyTime> first_delta;  ///< Text or reasoning.

    llm::Usage usage;
    bool has_usage = false;
    std::unique_ptr<TurnReport const> report;  ///< How it ended; unset where the run was lost.
    /// Guards what `freshen()` reads from other loops.
    mutable std::mutex details_mutex;
    ItemList steps;
    ItemList citations;

    void stop(StopReason reason) {
        if (stop_reason == StopReason::none) stop_reason = reason;
        interrupt();
    }
    /// Ends the wait that the run is in, if it can be.
    void interrupt() {
        if (!finishing) cancel.emit(asio::cancellation_type::terminal);
    }
};

}  // namespace kaiwa::chat
