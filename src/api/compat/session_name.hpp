#pragma once

#include "api/compat/asked.hpp"
#include "api/compat/conversation.hpp"
#include "api/compat/settings.hpp"
#include "http/message.hpp"

namespace kaiwa::api::compat {

/// What S1 and S4 fall back to when the client names no session: the cookie that S1 gave, and S4's
/// own name.
void choose_session(Asked& asked, Settings const& settings, http::Request const& request);

/// Tells the client the name of its session: in a header, and S1's browsers in the cookie that
/// `choose_session()` reads.
void tell_session(Conversation const& conversation, Dialect dialect, http::Request const& request,
                  http::Headers& headers);

}  // namespace kaiwa::api::compat
