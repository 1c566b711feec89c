#pragma once

#include "aws/error.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "base/spawn.hpp"

#include <optional>
#include <string>

namespace kaiwa::aws {

/// What a request is authorised with: a key that signs, or a bearer token, or (neither) nothing.
struct Credentials {
    std::string access_key_id;  ///< Empty: requests are sent unsigned.
    Secret secret_access_key;
    Secret session_token;                ///< Empty: none.
    Secret bearer_token;                 ///< Not empty: sent instead of a signature (Bedrock keys).
    std::optional<Timestamp> expires_at; ///< Unset: never.
    std::string source;                  ///< For people: "environment", "profile dev", …
};

/// Where credentials come from. Thread-safe; asks again ahead of expiry, one question at a time.
class CredentialProvider {
public:
    virtual ~CredentialProvider() = default;
    /// Fails with kind `credentials`: what was configured and why it failed.
    virtual asio::awaitable<Outcome<Credentials>> credentials() = 0;
    /// The service refused what was given (expired): the next call asks the source again.
    virtual void invalidate() = 0;
};

/// Gives what it was made with: keys from a configuration, a bearer token, or none at all.
class StaticCredentials final : public CredentialProvider {
public:
    /// Without credentials: requests are sent unsigned.
    StaticCredentials() = default;
    explicit StaticCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
    asio::awaitable<Outcome<Credentials>> credentials() override { co_return credentials_; }
    void invalidate() override {}

private:
    Credentials credentials_;
};

}  // namespace kaiwa::aws
