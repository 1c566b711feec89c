#pragma once

#include "auth/user_store.hpp"
#include "aws/service_client.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "chat/chat_store.hpp"
#include "chat/thread_archive.hpp"
#include "llm/catalogue.hpp"
#include "store/dynamodb/elements.hpp"
#include "store/dynamodb/strangers.hpp"
#include "store/dynamodb/table.hpp"

#include <memory>
#include <optional>
#include <string>

namespace kaiwa::store::dynamodb {

/// Missing tables: made with the keys, index and expiry that docs/storage.md shows, or left to
/// whoever runs the place.
enum class MissingTables { refuse, make };

struct Options {
    std::string table = "ChainlitData";
    std::string user_table = "UserAuth";
    MissingTables missing = MissingTables::refuse;
    /// Whether a SHA-256 that another program still reads stays beside ours at the first sign-in.
    enum class OldHashes { replace, keep } old_hashes = OldHashes::replace;
    Calls& calls;
    Clock const& clock;
    Random& random;
    Log& log;
    Sealer sealer;  ///< For providers' keys and for cursors.
    /// Begins the key of every file's object, where files lie in a bucket: Chainlit finds them there.
    std::optional<std::string> object_prefix{};
    Elements elements = Elements::reachable;
    Strangers strangers = Strangers::adopt;
};

/// Everything that Kaiwa keeps but files' bytes, in two tables of DynamoDB: one in the layout of
/// Chainlit's data layer, which goes on reading what is its own, and `UserAuth`. Any number of
/// processes may work on them at the same time.
///
/// Outlives every task that uses one of its ports.
class DynamoStore {
public:
    virtual ~DynamoStore() = default;

    virtual chat::ChatStore& chats() = 0;
    virtual auth::UserStore& users() = 0;
    virtual llm::ProviderStore& providers() = 0;
    virtual chat::MessageSearch& search() = 0;
    virtual chat::ThreadArchive& archive() = 0;

    /// Shows in the table that a server is at work, until the task is stopped; then no more.
    virtual asio::awaitable<void> keep_shown() = 0;
    /// As store::sqlite::SqliteStore has it; every process may run it.
    virtual asio::awaitable<void> keep_clean(chat::BlobStore& blobs) = 0;
    /// Begins nothing more from `until` on.
    virtual asio::awaitable<Result<std::size_t>> clean_once(
        chat::BlobStore& blobs, SteadyTime until = SteadyTime::max()) = 0;

    /// What both tables cost since the store was opened.
    struct Counts {
        std::uint64_t calls = 0;
        std::uint64_t retries = 0;
        double read_units = 0;
        double write_units = 0;
    };
    [[nodiscard]] virtual Counts counts() const = 0;
};

/// Opens the store; no network: a table that is not there shows at the first use.
std::unique_ptr<DynamoStore> open(Options options);

/// It answers in milliseconds: what is silent for seconds is a connection that somebody in between
/// forgot, and the next try takes another one.
[[nodiscard]] http::Deadlines dynamodb_deadlines();

/// Calls through the signed client.
class ServiceCalls final : public Calls {
public:
    explicit ServiceCalls(aws::ServiceClient& client,
                          http::Deadlines deadlines = dynamodb_deadlines())
        : client_(client), deadlines_(deadlines) {}
    asio::awaitable<aws::Outcome<json::value>> call(std::string operation, json::value body,
                                                    SteadyTime until) override;

private:
    aws::ServiceClient& client_;
    http::Deadlines const deadlines_;
};

/// How soon DynamoDB is asked again, and for how long: until `Table::patience` is over.
[[nodiscard]] aws::RetryPolicy dynamodb_retries();

}  // namespace kaiwa::store::dynamodb
