#pragma once

#include "api/compat/caller.hpp"
#include "http/router.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::api::compat {

/// Adds the routes of the enabled dialects, which take any Host, and their way to answer failures.
/// Call it after `api::add_routes()`; without a dialect it changes nothing. `GET /` stays the
/// router's fallback but for a question of S1.
void add_routes(http::Router& router, Services services);

/// The path of a dialect that `path` stands for: repeated slashes fold, and the gateway's `stage`
/// is dropped from its front. Unset when it stands for none.
[[nodiscard]] std::optional<std::string> dialect_path(std::string_view path, std::string_view stage);

}  // namespace kaiwa::api::compat
