#include "store/dynamodb/make_tables.hpp"

#include "base/wait.hpp"
#include "store/dynamodb/generation_row.hpp"

namespace kaiwa::store::dynamodb {
namespace {

constexpr std::chrono::milliseconds look_again{250};
constexpr std::chrono::seconds table_patience{120};

SteadyTime step_deadline() {
    return std::chrono::steady_clock::now() + Table::patience;
}

json::object key_part(char const* name, char const* type) {
    return {{"AttributeName", name}, {"KeyType", type}};
}

json::object text_attribute(char const* name) {
    return {{"AttributeName", name}, {"AttributeType", "S"}};
}

bool is_active(json::value const& description) {
    auto const* object = description.if_object();
    auto const* table = object ? object->if_contains("Table") : nullptr;
    if (!table || !table->is_object()) return false;
    auto const status_of = [](json::object const& holder, std::string_view name) {
        auto const* status = holder.if_contains(name);
        return status && status->is_string() && status->get_string() == "ACTIVE";
    };
    if (!status_of(table->get_object(), "TableStatus")) return false;
    auto const* indexes = table->get_object().if_contains("GlobalSecondaryIndexes");
    if (!indexes || !indexes->is_array()) return true;
    for (auto const& index : indexes->get_array())
        if (!index.is_object() || !status_of(index.get_object(), "IndexStatus")) return false;
    return true;
}

}  // namespace

json::object chat_table_definition(std::string const& name) {
    json::array const attributes{text_attribute("PK"), text_attribute("SK"),
                                 text_attribute("UserThreadPK"), text_attribute("UserThreadSK")};
    json::object index{
        {"IndexName", "UserThread"},
        {"KeySchema",
         json::array{key_part("UserThreadPK", "HASH"), key_part("UserThreadSK", "RANGE")}},
        {"Projection", json::object{{"ProjectionType", "INCLUDE"},
                                    {"NonKeyAttributes", json::array{"id", "name"}}}}};
    json::array indexes;
    indexes.push_back(std::move(index));
    return {{"TableName", name},
            {"AttributeDefinitions", attributes},
            {"KeySchema", json::array{key_part("PK", "HASH"), key_part("SK", "RANGE")}},
            {"GlobalSecondaryIndexes", std::move(indexes)},
            {"BillingMode", "PAY_PER_REQUEST"}};
}

json::object user_table_definition(std::string const& name) {
    json::array attributes;
    attributes.push_back(text_attribute("username"));
    json::array keys;
    keys.push_back(key_part("username", "HASH"));
    return {{"TableName", name},
            {"AttributeDefinitions", std::move(attributes)},
            {"KeySchema", std::move(keys)},
            {"BillingMode", "PAY_PER_REQUEST"}};
}

asio::awaitable<aws::Outcome<json::value>> TableMaker::wait_until_active(std::string name) {
    auto const until = std::chrono::steady_clock::now() + table_patience;
    for (;;) {
        json::object body{{"TableName", name}};
        auto described = co_await calls_.call("DescribeTable", std::move(body), step_deadline());
        if (!described) co_return described;
        if (is_active(*described)) co_return described;
        bool const goes_on = std::chrono::steady_clock::now() < until && co_await sleep_for(look_again);
        if (!goes_on) {
            aws::Failure late;
            late.kind = aws::Failure::Kind::timed_out;
            late.message = "the table " + name + " did not become active";
            co_return std::unexpected(std::move(late));
        }
    }
}

asio::awaitable<aws::Outcome<json::value>> TableMaker::make(std::string name,
                                                            json::object definition) {
    auto made = co_await calls_.call("CreateTable", std::move(definition), step_deadline());
    // Another process makes it at the same time, or it was there.
    bool const exists = !made && made.error().code == "ResourceInUseException";
    if (!made && !exists) co_return made;
    if (made) log_.info("made a table", {{"table", name}});
    auto active = co_await wait_until_active(name);
    if (!active || exists || name != table_) co_return active;
    json::object body{{"TableName", name},
                      {"TimeToLiveSpecification",
                       json::object{{"Enabled", true}, {"AttributeName", expiry_attribute}}}};
    auto expires = co_await calls_.call("UpdateTimeToLive", std::move(body), step_deadline());
    if (!expires)
        log_.warning("the table's own expiry is off; the cleaner removes what is over",
                     {{"table", name}, {"reason", expires.error().message}});
    co_return active;
}

asio::awaitable<aws::Outcome<json::value>> TableMaker::call(std::string operation, json::value body,
                                                            SteadyTime until) {
    auto answer = co_await calls_.call(operation, body, until);
    if (answer || answer.error().code != "ResourceNotFoundException") co_return answer;
    auto made = co_await make(table_, chat_table_definition(table_));
    if (!made) co_return made;
    made = co_await make(user_table_, user_table_definition(user_table_));
    if (!made) co_return made;
    // The tables took their time: the call has its own from here.
    until = std::max(until, step_deadline());
    co_return co_await calls_.call(std::move(operation), std::move(body), until);
}

}  // namespace kaiwa::store::dynamodb
