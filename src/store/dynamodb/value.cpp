#include "store/dynamodb/value.hpp"

#include "base/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kaiwa::store::dynamodb {
namespace {

constexpr unsigned max_depth = 32;
constexpr std::size_t max_digits = 38;
constexpr std::size_t max_number_bytes = 200;  // 1E-130 written out, and more

std::unexpected<Error> unreadable(std::string_view expected) {
    return fail(Errc::invalid_argument,
                fmt::format("an attribute of the table cannot be read: expected {}", expected));
}

/// -?digits[.digits][E[+-]digits] with at most 38 digits that count: zeros before the first and
/// behind the last do not, and DynamoDB Local writes them out.
bool is_number(std::string_view text) {
    std::size_t at = 0;
    std::size_t counted = 0;      // from the first digit that is no zero
    std::size_t significant = 0;  // up to the last one
    auto const skip_digits = [&] {
        auto const start = at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            bool const is_zero = text[at] == '0';
            if (counted > 0 || !is_zero) ++counted;
            if (!is_zero) significant = counted;
        }
        return at > start;
    };
    if (text.size() > max_number_bytes) return false;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    bool digits = skip_digits();
    if (at < text.size() && text[at] == '.') {
        ++at;
        digits = skip_digits() || digits;
    }
    if (!digits || significant > max_digits) return false;
    if (at < text.size() && (text[at] == 'E' || text[at] == 'e')) {
        ++at;
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
        auto const start = at;
        if (!skip_digits() || at - start > 3) return false;
    }
    return at == text.size();
}

Result<std::vector<std::string>> read_members(json::value const& value, bool binary,
                                              bool numbers) {
    auto const* list = value.if_array();
    if (!list || list->empty()) return unreadable("a set that is not empty");
    std::vector<std::string> members;
    for (auto const& member : *list) {
        auto const* text = member.if_string();
        if (!text) return unreadable("text in a set");
        std::string_view const view(*text);
        if (numbers && !is_number(view)) return unreadable("a number in a set");
        if (!binary) {
            members.emplace_back(view);
            continue;
        }
        auto bytes = decode_base64(view);
        if (!bytes) return unreadable("base64 in a set");
        members.push_back(std::move(*bytes));
    }
    return members;
}

json::array members_json(Value::Set const& set) {
    json::array out;
    bool const binary = set.of == Value::Set::Of::binaries;
    for (auto const& member : set.members) out.emplace_back(binary ? base64(member) : member);
    return out;
}

std::size_t size_of(Value const& value) {
    if (auto const* text = value.if_string()) return text->size();
    if (auto const* number = value.if_number()) return number->text.size() / 2 + 2;
    if (auto const* binary = value.if_binary()) return binary->bytes.size();
    if (auto const* set = value.if_set()) {
        std::size_t size = 3;
        for (auto const& member : set->members) size += member.size() + 1;
        return size;
    }
    if (auto const* list = value.if_list()) {
        std::size_t size = 3;
        for (auto const& each : *list) size += size_of(each) + 1;
        return size;
    }
    if (auto const* map = value.if_map()) return 3 + dynamodb::size_of(*map);
    return 1;
}

}  // namespace

Value Value::real(double number) {
    return Number{std::isfinite(number) ? fmt::format("{}", number) : "0"};
}

json::value Value::to_json() const {
    json::object out;
    if (is_null()) out.emplace("NULL", true);
    if (auto const* text = if_string()) out.emplace("S", *text);
    if (auto const* number = if_number()) out.emplace("N", number->text);
    if (auto const* binary = if_binary()) out.emplace("B", base64(binary->bytes));
    if (auto const* flag = if_bool()) out.emplace("BOOL", *flag);
    if (auto const* set = if_set()) {
        auto const* name = set->of == Set::Of::strings   ? "SS"
                           : set->of == Set::Of::numbers ? "NS"
                                                         : "BS";
        out.emplace(name, members_json(*set));
    }
    if (auto const* list = if_list()) {
        json::array items;
        for (auto const& each : *list) items.push_back(each.to_json());
        out.emplace("L", std::move(items));
    }
    if (auto const* map = if_map()) out.emplace("M", dynamodb::to_json(*map));
    return out;
}

Result<Value> Value::from_json(json::value const& value) {
    return read(value, 0);
}

