#pragma once

#include "aws/error.hpp"
#include "store/dynamodb/table.hpp"

#include <optional>
#include <string_view>

/// Reading what DynamoDB answers to a table's calls.
namespace kaiwa::store::dynamodb {

[[nodiscard]] Error unreadable(std::string_view operation);

/// The JSON of a refusal; empty where it has none.
[[nodiscard]] json::object parse_body(aws::Failure const& failure);

/// What stands under the key of a refused write.
[[nodiscard]] std::optional<Item> item_in(json::value const& holder);

[[nodiscard]] Result<QueryPage> read_page(json::value const& answer, std::string_view operation);

}  // namespace kaiwa::store::dynamodb
