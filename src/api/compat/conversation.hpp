#pragma once

#include "api/compat/asked.hpp"
#include "api/compat/caller.hpp"
#include "chat/types.hpp"

#include <optional>
#include <string>

namespace kaiwa::api::compat {

/// Where a turn of a dialect goes. A session is a thread whose id is made of its owner and the
/// session's id, so that one person's session id leads nobody else anywhere: theirs is another
/// thread, and looks as new.
///
/// Somebody who proves nothing owns what hangs on one session id: each is a principal of its own,
/// and only an id that Kaiwa issued has a thread already.
struct Conversation {
    auth::Caller owner;
    ThreadId thread;
    std::string session_id;  ///< Leads back to `thread`.
    std::string shown_id;    ///< What the client is told: its own words, where they hold nothing.
    using Keep = Continuation::Keep;
    Keep keep = Keep::yes;  ///< `once`: nothing is continued from it.
    /// The session's name in a table of histories, which knows no owners; empty: it has none.
    std::string history_id{};
    enum class Issued { no, yes } issued = Issued::no;  ///< Kaiwa made the session's id just now.
};

/// Finds the conversation that `asked` names, or makes a new one.
asio::awaitable<Result<Conversation>> find_conversation(Services const& services,
                                                        DialectCaller caller, Asked const& asked);

/// The same owner and thread for somebody who asks for the rest of an answer. Fails with `not_found`.
struct Continued {
    auth::Caller owner;
    chat::Generation generation;
};
asio::awaitable<Result<Continued>> find_continued(Services const& services, DialectCaller caller,
                                                  Continuation continuation);

/// `Conversation::history_id` of a session of `who` whose thread is `thread`.
[[nodiscard]] std::string history_id(Services const& services, Dialect dialect,
                                     auth::Principal const& who, std::string const& session_id,
                                     ThreadId thread);

/// The id of the question, which is what makes a repeat of `asked` the same question.
[[nodiscard]] MessageId question_id(Services const& services, Conversation const& conversation,
                                    Asked const& asked);

/// The thread that holds the role that `who` keeps.
[[nodiscard]] ThreadId role_thread(auth::Principal const& who);

}  // namespace kaiwa::api::compat