Result<Value> Value::read(json::value const& value, unsigned depth) {
    auto const* object = value.if_object();
    if (!object || object->size() != 1) return unreadable("an object with one member");
    if (depth > max_depth) return unreadable("at most 32 levels");
    auto const& [type, inner] = *object->begin();
    auto const* text = inner.if_string();
    if (type == "S" && text) return Value(std::string_view(*text));
    if (type == "N" && text) {
        if (!is_number(*text)) return unreadable("a decimal number of at most 38 digits");
        return Value(Number{std::string(*text)});
    }
    if (type == "B" && text) {
        auto bytes = decode_base64(*text);
        if (!bytes) return unreadable("base64");
        return Value(Binary{std::move(*bytes)});
    }
    if (type == "BOOL" && inner.is_bool()) return Value(inner.get_bool());
    if (type == "NULL" && inner.is_bool()) return Value();
    if (type == "SS" || type == "NS" || type == "BS") {
        auto members = read_members(inner, type == "BS", type == "NS");
        if (!members) return std::unexpected(members.error());
        auto const of = type == "SS"   ? Set::Of::strings
                        : type == "NS" ? Set::Of::numbers
                                       : Set::Of::binaries;
        return Value(Set{of, std::move(*members)});
    }
    if (auto const* items = inner.if_array(); type == "L" && items) {
        List list;
        for (auto const& each : *items) {
            auto read_one = read(each, depth + 1);
            if (!read_one) return read_one;
            list.push_back(std::move(*read_one));
        }
        return Value(std::move(list));
    }
    if (auto const* members = inner.if_object(); type == "M" && members) {
        Item map;
        for (auto const& [name, each] : *members) {
            auto read_one = read(each, depth + 1);
            if (!read_one) return read_one;
            map.emplace(name, std::move(*read_one));
        }
        return Value(std::move(map));
    }
    return unreadable("one of S, N, B, BOOL, NULL, SS, NS, BS, L, M with its kind of value");
}

json::object to_json(Item const& item) {
    json::object out;
    for (auto const& [name, value] : item) out.emplace(name, value.to_json());
    return out;
}

Result<Item> item_from_json(json::value const& value) {
    auto const* object = value.if_object();
    if (!object) return unreadable("an object of attributes");
    Item item;
    for (auto const& [name, each] : *object) {
        auto read = Value::from_json(each);
        if (!read) return std::unexpected(read.error());
        item.emplace(name, std::move(*read));
    }
    return item;
}

std::size_t size_of(Item const& item) {
    std::size_t size = 0;
    for (auto const& [name, value] : item) size += name.size() + size_of(value) + 1;
    return size;
}

Value const* find(Item const& item, std::string_view name) {
    auto const found = item.find(name);
    return found == item.end() ? nullptr : &found->second;
}

std::string const* find_string(Item const& item, std::string_view name) {
    auto const* value = find(item, name);
    return value ? value->if_string() : nullptr;
}

Item const* find_map(Item const& item, std::string_view name) {
    auto const* value = find(item, name);
    return value ? value->if_map() : nullptr;
}

std::string string_or(Item const& item, std::string_view name, std::string_view other) {
    auto const* text = find_string(item, name);
    return text ? *text : std::string(other);
}

std::optional<std::string> optional_string(Item const& item, std::string_view name) {
    auto const* text = find_string(item, name);
    return text ? std::optional(*text) : std::nullopt;
}

std::optional<double> optional_real(Item const& item, std::string_view name) {
    auto const* value = find(item, name);
    auto const* number = value ? value->if_number() : nullptr;
    if (!number) return std::nullopt;
    double out = 0;
    auto const* const end = number->text.data() + number->text.size();
    auto const read = std::from_chars(number->text.data(), end, out);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return out;
}

std::optional<std::int64_t> optional_integer(Item const& item, std::string_view name) {
    auto const* value = find(item, name);
    auto const* number = value ? value->if_number() : nullptr;
    if (!number) return std::nullopt;
    std::int64_t out = 0;
    auto const* const end = number->text.data() + number->text.size();
    auto const read = std::from_chars(number->text.data(), end, out);
    if (read.ec == std::errc() && read.ptr == end) return out;
    auto const real = optional_real(item, name);
    if (!real || std::abs(*real) > 9e15 || std::trunc(*real) != *real) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

bool bool_or(Item const& item, std::string_view name, bool other) {
    auto const* value = find(item, name);
    auto const* flag = value ? value->if_bool() : nullptr;
    return flag ? *flag : other;
}

}  // namespace kaiwa::store::dynamodb
