#pragma once

#include "base/spawn.hpp"
#include "chat/types.hpp"
#include "kaiwa/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::chat {

/// A question and its whole answer. The ids tell whether it is in a history already.
struct Exchange {
    MessageId question_id;
    std::string question;
    MessageId reply_id;
    std::string answer;
    Timestamp asked_at{};
    std::optional<MessageId> reply_before{};  ///< The conversation's answer before; unset: none.
};

/// Conversations that another program's table keeps, each under the id of its session. It knows no
/// owners: whoever asks makes sure that the session is theirs. Thread-safe.
class SessionHistory {
public:
    virtual ~SessionHistory() = default;

    /// What was said in a session, oldest first; nothing in one that is not there.
    ///
    /// `last` is the conversation's last answer as we know it. It is added where nobody was left to
    /// do so or another program overwrote it; not where others cleared the session or cut it.
    /// Fails with `unavailable`, or `invalid_argument` when it is not in a form that we read.
    virtual asio::awaitable<Result<std::vector<Remembered>>> read(std::string session_id,
                                                                  std::optional<Exchange> last) = 0;
    /// Adds a question and its answer together, unless they are there. The oldest messages go when
    /// there is no room. Fails as `read()` does, and with `too_large` when the two alone have none.
    virtual asio::awaitable<Result<void>> append(std::string session_id, Exchange exchange) = 0;
};

}  // namespace kaiwa::chat
