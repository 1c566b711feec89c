#pragma once

#include "base/spawn.hpp"
#include "kaiwa/error.hpp"

#include <optional>
#include <string>

namespace kaiwa::chat {

/// The roles that people gave a bot, as another program's table keeps them: one text for each
/// subject of the issuer that vouches for them. Thread-safe. Failures: `unavailable`; `internal`.
class RoleStore {
public:
    virtual ~RoleStore() = default;

    /// Nothing for somebody without one.
    virtual asio::awaitable<Result<std::optional<std::string>>> role(std::string subject) = 0;
    virtual asio::awaitable<Result<void>> put_role(std::string subject, std::string role) = 0;
    /// Also succeeds when there is none.
    virtual asio::awaitable<Result<void>> remove_role(std::string subject) = 0;
};

}  // namespace kaiwa::chat
