#include "aws/service_client.hpp"
#include "store/foreign/readers.hpp"

#include <charconv>
#include <cmath>

namespace kaiwa::store::foreign {
namespace {

/// Whether it is one attribute's value: an attribute may be called "Item", too.
bool is_value(json::value const& value) {
    return dynamodb::Value::from_json(value).has_value();
}

}  // namespace

void Reader::instruct(Conversation& conversation, std::string text) {
    constexpr std::size_t most = 32 * 1024;  // as the API has it
    if (conversation.system_prompt) return;
    if (text.size() <= most)
        conversation.system_prompt = std::move(text);
    else
        refuse(conversation.key + ", its instructions", "they are longer than 32 KiB");
}

Result<Item> parse_item_line(std::string_view line) {
    auto const value = aws::parse_answer(line);
    auto const* object = value && !line.empty() ? value->if_object() : nullptr;
    if (!object) return fail(Errc::invalid_argument, "the line is no JSON object");
    auto const* wrapped = object->size() == 1 ? object->if_contains("Item") : nullptr;
    bool const is_export = wrapped && wrapped->is_object() && !is_value(*wrapped);
    return dynamodb::item_from_json(is_export ? *wrapped : *value);
}

std::optional<Timestamp> read_time(Item const& item, std::string_view name) {
    constexpr double least_milliseconds = 1e11;  // 1973; as seconds, the year 5138
    constexpr double most_milliseconds = 253'402'300'799'999.0;
    double number = 0;
    if (auto const real = dynamodb::optional_real(item, name)) {
        number = *real;
    } else {
        auto const* text = dynamodb::find_string(item, name);
        if (!text) return std::nullopt;
        auto const* end = text->data() + text->size();
        auto const [stop, error] = std::from_chars(text->data(), end, number);
        if (error != std::errc{} || stop == text->data()) return std::nullopt;
    }
    if (!std::isfinite(number) || number <= 0) return std::nullopt;
    if (number < least_milliseconds) number *= 1'000;
    if (number > most_milliseconds) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(number)));
}

Result<UserRole> read_user_role(Item const& item) {
    auto const* user = dynamodb::find_string(item, "UserID");
    auto const* role = dynamodb::find_string(item, "Role");
    if (!user || user->empty()) return fail(Errc::invalid_argument, "an item without UserID");
    if (!role) return fail(Errc::invalid_argument, "user " + *user + ": no Role");
    return UserRole{*user, *role};
}

}  // namespace kaiwa::store::foreign
