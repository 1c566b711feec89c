#pragma once

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/spawn.hpp"
#include "server/command_line.hpp"
#include "server/settings.hpp"
#include "server/wire_aws.hpp"
#include "store/foreign/readers.hpp"

#include <istream>
#include <memory>
#include <optional>
#include <string>

namespace kaiwa::server {

/// The items of one table of another system's, one after the other.
class ForeignItems {
public:
    virtual ~ForeignItems() = default;
    /// Nothing at the end. Fails with `invalid_argument` for one that cannot be read (the next call
    /// gives the next one), and as DynamoDB does.
    virtual asio::awaitable<Result<std::optional<store::dynamodb::Item>>> next() = 0;
};

/// Objects that a table's items name; null where nobody said in which bucket they are.
class ForeignObjects {
public:
    virtual ~ForeignObjects() = default;
    /// The whole of one, at most 32 MiB. Fails with `invalid_argument` when it cannot be had, which
    /// the message tells, and as S3 does.
    virtual asio::awaitable<Result<std::string>> read(std::string key) = 0;
};

/// Those of `command.bucket`, in whichever region it is.
std::unique_ptr<ForeignObjects> open_foreign_objects(Import const& command,
                                                     Settings const& settings, AwsGround& aws);

/// Those of `command.file`, an item a line, or of the table, where the store's DynamoDB is.
/// Fails with `not_found` (no such file).
Result<std::unique_ptr<ForeignItems>> open_foreign_items(Import const& command,
                                                         Settings const& settings, AwsGround& aws,
                                                         Random& random, Log& log);

/// Items of a text, an item a line; `name` says which for people. An item of 400 KB is at most 3 MB
/// of JSON: a line over 16 MiB is passed over, with a failure of its own.
std::unique_ptr<ForeignItems> items_in(std::unique_ptr<std::istream> text, std::string name);

}  // namespace kaiwa::server
