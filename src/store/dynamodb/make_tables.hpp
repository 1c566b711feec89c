#pragma once

#include "base/log.hpp"
#include "store/dynamodb/store.hpp"

namespace kaiwa::store::dynamodb {

/// Passes calls on, and makes the tables when the first call finds that one is missing.
class TableMaker final : public Calls {
public:
    TableMaker(Calls& calls, std::string table, std::string user_table, Log& log)
        : calls_(calls),
          table_(std::move(table)),
          user_table_(std::move(user_table)),
          log_(log) {}

    asio::awaitable<aws::Outcome<json::value>> call(std::string operation, json::value body,
                                                    SteadyTime until) override;

private:
    asio::awaitable<aws::Outcome<json::value>> make(std::string name, json::object definition);
    asio::awaitable<aws::Outcome<json::value>> wait_until_active(std::string name);

    Calls& calls_;
    std::string table_;
    std::string user_table_;
    Log& log_;
};

/// CreateTable's body of the two tables.
[[nodiscard]] json::object chat_table_definition(std::string const& name);
[[nodiscard]] json::object user_table_definition(std::string const& name);

}  // namespace kaiwa::store::dynamodb
