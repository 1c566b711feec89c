#pragma once

#include "base/random.hpp"
#include "chat/role_store.hpp"
#include "store/dynamodb/table.hpp"

#include <string>

namespace kaiwa::store::gptgram {

/// GPTGRAM's table of roles: hash key `UserID` (the subject of the person's token), attribute
/// `Role`. What else an item has stays as it is.
class UserRoles final : public chat::RoleStore {
public:
    UserRoles(dynamodb::Calls& calls, std::string table, Random& random, Log& log)
        : table_(calls, std::move(table), random, log,
                 "it is not in DynamoDB; make it with the hash key UserID (text), or set "
                 "compat.gptgram.roles_table") {}

    asio::awaitable<Result<std::optional<std::string>>> role(std::string subject) override;
    asio::awaitable<Result<void>> put_role(std::string subject, std::string role) override;
    asio::awaitable<Result<void>> remove_role(std::string subject) override;

private:
    dynamodb::Table table_;
};

}  // namespace kaiwa::store::gptgram
