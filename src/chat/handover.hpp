#pragma once

#include "chat/types.hpp"
#include "kaiwa/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::chat {

/// What a process that did not begin a turn needs to run it; the rest it reads from the store.
struct Handover {
    Principal who;
    ThreadId thread;
    MessageId question;
    MessageId reply;
    std::optional<MessageId> continued;  ///< The answer that is carried on.
    std::string title;  ///< Offered to a thread that had none.
};

/// As `ChatStore` keeps it.
[[nodiscard]] std::string to_text(Handover const& handover);
/// Fails with `internal`: it is our own text.
[[nodiscard]] Result<Handover> parse_handover(std::string_view text);

}  // namespace kaiwa::chat
