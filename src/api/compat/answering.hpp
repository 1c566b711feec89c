#pragma once

#include "api/compat/conversation.hpp"
#include "api/compat/shape.hpp"
#include "base/wait.hpp"

#include <string>

namespace kaiwa::api::compat {

/// A turn that a request of a dialect began, or goes on following.
struct Begun {
    Conversation conversation;  ///< Without a thread for the rest of an answer.
    GenerationId generation;
    ThreadId thread;
    MessageId reply;
    bool is_new = false;  ///< This request began it; false: it was found.
};

/// Stores the question and starts its turn at `place`; or finds the one whose rest is asked for.
/// Fails as `find_conversation()` and `TurnService::ask()` do, and with `rate_limited` or
/// `too_large` for what an anonymous caller may not.
asio::awaitable<Result<Begun>> begin(Services const& services, Settings const& settings,
                                     DialectCaller caller, Asked const& asked,
                                     chat::RunPlace place);

/// Waits until the answer is whole, at most until `deadline`, and says it as the dialect does.
asio::awaitable<Result<Reply>> wait_for_reply(Services const& services, Begun const& begun,
                                              Asked const& asked, SteadyTime deadline);

/// Sees to it that an answer that was streamed gets into the table of histories, where there is
/// one: now, or as soon as it is whole.
asio::awaitable<void> see_remembered(Services const& services, Begun const& begun);
/// The same for one that was handed over and has ended here.
asio::awaitable<void> see_remembered(Services const& services, chat::Handover ran);

/// Deletes a conversation that nothing continues from.
asio::awaitable<void> forget(Services const& services, Begun const& begun);

}  // namespace kaiwa::api::compat
