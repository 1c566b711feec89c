#pragma once

#include "aws/service_client.hpp"
#include "http/client.hpp"
#include "store/dynamodb/store.hpp"
#include "store/files/directory_blobs.hpp"
#include "tests/conformance/harness.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>

namespace kaiwa::store::dynamodb {

/// The service under test: DynamoDB Local, or something in front of it, where
/// KAIWA_TEST_DYNAMODB says (tests/support/dynamodb_local/run.py sets it).
inline std::string test_endpoint() {
    auto const* url = std::getenv("KAIWA_TEST_DYNAMODB");
    if (!url) throw std::runtime_error("KAIWA_TEST_DYNAMODB is not set; run this with run.py");
    return url;
}

/// Passes calls on but those that meet a fault.
class FaultyCalls final : public Calls {
public:
    explicit FaultyCalls(Calls& calls) : calls_(calls) {}
    asio::awaitable<aws::Outcome<json::value>> call(std::string operation, json::value body,
                                                    SteadyTime until) override {
        if (fault) {
            if (auto failure = fault(operation)) co_return std::unexpected(std::move(*failure));
        }
        if (meanwhile && operation == meanwhile_before) {
            auto const act = std::exchange(meanwhile, {});
            co_await act();
        }
        if (operation == hold_next) {
            hold_next.clear();
            held_ = std::pair(std::move(operation), std::move(body));
            aws::Failure failure;
            failure.kind = aws::Failure::Kind::timed_out;
            failure.message = "held";
            co_return std::unexpected(std::move(failure));
        }
        if (operation == "TransactWriteItems")
            largest_transaction = std::max(largest_transaction, json::serialize(body).size());
        bool const reads_list = operation == "Query" && body.as_object().contains("IndexName");
        lists_read += reads_list;
        auto const list =
            reads_list && late_answers > 0 ? json::serialize(body) : std::string();
        if (auto const known = lists_.find(list); known != lists_.end() && known->second.left > 0) {
            --known->second.left;
            co_return known->second.answer;
        }
        // A machine that is busy with its tests is no outage.
        until += std::chrono::minutes(1);
        auto answer = co_await calls_.call(std::move(operation), std::move(body), until);
        if (answer) answer_bytes += json::serialize(*answer).size();
        if (answer) count_batch_items(*answer);
        if (answer && !list.empty()) lists_.try_emplace(list, Late{*answer, late_answers});
        co_return answer;
    }

    /// Asked before each call; what it returns is the call's failure.
    std::function<std::optional<aws::Failure>(std::string_view operation)> fault;
    std::size_t answer_bytes = 0;  ///< Of all answers together.
    std::size_t batch_items = 0;   ///< Items that BatchGetItem answered, in however many parts.
    std::size_t largest_transaction = 0;  ///< The most bytes that one was.
    /// What somebody else does right before the next call of `meanwhile_before`; once.
    std::function<asio::awaitable<void>()> meanwhile;
    std::string meanwhile_before = "TransactWriteItems";
    /// How often a list of the index is answered again as it was: it is late.
    int late_answers = 0;
    int lists_read = 0;
    /// The next call of this operation times out, and is carried out by `deliver()`.
    std::string hold_next;
    asio::awaitable<void> deliver() {
        auto [operation, body] = std::exchange(held_, {});
        auto const until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        auto const answer = co_await calls_.call(std::move(operation), std::move(body), until);
        EXPECT_TRUE(answer);
    }

private:
    void count_batch_items(json::value const& answer) {
        auto const* tables = answer.as_object().if_contains("Responses");
        if (!tables || !tables->is_object()) return;
        for (auto const& [table, items] : tables->as_object()) batch_items += items.as_array().size();
    }

    struct Late {
        json::value answer;
        int left = 0;
    };
    std::map<std::string, Late> lists_;  // by what was asked
    std::pair<std::string, json::value> held_;
    Calls& calls_;
};

/// Tables of its own, made at the first use.
class DynamoHarness final : public conformance::Harness {
public:
    DynamoHarness()
        : client_(gate_, options(), log_),
          service_(make_service()),
          signed_(service_, aws::json_deadlines()),
          calls_(signed_) {
        auto const endpoint = test_endpoint();
        auto const url = boost::urls::parse_uri(endpoint).value();
        gate_.set_hosts({{std::string(url.host()), url.port_number()}});
        auto const name = random.token(9);
        table_ = "chat-" + name;
        user_table_ = "users-" + name;
        std::string folder =
            (std::filesystem::temp_directory_path() / "kaiwa-store-XXXXXX").string();
        if (!::mkdtemp(folder.data())) throw std::runtime_error("cannot make a temporary folder");
        folder_ = folder;
        reopen();
    }
    ~DynamoHarness() override {
        blobs_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    chat::ChatStore& chats() override { return store_->chats(); }
    auth::UserStore& users() override { return store_->users(); }
    llm::ProviderStore& providers() override { return store_->providers(); }
    chat::MessageSearch& search() override { return store_->search(); }
    chat::ThreadArchive& archive() override { return store_->archive(); }
    chat::BlobStore& blobs() override { return *blobs_; }
    asio::awaitable<Result<std::size_t>> clean_once() override {
        return store_->clean_once(*blobs_);
    }
    void reopen() override {
        store_.reset();
        blobs_.reset();
        blobs_ = files::open({.dir = folder_}).value();
        store_ = open({.table = table_,
                       .user_table = user_table_,
                       .missing = MissingTables::make,
                       .calls = calls_,
                       .clock = clock,
                       .random = random,
                       .log = log_,
                       .sealer = Sealer(sha256("a test's key")),
                       .object_prefix = "files/"});
    }

    [[nodiscard]] DynamoStore& store() { return *store_; }
    [[nodiscard]] FaultyCalls& calls() { return calls_; }
    [[nodiscard]] std::string const& table_name() const { return table_; }
    [[nodiscard]] std::string const& user_table_name() const { return user_table_; }

private:
    static http::ClientOptions options() {
        http::ClientOptions out;
        out.max_idle_per_origin = 0;  // each case has a loop of its own
        return out;
    }
    aws::ServiceClient make_service() {
        return {client_, credentials_, system_clock_, random,
                aws::Endpoint{"dynamodb", "us-east-1", test_endpoint()}, dynamodb_retries()};
    }

    NullLog log_;
    SystemClock system_clock_;
    http::ConfiguredHostsGate gate_;
    http::Client client_;
    aws::StaticCredentials credentials_{
        aws::Credentials{"kaiwatest", Secret("secret"), {}, {}, {}, "test"}};
    aws::ServiceClient service_;
    ServiceCalls signed_;
    FaultyCalls calls_;
    std::filesystem::path folder_;
    std::string table_;
    std::string user_table_;
    std::unique_ptr<DynamoStore> store_;
    std::unique_ptr<chat::BlobStore> blobs_;
};

inline conformance::Backend dynamodb_backend() {
    return {"dynamodb", [] { return std::make_unique<DynamoHarness>(); }};
}

}  // namespace kaiwa::store::dynamodb
