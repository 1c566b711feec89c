#pragma once

#include "api/compat/caller.hpp"
#include "api/compat/shape.hpp"

#include <optional>
#include <string>

namespace kaiwa::api::compat {

/// Keeps, reads or forgets the caller's role, as GPTGRAM's own function does: in its table where
/// there is one, else with `keep_role()`. 400 with `error` where there is nobody to keep it for.
asio::awaitable<Result<Reply>> act_on_role(Services const& services, DialectCaller caller,
                                           RoleAction action);

/// The role that `who` keeps, as the instructions of an archived thread.
asio::awaitable<Result<std::optional<std::string>>> kept_role(chat::ChatStore& chats,
                                                              auth::Principal who);
/// Nothing: forgets it.
asio::awaitable<Result<void>> keep_role(chat::ChatStore& chats, auth::Principal who,
                                        std::optional<std::string> role);

}  // namespace kaiwa::api::compat
