#pragma once

#include "server/config_sources.hpp"
#include "server/settings.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace kaiwa::server {

enum class KeyKind { text, secret, integer, boolean, duration, list, table };

enum class Taken { yes, wrong, not_built };

/// One key of the configuration: what it is called, what may stand there, where it goes.
struct Key {
    std::string path;  ///< "limits.turns_per_user"; its variable is KAIWA_LIMITS__TURNS_PER_USER.
    KeyKind kind;
    std::string initial;   ///< The value that holds when nobody gave one, as JSON.
    std::string_view expected;  ///< Completes "expected …".
    std::function<Taken(Settings&, boost::json::value const&)> take;
};

/// Every key but `providers`.
[[nodiscard]] std::span<Key const> config_keys();

/// A given value as the JSON type of `kind`; nothing when it is not one. A duration becomes
/// milliseconds.
[[nodiscard]] std::optional<boost::json::value> read_as(KeyKind kind, Given const& given);

}  // namespace kaiwa::server
