#pragma once

#include "aws/error.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/spawn.hpp"
#include "base/wait.hpp"
#include "store/dynamodb/expression.hpp"
#include "store/dynamodb/value.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::store::dynamodb {

/// Makes calls of the service; what is transient is tried again before a failure is returned.
class Calls {
public:
    virtual ~Calls() = default;
    /// `operation` as in "PutItem"; ends at `until`, tries and pauses included.
    virtual asio::awaitable<aws::Outcome<json::value>> call(std::string operation, json::value body,
                                                            SteadyTime until) = 0;
};

/// Both parts of a primary key, as Chainlit's table has them.
struct Key {
    std::string pk;
    std::string sk;

    [[nodiscard]] Item item() const { return {{"PK", pk}, {"SK", sk}}; }
    auto operator<=>(Key const&) const = default;
};

/// The items of one partition whose sort keys lie in a range.
struct Query {
    std::string pk;
    std::string prefix{};             ///< Of the sort key; empty: all.
    std::string above{};              ///< Only sort keys greater than this one.
    std::string at_most{};            ///< Only sort keys up to this one, without the other two.
    enum class Index { table, user_thread } index = Index::table;
    enum class Order { ascending, descending } order = Order::ascending;
    std::size_t limit = 0;            ///< Items a page; 0: as many as 1 MB holds.
    /// Attributes wanted, "a.b" for a member of a map; empty: all. They cost as much as all.
    std::vector<std::string> only{};
    std::optional<Item> from{};       ///< Where the page before ended.
};

struct QueryPage {
    std::vector<Item> items;
    std::optional<Item> next;
};

/// Items of a whole table, wherever they lie.
struct Scan {
    std::vector<std::string> sort_keys{};  ///< Only items with one of these; empty: all.
    std::string or_prefix{};               ///< With `sort_keys`: or with one that begins so.
    std::vector<std::string> only{};       ///< Attributes wanted; empty: all.
    std::optional<Item> from{};            ///< Where the page before ended.
};

/// What a conditional write came to.
struct Written {
    bool done = false;            ///< False: the condition did not hold and nothing changed.
    std::optional<Item> item{};   ///< Done: as it is now, when asked for. Else: what stands there.
};

/// One action of a transaction, made by the functions below.
struct Action {
    json::object body;
};

struct Transacted {
    bool done = false;
    /// Of actions whose condition did not hold: their places, and what stands there.
    std::vector<std::pair<std::size_t, std::optional<Item>>> refused;

    [[nodiscard]] bool refused_at(std::size_t place) const;
};

/// What the calls cost, as the service counts it.
struct Consumed {
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::uint64_t> read_units_x2{0};  ///< Halves: a read may cost half a unit.
    std::atomic<std::uint64_t> write_units{0};
};

/// One table: reads are strongly consistent (but of an index), writes conditional, batches whole.
/// What the service leaves undone (throttled parts of batches, conflicts between transactions) is
/// tried again with growing pauses. A call, a batch of at most 100 items and a transaction take at
/// most `patience` once there are credentials. Thread-safe.
///
/// Fails with `unavailable` (throttled, no connection, no such table, our credentials fail or may
/// not), `timed_out`, `cancelled` or `internal`; the log has AWS's words.
class Table {
public:
    /// Less than a lease: a runner whose save meets dead connections has time for another.
    static constexpr std::chrono::seconds patience{10};

    /// `when_absent` says in the log what to do about a table that is not there.
    Table(Calls& calls, std::string name, Random& random, Log& log,
          std::string when_absent =
              "it is not in DynamoDB, or has no index UserThread; make it, or set "
              "store.dynamodb.create_tables")
        : calls_(calls),
          name_(std::move(name)),
          random_(random),
          log_(log),
          when_absent_(std::move(when_absent)) {}

    [[nodiscard]] std::string const& name() const { return name_; }
    [[nodiscard]] Calls& calls() { return calls_; }
    [[nodiscard]] Consumed const& consumed() const { return consumed_; }

    asio::awaitable<Result<std::optional<Item>>> get(Item key);
    asio::awaitable<Result<std::optional<Item>>> get(Key key) { return get(key.item()); }
    asio::awaitable<Result<QueryPage>> query(Query query);
    /// All pages.
    asio::awaitable<Result<std::vector<Item>>> query_all(Query query);
    /// One page; may be empty and yet not the last.
    asio::awaitable<Result<QueryPage>> scan_page(Scan scan);
    /// Every item of the table, all pages.
    asio::awaitable<Result<std::vector<Item>>> scan();
    /// In any order; absent ones are left out.
    asio::awaitable<Result<std::vector<Item>>> batch_get(std::vector<Key> keys);

    asio::awaitable<Result<void>> put(Item item);
    /// `condition` is made of `aliases`; empty: none.
    asio::awaitable<Result<Written>> put_if(Item item, Aliases aliases, std::string condition);
    asio::awaitable<Result<Written>> update(Item key, Aliases aliases, std::string update,
                                            std::string condition);
    asio::awaitable<Result<void>> remove(Item key);
    asio::awaitable<Result<void>> remove(Key key) { return remove(key.item()); }
    asio::awaitable<Result<void>> batch_put(std::vector<Item> items);
    asio::awaitable<Result<void>> batch_remove(std::vector<Key> keys);

    /// All or none, at most 100 actions and 4 MB; the same outcome however often it must be sent.
    asio::awaitable<Result<Transacted>> transact(std::vector<Action> actions);

    /// For transactions; `table` is where the item is.
    [[nodiscard]] Action put_action(Item const& item, Aliases const& aliases = {},
                                    std::string const& condition = {}) const;
    [[nodiscard]] Action update_action(Item const& key, Aliases const& aliases,
                                       std::string const& update,
                                       std::string const& condition = {}) const;
    [[nodiscard]] Action remove_action(Item const& key, Aliases const& aliases = {},
                                       std::string const& condition = {}) const;
    [[nodiscard]] Action check_action(Item const& key, Aliases const& aliases,
                                      std::string const& condition) const;

private:
    asio::awaitable<aws::Outcome<json::value>> send(std::string operation, json::object body,
                                                    SteadyTime until);
    static SteadyTime patient_until() { return std::chrono::steady_clock::now() + patience; }
    /// As the house says it: an absent table says what to do, in the log.
    [[nodiscard]] Error error_of(aws::Failure const& failure) const;
    asio::awaitable<Result<void>> batch_write(std::vector<json::value> requests);
    void count(std::string_view operation, json::value const& answer);

    Calls& calls_;
    std::string name_;
    Random& random_;
    Log& log_;
    std::string when_absent_;
    Consumed consumed_;
};

/// Pauses that grow from 25 ms to 2 s, with full jitter, for as long as the table is patient.
class Backoff {
public:
    explicit Backoff(Random& random) : random_(random) {}
    /// Sleeps; false when the task was asked to stop meanwhile or the time is over.
    asio::awaitable<bool> pause();
    [[nodiscard]] SteadyTime until() const { return until_; }

private:
    Random& random_;
    SteadyTime const until_ = std::chrono::steady_clock::now() + Table::patience;
    std::chrono::milliseconds longest_{25};
};

}  // namespace kaiwa::store::dynamodb
