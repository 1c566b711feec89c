#pragma once

#include "base/wait.hpp"
#include "chat/types.hpp"
#include "kaiwa/error.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/container/small_vector.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace kaiwa::chat {

/// Consecutive ready-to-send frames (chat/event_frame.hpp). Each piece holds whole frames and stays
/// valid while the batch lives.
struct EventBatch {
    boost::container::small_vector<asio::const_buffer, 2> pieces;
    boost::container::small_vector<std::shared_ptr<void const>, 2> owners;
    bool ended = false;  ///< The terminal event is in it, or was read before: nothing follows.
    /// This process ends while another runs the generation: what follows is to be had elsewhere,
    /// after what was read. Empty then.
    bool left = false;

    [[nodiscard]] bool empty() const { return pieces.empty(); }
    void clear() {
        pieces.clear();
        owners.clear();
        ended = left = false;
    }
    [[nodiscard]] static std::string_view text_of(asio::const_buffer piece) {
        return {static_cast<char const*>(piece.data()), piece.size()};
    }
};

/// Reads one generation's events from a number on, each once and in order, wherever it runs: from
/// memory where this process runs it, else from the store. Holds a position, not a copy.
///
/// Used by one task at a time.
class EventReader {
public:
    virtual ~EventReader() = default;

    /// Waits for events and puts them into `batch`, in place of what was there; an empty batch that
    /// has neither ended nor left means the deadline passed (time for a heartbeat). After `ended`
    /// it gives the same empty, ended batch.
    ///
    /// Fails with `cancelled` (the reading task was stopped), `not_found` (it was taken away
    /// meanwhile) or `unavailable` (the store).
    virtual asio::awaitable<Result<void>> next(EventBatch& batch, SteadyTime deadline) = 0;

    /// Does what `next()` does where that needs no wait and no store; false, with an empty batch,
    /// where it would.
    [[nodiscard]] virtual bool next_now(EventBatch& batch) {
        batch.clear();
        return false;
    }
    /// After `next_now()` found nothing: the wait for what comes next, at most until `deadline`,
    /// after which `next_now()` or else `next()` goes on. Null where `next()` must do all of it.
    [[nodiscard]] virtual std::optional<asio::awaitable<bool>> arrival(SteadyTime /*deadline*/) {
        return std::nullopt;
    }
};

}  // namespace kaiwa::chat
