#pragma once

#include "chat/types.hpp"
#include "kaiwa/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::chat {

/// What a process that did not begin a turn needs to run it; the rest it reads from the store.
struct Handover {
    Principal who;
    ThreadId thread;
    MessageId question;
    MessageId reply;
    std::optional<MessageId> continued;  ///< The answer that is carried on.
    std::string title;  ///< Offered to a thread that had none.
    std::optional<std::vector<Remembered>> remembered{};  ///< `Question::remembered`.
    std::string history_id{};                             ///< `Question::history_id`.
};

/// A turn whose handover would be longer runs where it began: the store keeps it with the run.
constexpr std::size_t max_handover_bytes = 64 * 1024;

/// As `ChatStore` keeps it.
[[nodiscard]] std::string to_text(Handover const& handover);
/// Fails with `internal`: it is our own text.
[[nodiscard]] Result<Handover> parse_handover(std::string_view text);

}  // namespace kaiwa::chat
