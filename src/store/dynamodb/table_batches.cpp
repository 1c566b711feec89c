#include "store/dynamodb/table.hpp"
#include "store/dynamodb/table_answers.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {
namespace {

constexpr std::size_t keys_a_batch = 100;
constexpr std::size_t writes_a_batch = 25;
/// The service takes 16 MB; small answers come sooner and small requests are resent cheaper.
constexpr std::size_t bytes_a_batch = std::size_t{4} << 20;

}  // namespace

asio::awaitable<Result<std::vector<Item>>> Table::batch_get(std::vector<Key> keys) {
    std::ranges::sort(keys);
    auto const repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
    std::vector<Item> items;
    for (std::size_t at = 0; at < keys.size(); at += keys_a_batch) {
        json::array wanted;
        for (auto i = at; i < std::min(keys.size(), at + keys_a_batch); ++i)
            wanted.push_back(to_json(keys[i].item()));
        json::value asked = json::object{
            {name_, json::object{{"Keys", std::move(wanted)}, {"ConsistentRead", true}}}};
        Backoff backoff(random_);
        for (;;) {
            json::object request{{"RequestItems", asked}};
            auto answer = co_await send("BatchGetItem", std::move(request), backoff.until());
            if (!answer) co_return std::unexpected(error_of(answer.error()));
            auto const* object = answer->if_object();
            auto const* responses = object ? object->if_contains("Responses") : nullptr;
            auto const* of_table = responses && responses->is_object()
                                       ? responses->get_object().if_contains(name_)
                                       : nullptr;
            if (of_table && of_table->is_array()) {
                for (auto const& each : of_table->get_array()) {
                    auto item = item_from_json(each);
                    if (!item) co_return std::unexpected(item.error());
                    items.push_back(std::move(*item));
                }
            }
            auto const* left = object ? object->if_contains("UnprocessedKeys") : nullptr;
            if (!left || !left->is_object() || left->get_object().empty()) break;
            asked = *left;
            ++consumed_.retries;
            bool const goes_on = co_await backoff.pause();
            if (!goes_on)
                co_return fail(Errc::unavailable,
                               "DynamoDB left keys of a batch unread; it is busy", "throttled");
        }
    }
    co_return items;
}

asio::awaitable<Result<void>> Table::batch_put(std::vector<Item> items) {
    std::vector<json::value> requests;
    requests.reserve(items.size());
    for (auto const& item : items)
        requests.push_back(json::object{{"PutRequest", json::object{{"Item", to_json(item)}}}});
    co_return co_await batch_write(std::move(requests));
}

asio::awaitable<Result<void>> Table::batch_remove(std::vector<Key> keys) {
    std::ranges::sort(keys);
    auto const repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
    std::vector<json::value> requests;
    requests.reserve(keys.size());
    for (auto const& key : keys)
        requests.push_back(
            json::object{{"DeleteRequest", json::object{{"Key", to_json(key.item())}}}});
    co_return co_await batch_write(std::move(requests));
}

asio::awaitable<Result<void>> Table::batch_write(std::vector<json::value> requests) {
    std::size_t at = 0;
    while (at < requests.size()) {
        json::array batch;
        std::size_t bytes = 0;
        while (at < requests.size() && batch.size() < writes_a_batch) {
            auto const size = json::serialize(requests[at]).size();
            if (!batch.empty() && bytes + size > bytes_a_batch) break;
            bytes += size;
            batch.push_back(std::move(requests[at++]));
        }
        json::value asked = json::object{{name_, std::move(batch)}};
        Backoff backoff(random_);
        for (;;) {
            json::object request{{"RequestItems", asked}};
            auto answer = co_await send("BatchWriteItem", std::move(request), backoff.until());
            if (!answer) co_return std::unexpected(error_of(answer.error()));
            auto const* object = answer->if_object();
            auto const* left = object ? object->if_contains("UnprocessedItems") : nullptr;
            if (!left || !left->is_object() || left->get_object().empty()) break;
            asked = *left;
            ++consumed_.retries;
            bool const goes_on = co_await backoff.pause();
            if (!goes_on)
                co_return fail(Errc::unavailable,
                               "DynamoDB left writes of a batch undone; it is busy", "throttled");
        }
    }
    co_return Result<void>{};
}

}  // namespace kaiwa::store::dynamodb
