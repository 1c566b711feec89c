#pragma once

#include "store/dynamodb/engine.hpp"
#include "store/dynamodb/keys.hpp"

#include <string>

namespace kaiwa::store::dynamodb {

/// Shows in the table that a server is at work, to programs that need the table to themselves.
class Presence {
public:
    explicit Presence(Engine engine) : engine_(engine), name_(engine.random.token(9)) {}

    /// Until the task is stopped: said anew every minute, believed for six.
    asio::awaitable<void> keep_shown();

private:
    asio::awaitable<Result<void>> show();
    [[nodiscard]] Key key() const {
        return {std::string(servers_partition), "SERVER#" + name_};
    }

    Engine engine_;
    std::string name_;  // of this server
};

}  // namespace kaiwa::store::dynamodb
