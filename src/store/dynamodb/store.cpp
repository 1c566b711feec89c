#include "store/dynamodb/store.hpp"

#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/cleaner.hpp"
#include "store/dynamodb/make_tables.hpp"
#include "store/dynamodb/presence.hpp"
#include "store/dynamodb/provider_store.hpp"
#include "store/dynamodb/search.hpp"
#include "store/dynamodb/thread_archive.hpp"
#include "store/dynamodb/user_store.hpp"

namespace kaiwa::store::dynamodb {
namespace {

class Store final : public DynamoStore {
public:
    explicit Store(Options options)
        : sealer_(options.sealer),
          cursors_(options.sealer, options.random),
          object_prefix_(std::move(options.object_prefix)),
          maker_(options.calls, options.table, options.user_table, options.log),
          table_(options.missing == MissingTables::make ? maker_ : options.calls, options.table,
                 options.random, options.log),
          user_table_(options.missing == MissingTables::make ? maker_ : options.calls,
                      options.user_table, options.random, options.log),
          engine_{table_,
                  user_table_,
                  cursors_,
                  sealer_,
                  options.clock,
                  options.random,
                  options.log,
                  object_prefix_,
                  options.old_hashes == Options::OldHashes::keep ? Engine::OldHashes::keep
                                                                 : Engine::OldHashes::replace,
                  options.elements,
                  options.strangers},
          chats_(engine_),
          users_(engine_, chats_),
          providers_(engine_),
          search_(engine_),
          archive_(engine_),
          presence_(engine_),
          cleaner_(engine_) {}

    chat::ChatStore& chats() override { return chats_; }
    auth::UserStore& users() override { return users_; }
    llm::ProviderStore& providers() override { return providers_; }
    chat::MessageSearch& search() override { return search_; }
    chat::ThreadArchive& archive() override { return archive_; }

    asio::awaitable<void> keep_shown() override { return presence_.keep_shown(); }
    asio::awaitable<void> keep_clean(chat::BlobStore& blobs) override {
        return cleaner_.keep_clean(blobs);
    }
    asio::awaitable<Result<std::size_t>> clean_once(chat::BlobStore& blobs,
                                                    SteadyTime until) override {
        return cleaner_.clean_once(blobs, until);
    }

    [[nodiscard]] Counts counts() const override {
        Counts counts;
        for (auto const* table : {&table_, &user_table_}) {
            auto const& consumed = table->consumed();
            counts.calls += consumed.calls;
            counts.retries += consumed.retries;
            counts.read_units += static_cast<double>(consumed.read_units_x2) / 2;
            counts.write_units += static_cast<double>(consumed.write_units);
        }
        return counts;
    }

private:
    Sealer sealer_;
    Cursors cursors_;
    std::optional<std::string> object_prefix_;
    TableMaker maker_;
    Table table_;
    Table user_table_;
    Engine engine_;
    DynamoChatStore chats_;
    DynamoUserStore users_;
    DynamoProviderStore providers_;
    DynamoSearch search_;
    DynamoThreadArchive archive_;
    Presence presence_;
    Cleaner cleaner_;
};

}  // namespace

std::unique_ptr<DynamoStore> open(Options options) {
    return std::make_unique<Store>(std::move(options));
}

asio::awaitable<aws::Outcome<json::value>> ServiceCalls::call(std::string operation,
                                                              json::value body, SteadyTime until) {
    // Every write of this store has the same outcome when it arrives twice: it carries a token, a
    // condition that the first one made false in a way that is recognised, or the same values.
    auto deadlines = deadlines_;
    auto const left =
        std::chrono::floor<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    deadlines.total = std::max(left, std::chrono::milliseconds(1));
    return client_.call_json("1.0", "DynamoDB_20120810." + operation, std::move(body), deadlines);
}

http::Deadlines dynamodb_deadlines() {
    http::Deadlines deadlines;
    deadlines.connect = std::chrono::seconds(2);
    deadlines.first_byte = std::chrono::seconds(4);
    deadlines.idle = std::chrono::seconds(4);
    deadlines.total = Table::patience;
    return deadlines;
}

aws::RetryPolicy dynamodb_retries() {
    aws::RetryPolicy retry;
    retry.attempts = 20;  // the time ends it, or the budget that all calls share
    retry.base = std::chrono::milliseconds(25);
    retry.throttle_base = std::chrono::milliseconds(100);
    retry.longest_pause = std::chrono::milliseconds(2'000);
    return retry;
}

}  // namespace kaiwa::store::dynamodb
