#pragma once

#include "auth/token_verifier.hpp"
#include "chat/turn_service.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::api::compat {

/// The JSON shapes of systems that Kaiwa takes the place of; docs/dialects.md describes each.
enum class Dialect { lambda_url, simplechat, gptgram, private_rag };
inline constexpr std::size_t dialect_count = 4;
inline constexpr std::array<Dialect, dialect_count> all_dialects{
    Dialect::lambda_url, Dialect::simplechat, Dialect::gptgram, Dialect::private_rag};

/// "lambda-url", as the configuration has it.
[[nodiscard]] std::string_view to_string(Dialect dialect);
[[nodiscard]] std::optional<Dialect> parse_dialect(std::string_view name);

/// How whoever calls a dialect proves who they are.
enum class PrincipalKind {
    api_key,    ///< A key of Kaiwa's.
    issuer,     ///< A token of the configured issuer.
    iam,        ///< A call that AWS verified before it reached us.
    anonymous,  ///< Nobody does.
};
[[nodiscard]] std::optional<PrincipalKind> parse_principal_kind(std::string_view name);

struct DialectSettings {
    bool enabled = false;  ///< Read at the start; the rest may change while running.
    PrincipalKind principal = PrincipalKind::api_key;
    auth::TokenRules tokens;  ///< For `PrincipalKind::issuer`.
    /// Model, parameters and instructions of its turns; what is unset is the server's.
    chat::SettingsChange turn;
};

/// What callers that prove nothing may do, all of them together unless said otherwise.
struct AnonymousLimits {
    std::size_t turns_at_once = 16;
    std::size_t requests_per_minute = 30;  ///< Of one address (IPv6: one /64).
    std::size_t max_message_bytes = 16 * 1024;
    /// A session that nobody used for so long is over; zero: never.
    std::chrono::days session_days{90};
};

struct Settings {
    std::array<DialectSettings, dialect_count> dialects;
    std::string stage = "prod";  ///< First segment of a path that a gateway adds; empty: none.
    /// An answer that takes longer is answered 202, before a gateway gives up (29 s).
    std::chrono::milliseconds answer_within{25'000};
    AnonymousLimits anonymous;

    [[nodiscard]] DialectSettings const& of(Dialect dialect) const {
        return dialects[static_cast<std::size_t>(dialect)];
    }
    [[nodiscard]] DialectSettings& of(Dialect dialect) {
        return dialects[static_cast<std::size_t>(dialect)];
    }
    [[nodiscard]] bool has(Dialect dialect) const { return of(dialect).enabled; }
};

/// Nothing is enabled; parameters and instructions are those of the systems themselves.
[[nodiscard]] Settings default_settings();

}  // namespace kaiwa::api::compat
