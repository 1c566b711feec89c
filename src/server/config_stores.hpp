#pragma once

#include "server/config_keys.hpp"

#include <vector>

namespace kaiwa::server {

/// Whether DynamoDB may have a table of this name.
[[nodiscard]] bool is_table_name(std::string_view name);

/// The keys of `[store]` and `[files]`: where things are kept.
[[nodiscard]] std::vector<Key> store_keys();

/// What cannot be judged key by key. `source_of` says where a key was given.
/// Fails with `invalid_argument`, naming the key.
[[nodiscard]] Result<void> check_stores(
    Settings const& settings, std::function<std::string(std::string_view path)> const& source_of);

}  // namespace kaiwa::server
