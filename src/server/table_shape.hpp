#pragma once

#include "base/json.hpp"

#include <string>
#include <string_view>

namespace kaiwa::server {

/// The keys by which Kaiwa uses a table of DynamoDB; each is text.
struct TableShape {
    std::string_view hash;
    std::string_view range{};  ///< Empty: it has none.
    /// A global secondary index that it needs; without a name: none.
    struct Index {
        std::string_view name;
        std::string_view hash;
        std::string_view range;
    } index{};
};

constexpr TableShape chat_table_shape{"PK", "SK", {"UserThread", "UserThreadPK", "UserThreadSK"}};
constexpr TableShape user_table_shape{"username"};
constexpr TableShape history_table_shape{"SessionId"};
constexpr TableShape role_table_shape{"UserID"};

/// Why a table cannot be used so, by the answer of DescribeTable; empty: it can.
[[nodiscard]] std::string misfit(json::value const& description, TableShape const& shape);

}  // namespace kaiwa::server
