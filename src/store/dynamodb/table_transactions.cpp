#include "store/dynamodb/table.hpp"
#include "store/dynamodb/table_answers.hpp"

#include <algorithm>
#include <array>

namespace kaiwa::store::dynamodb {
namespace {

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
        std::string_view const name = code && code->is_string()
                                          ? std::string_view(code->get_string())
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

}  // namespace

bool Transacted::refused_at(std::size_t place) const {
    return std::ranges::any_of(refused, [&](auto const& each) { return each.first == place; });
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
    json::object put{{"TableName", name_}, {"Item", to_json(item)}};
    if (!condition.empty()) {
        put["ConditionExpression"] = condition;
        put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
        aliases.add_to(put);
    }
    return {json::object{{"Put", std::move(put)}}};
}

Action Table::update_action(Item const& key, Aliases const& aliases, std::string const& update,
                            std::string const& condition) const {
    json::object body{{"TableName", name_}, {"Key", to_json(key)}, {"UpdateExpression", update}};
    if (!condition.empty()) {
        body["ConditionExpression"] = condition;
        body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
    }
    aliases.add_to(body);
    return {json::object{{"Update", std::move(body)}}};
}

Action Table::remove_action(Item const& key, Aliases const& aliases,
                            std::string const& condition) const {
    json::object body{{"TableName", name_}, {"Key", to_json(key)}};
    if (!condition.empty()) body["ConditionExpression"] = condition;
    aliases.add_to(body);
    return {json::object{{"Delete", std::move(body)}}};
}

Action Table::check_action(Item const& key, Aliases const& aliases,
                           std::string const& condition) const {
    json::object body{
        {"TableName", name_}, {"Key", to_json(key)}, {"ConditionExpression", condition}};
    aliases.add_to(body);
    return {json::object{{"ConditionCheck", std::move(body)}}};
}

}  // namespace kaiwa::store::dynamodb
