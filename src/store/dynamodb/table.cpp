#include "store/dynamodb/table.hpp"

#include "aws/service_client.hpp"
#include "base/wait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

namespace kaiwa::store::dynamodb {
namespace {

constexpr std::size_t keys_a_batch = 100;
constexpr std::size_t writes_a_batch = 25;
/// The service takes 16 MB; small answers come sooner and small requests are resent cheaper.
constexpr std::size_t bytes_a_batch = std::size_t{4} << 20;

Error unreadable(std::string_view operation) {
    return {Errc::unavailable, fmt::format("DynamoDB's answer to {} cannot be read", operation), {}};
}

/// What stands under the key of a refused write.
std::optional<Item> item_in(json::value const& holder) {
    auto const* object = holder.if_object();
    auto const* found = object ? object->if_contains("Item") : nullptr;
    if (!found || !found->is_object() || found->get_object().empty()) return std::nullopt;
    auto item = item_from_json(*found);
    return item ? std::optional(std::move(*item)) : std::nullopt;
}

json::object parse_body(aws::Failure const& failure) {
    auto parsed = aws::parse_answer(failure.body);
    return parsed && parsed->is_object() ? parsed->get_object() : json::object();
}

struct Cancellation {
    bool refused = false;    ///< A condition did not hold.
    bool transient = false;  ///< Nothing but conflicts and throttling.
    Transacted transacted;
};

Cancellation read_cancellation(aws::Failure const& failure) {
    Cancellation out;
    auto const body = parse_body(failure);
    auto const* reasons = body.if_contains("CancellationReasons");
    if (!reasons || !reasons->is_array()) return out;
    out.transient = true;
    std::size_t place = 0;
    for (auto const& reason : reasons->get_array()) {
        auto const* object = reason.if_object();
        auto const* code = object ? object->if_contains("Code") : nullptr;
        std::string_view const name = code && code->is_string() ? std::string_view(code->get_string())
                                                                : std::string_view("None");
        if (name == "ConditionalCheckFailed") {
            out.refused = true;
            out.transacted.refused.emplace_back(place, item_in(reason));
        } else if (name != "None" && name != "TransactionConflict" && name != "ThrottlingError" &&
                   name != "ProvisionedThroughputExceeded") {
            out.transient = false;
        }
        ++place;
    }
    return out;
}

json::object key_json(Item const& key) {
    return to_json(key);
}

Result<QueryPage> read_page(json::value const& answer, std::string_view operation) {
    auto const* object = answer.if_object();
    auto const* items = object ? object->if_contains("Items") : nullptr;
    if (!items || !items->is_array()) return std::unexpected(unreadable(operation));
    QueryPage page;
    for (auto const& each : items->get_array()) {
        auto item = item_from_json(each);
        if (!item) return std::unexpected(item.error());
        page.items.push_back(std::move(*item));
    }
    if (auto const* last = object->if_contains("LastEvaluatedKey")) {
        auto key = item_from_json(*last);
        if (!key) return std::unexpected(key.error());
        page.next = std::move(*key);
    }
    return page;
}

}  // namespace

bool Transacted::refused_at(std::size_t place) const {
    return std::ranges::any_of(refused, [&](auto const& each) { return each.first == place; });
}

Error Table::error_of(aws::Failure const& failure) const {
    if (failure.code != "ResourceNotFoundException")
        return aws::to_outage(failure, "DynamoDB", log_);
    log_.error("no_table", {{"table", name_}, {"error", when_absent_}});
    return {Errc::unavailable, "a table is not in DynamoDB; the server's log names it", "no_table"};
}

asio::awaitable<bool> Backoff::pause() {
    if (std::chrono::steady_clock::now() >= until_) co_return false;
    auto const time = std::chrono::duration<double, std::milli>(
        random_.fraction() * static_cast<double>(longest_.count()) + 1);
    longest_ = std::min(longest_ * 2, std::chrono::milliseconds(2'000));
    co_return co_await sleep_for(std::chrono::ceil<std::chrono::milliseconds>(time));
}

void Table::count(std::string_view operation, json::value const& answer) {
    auto const* object = answer.if_object();
    auto const* consumed = object ? object->if_contains("ConsumedCapacity") : nullptr;
    if (!consumed) return;
    bool const reads =
        operation == "Query" || operation == "Scan" || operation.contains("GetItem");
    auto const add = [&](json::value const& one) {
        auto const* each = one.if_object();
        auto const* value = each ? each->if_contains("CapacityUnits") : nullptr;
        if (!value || !value->is_number()) return;
        auto const units = value->to_number<double>();
        if (reads) consumed_.read_units_x2 += static_cast<std::uint64_t>(std::llround(units * 2));
        else consumed_.write_units += static_cast<std::uint64_t>(std::llround(units));
    };
    if (auto const* list = consumed->if_array()) std::ranges::for_each(*list, add);
    else add(*consumed);
}

asio::awaitable<aws::Outcome<json::value>> Table::send(std::string operation, json::object body,
                                                       SteadyTime until) {
    ++consumed_.calls;
    body["ReturnConsumedCapacity"] = "TOTAL";
    auto answer = co_await calls_.call(operation, std::move(body), until);
    if (answer) count(operation, *answer);
    co_return answer;
}

asio::awaitable<Result<std::optional<Item>>> Table::get(Item key) {
    json::object request{
        {"TableName", name_}, {"Key", key_json(key)}, {"ConsistentRead", true}};
    auto answer = co_await send("GetItem", std::move(request), patient_until());
    if (!answer) co_return std::unexpected(error_of(answer.error()));
    auto const* object = answer->if_object();
    if (!object) co_return std::unexpected(unreadable("GetItem"));
    auto const* found = object->if_contains("Item");
    if (!found) co_return std::optional<Item>();
    auto item = item_from_json(*found);
    if (!item) co_return std::unexpected(item.error());
    co_return std::optional<Item>(std::move(*item));
}

asio::awaitable<Result<QueryPage>> Table::query(Query query) {
    bool const by_user = query.index == Query::Index::user_thread;
    Aliases aliases;
    auto condition = aliases.name(by_user ? "UserThreadPK" : "PK") + " = " + aliases.value(query.pk);
    auto const* sort = by_user ? "UserThreadSK" : "SK";
    if (!query.above.empty() && !query.prefix.empty()) {
        // One condition a sort key: everything above, up to the end of what the prefix begins.
        auto const alias = aliases.name(sort);
        auto const low = aliases.value(query.above + '\x01');
        condition += fmt::format(" AND {} BETWEEN {} AND {}", alias, low,
                                 aliases.value(query.prefix + "\xF4\x8F\xBF\xBF"));
    } else if (!query.prefix.empty()) {
        auto const alias = aliases.name(sort);
        condition += fmt::format(" AND begins_with({}, {})", alias, aliases.value(query.prefix));
    } else if (!query.at_most.empty()) {
        auto const alias = aliases.name(sort);
        condition += fmt::format(" AND {} <= {}", alias, aliases.value(query.at_most));
    } else if (!query.above.empty()) {
        auto const alias = aliases.name(sort);
        condition += fmt::format(" AND {} > {}", alias, aliases.value(query.above));
    }
    json::object request{{"TableName", name_},
                         {"KeyConditionExpression", condition},
                         {"ScanIndexForward", query.order == Query::Order::ascending}};
    if (by_user) request["IndexName"] = "UserThread";
    else request["ConsistentRead"] = true;
    if (query.limit > 0) request["Limit"] = query.limit;
    if (!query.only.empty()) {
        std::string wanted;
        for (auto const& attribute : query.only) {
            if (!wanted.empty()) wanted += ", ";
            for (auto const part : std::views::split(attribute, '.')) {
                if (!wanted.empty() && !wanted.ends_with(' ')) wanted += '.';
                wanted += aliases.name(std::string_view(part));
            }
        }
        request["ProjectionExpression"] = wanted;
    }
    if (query.from) request["ExclusiveStartKey"] = key_json(*query.from);
    aliases.add_to(request);

    auto answer = co_await send("Query", std::move(request), patient_until());
    if (!answer) co_return std::unexpected(error_of(answer.error()));
    co_return read_page(*answer, "Query");
}

asio::awaitable<Result<std::vector<Item>>> Table::query_all(Query wanted) {
    std::vector<Item> items;
    for (;;) {
        auto page = co_await query(wanted);
        if (!page) co_return std::unexpected(page.error());
        std::ranges::move(page->items, std::back_inserter(items));
        // An empty page with a place to go on from is no end.
        if (!page->next) co_return items;
        wanted.from = std::move(page->next);
    }
}

asio::awaitable<Result<QueryPage>> Table::scan_page(Scan scan) {
    json::object request{{"TableName", name_}, {"ConsistentRead", true}};
    Aliases aliases;
    if (!scan.sort_keys.empty()) {
        std::string values;
        for (auto const& key : scan.sort_keys)
            values += (values.empty() ? "" : ", ") + aliases.value(key);
        request["FilterExpression"] = fmt::format("{} IN ({})", aliases.name("SK"), values);
    }
    if (!scan.only.empty()) {
        std::string wanted;
        for (auto const& attribute : scan.only)
            wanted += (wanted.empty() ? "" : ", ") + aliases.name(attribute);
        request["ProjectionExpression"] = wanted;
    }
    if (scan.from) request["ExclusiveStartKey"] = key_json(*scan.from);
    aliases.add_to(request);
    auto answer = co_await send("Scan", std::move(request), patient_until());
    if (!answer) co_return std::unexpected(error_of(answer.error()));
    co_return read_page(*answer, "Scan");
}

asio::awaitable<Result<std::vector<Item>>> Table::scan() {
    std::vector<Item> items;
    Scan wanted;
    for (;;) {
        auto page = co_await scan_page(wanted);
        if (!page) co_return std::unexpected(page.error());
        std::ranges::move(page->items, std::back_inserter(items));
        if (!page->next) co_return items;
        wanted.from = std::move(page->next);
    }
}

asio::awaitable<Result<std::vector<Item>>> Table::batch_get(std::vector<Key> keys) {
    std::ranges::sort(keys);
    auto const repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
    std::vector<Item> items;
    for (std::size_t at = 0; at < keys.size(); at += keys_a_batch) {
        json::array wanted;
        for (auto i = at; i < std::min(keys.size(), at + keys_a_batch); ++i)
            wanted.push_back(key_json(keys[i].item()));
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
                co_return fail(Errc::unavailable, "DynamoDB left keys of a batch unread; it is busy",
                               "throttled");
        }
    }
    co_return items;
}

asio::awaitable<Result<void>> Table::put(Item item) {
    auto written = co_await put_if(std::move(item), {}, {});
    if (!written) co_return std::unexpected(written.error());
    co_return Result<void>{};
}

asio::awaitable<Result<Written>> Table::put_if(Item item, Aliases aliases, std::string condition) {
    json::object request = put_action(item, aliases, condition).body.at("Put").as_object();
    auto answer = co_await send("PutItem", std::move(request), patient_until());
    if (answer) co_return Written{true, std::nullopt};
    if (answer.error().code == "ConditionalCheckFailedException")
        co_return Written{false, item_in(parse_body(answer.error()))};
    co_return std::unexpected(error_of(answer.error()));
}

asio::awaitable<Result<Written>> Table::update(Item key, Aliases aliases, std::string update,
                                               std::string condition) {
    json::object request =
        update_action(key, aliases, update, condition).body.at("Update").as_object();
    request["ReturnValues"] = "ALL_NEW";
    auto answer = co_await send("UpdateItem", std::move(request), patient_until());
    if (!answer && answer.error().code == "ConditionalCheckFailedException")
        co_return Written{false, item_in(parse_body(answer.error()))};
    if (!answer) co_return std::unexpected(error_of(answer.error()));
    auto const* object = answer->if_object();
    auto const* attributes = object ? object->if_contains("Attributes") : nullptr;
    if (!attributes) co_return std::unexpected(unreadable("UpdateItem"));
    auto item = item_from_json(*attributes);
    if (!item) co_return std::unexpected(item.error());
    co_return Written{true, std::move(*item)};
}

asio::awaitable<Result<void>> Table::remove(Item key) {
    json::object request{{"TableName", name_}, {"Key", key_json(key)}};
    auto answer = co_await send("DeleteItem", std::move(request), patient_until());
    if (!answer) co_return std::unexpected(error_of(answer.error()));
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Table::batch_put(std::vector<Item> items) {
    std::vector<json::value> requests;
    requests.reserve(items.size());
    for (auto const& item : items)
        requests.push_back(
            json::object{{"PutRequest", json::object{{"Item", dynamodb::to_json(item)}}}});
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
            json::object{{"DeleteRequest", json::object{{"Key", key_json(key.item())}}}});
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

asio::awaitable<Result<Transacted>> Table::transact(std::vector<Action> actions) {
    json::array items;
    for (auto& action : actions) items.push_back(std::move(action.body));
    // The same token says that a repeat is the same transaction: it is carried out once.
    std::array<std::uint8_t, 16> token{};
    random_.fill(token);
    json::object const request{{"TransactItems", std::move(items)},
                               {"ClientRequestToken", Uuid{token}.text()}};
    Backoff backoff(random_);
    for (;;) {
        auto answer = co_await send("TransactWriteItems", json::object(request), backoff.until());
        if (answer) co_return Transacted{true, {}};
        auto const& failure = answer.error();
        bool again = false;
        if (failure.code == "TransactionCanceledException") {
            auto cancellation = read_cancellation(failure);
            if (cancellation.refused) co_return std::move(cancellation.transacted);
            again = cancellation.transient;
        }
        if (!again) co_return std::unexpected(error_of(failure));
        ++consumed_.retries;
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return std::unexpected(error_of(failure));
    }
}

Action Table::put_action(Item const& item, Aliases const& aliases,
                         std::string const& condition) const {
    json::object put{{"TableName", name_}, {"Item", dynamodb::to_json(item)}};
    if (!condition.empty()) {
        put["ConditionExpression"] = condition;
        put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
        aliases.add_to(put);
    }
    return {json::object{{"Put", std::move(put)}}};
}

Action Table::update_action(Item const& key, Aliases const& aliases, std::string const& update,
                            std::string const& condition) const {
    json::object body{{"TableName", name_}, {"Key", key_json(key)}, {"UpdateExpression", update}};
    if (!condition.empty()) {
        body["ConditionExpression"] = condition;
        body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
    }
    aliases.add_to(body);
    return {json::object{{"Update", std::move(body)}}};
}

Action Table::remove_action(Item const& key, Aliases const& aliases,
                            std::string const& condition) const {
    json::object body{{"TableName", name_}, {"Key", key_json(key)}};
    if (!condition.empty()) body["ConditionExpression"] = condition;
    aliases.add_to(body);
    return {json::object{{"Delete", std::move(body)}}};
}

Action Table::check_action(Item const& key, Aliases const& aliases,
                           std::string const& condition) const {
    json::object body{
        {"TableName", name_}, {"Key", key_json(key)}, {"ConditionExpression", condition}};
    aliases.add_to(body);
    return {json::object{{"ConditionCheck", std::move(body)}}};
}

}  // namespace kaiwa::store::dynamodb
