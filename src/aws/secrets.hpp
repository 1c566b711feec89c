#pragma once

#include "aws/session.hpp"
#include "base/secret.hpp"

#include <string>
#include <string_view>

namespace kaiwa::aws {

/// Where AWS keeps a secret: `secret:aws-secret:NAME`, `secret:aws-secret:NAME#field` (Secrets
/// Manager, a name or an ARN; one text member of a JSON) or `secret:aws-ssm:NAME` (a parameter).
struct SecretReference {
    enum class Keeper { secrets_manager, parameter_store };
    Keeper keeper = Keeper::secrets_manager;
    std::string name;
    std::string field;  ///< Empty: the whole text.

    bool operator==(SecretReference const&) const = default;
};

/// Whether `text` says that AWS keeps the secret.
[[nodiscard]] bool is_secret_reference(std::string_view text);

/// Fails with `invalid_argument`.
[[nodiscard]] Result<SecretReference> parse_secret_reference(std::string_view text);

/// Asks for the secret. The region of an ARN wins over the session's.
/// Fails as the service does; with `unreadable` when it has no such field. No failure has the value.
asio::awaitable<Outcome<Secret>> fetch_secret(Session& session, SecretReference reference);

}  // namespace kaiwa::aws
