#include "store/dynamodb/table.hpp"

#include "aws/service_client.hpp"
#include "base/wait.hpp"
#include "store/dynamodb/table_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

namespace kaiwa::store::dynamodb {

Error Table::error_of(aws::Failure const& failure) const {
    bool const has_other_keys = failure.message.contains("match the schema") ||
                                failure.message.contains("conditions on the keys");
    if (failure.code == "ValidationException" && has_other_keys)
        return {Errc::unavailable, fmt::format("the table {} has other keys", name_), "other_keys"};
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
    bool const reads = operation == "Query" || operation == "Scan" || operation.contains("GetItem");
    auto const add = [&](json::value const& one) {
        auto const* each = one.if_object();
        auto const* value = each ? each->if_contains("CapacityUnits") : nullptr;
        if (!value || !value->is_number()) return;
        auto const units = value->to_number<double>();
        if (reads)
            consumed_.read_units_x2 += static_cast<std::uint64_t>(std::llround(units * 2));
        else
            consumed_.write_units += static_cast<std::uint64_t>(std::llround(units));
    };
    if (auto const* list = consumed->if_array())
        std::ranges::for_each(*list, add);
    else
        add(*consumed);
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
    json::object request{{"TableName", name_}, {"Key", to_json(key)}, {"ConsistentRead", true}};
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
    auto condition =
        aliases.name(by_user ? "UserThreadPK" : "PK") + " = " + aliases.value(query.pk);
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
    if (by_user)
        request["IndexName"] = "UserThread";
    else
        request["ConsistentRead"] = true;
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
    if (query.from) request["ExclusiveStartKey"] = to_json(*query.from);
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
        auto const key = aliases.name("SK");
        auto filter = fmt::format("{} IN ({})", key, values);
        if (!scan.or_prefix.empty())
            filter += fmt::format(" OR begins_with({}, {})", key, aliases.value(scan.or_prefix));
        request["FilterExpression"] = filter;
    }
    if (!scan.only.empty()) {
        std::string wanted;
        for (auto const& attribute : scan.only)
            wanted += (wanted.empty() ? "" : ", ") + aliases.name(attribute);
        request["ProjectionExpression"] = wanted;
    }
    if (scan.from) request["ExclusiveStartKey"] = to_json(*scan.from);
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
    json::object request{{"TableName", name_}, {"Key", to_json(key)}};
    auto answer = co_await send("DeleteItem", std::move(request), patient_until());
    if (!answer) co_return std::unexpected(error_of(answer.error()));
    co_return Result<void>{};
}

}  // namespace kaiwa::store::dynamodb
