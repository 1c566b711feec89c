#pragma once

#include "base/json.hpp"
#include "kaiwa/error.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kaiwa::store::dynamodb {

class Value;

/// An item or a map: attributes by name. Ordered, so that equal items have equal JSON.
using Item = std::map<std::string, Value, std::less<>>;

/// One attribute value of DynamoDB ("AttributeValue" of the API reference), as it is: numbers stay
/// the decimal text that they are, so nothing is rounded on the way in or out.
class Value {
public:
    struct Null {
        bool operator==(Null const&) const = default;
    };
    struct Number {
        std::string text;  ///< Decimal, at most 38 significant digits.
        bool operator==(Number const&) const = default;
    };
    struct Binary {
        std::string bytes;
        bool operator==(Binary const&) const = default;
    };
    struct Set {
        enum class Of { strings, numbers, binaries } of = Of::strings;
        std::vector<std::string> members;  ///< Bytes for `binaries`; no order.
        bool operator==(Set const&) const = default;
    };
    using List = std::vector<Value>;

    Value() = default;  ///< Null.
    Value(std::string text) : data_(std::move(text)) {}
    Value(std::string_view text) : data_(std::string(text)) {}
    Value(char const* text) : data_(std::string(text)) {}
    Value(bool value) : data_(value) {}
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Value(T number) : data_(Number{std::to_string(number)}) {}
    Value(Number number) : data_(std::move(number)) {}
    Value(Binary binary) : data_(std::move(binary)) {}
    Value(Set set) : data_(std::move(set)) {}
    Value(List list) : data_(std::move(list)) {}
    Value(Item map) : data_(std::move(map)) {}
    /// The shortest decimal that reads back as `number`; finite numbers only.
    static Value real(double number);
    template <class T>
    static Value optional(std::optional<T> const& value) {
        return value ? Value(*value) : Value();
    }

    bool operator==(Value const&) const = default;

    [[nodiscard]] bool is_null() const { return std::holds_alternative<Null>(data_); }
    [[nodiscard]] std::string const* if_string() const { return std::get_if<std::string>(&data_); }
    [[nodiscard]] Number const* if_number() const { return std::get_if<Number>(&data_); }
    [[nodiscard]] Binary const* if_binary() const { return std::get_if<Binary>(&data_); }
    [[nodiscard]] Set const* if_set() const { return std::get_if<Set>(&data_); }
    [[nodiscard]] bool const* if_bool() const { return std::get_if<bool>(&data_); }
    [[nodiscard]] List const* if_list() const { return std::get_if<List>(&data_); }
    [[nodiscard]] Item const* if_map() const { return std::get_if<Item>(&data_); }
    [[nodiscard]] Item* if_map() { return std::get_if<Item>(&data_); }

    /// As the API writes it: {"S":"x"}, {"N":"1"}, …
    [[nodiscard]] json::value to_json() const;
    /// Fails with `invalid_argument` unless `value` is one attribute value, at most 32 deep.
    static Result<Value> from_json(json::value const& value);

private:
    static Result<Value> read(json::value const& value, unsigned depth);

    std::variant<Null, std::string, Number, Binary, Set, bool, List, Item> data_;
};

[[nodiscard]] json::object to_json(Item const& item);
/// Fails with `invalid_argument`.
[[nodiscard]] Result<Item> item_from_json(json::value const& value);

/// Bytes that an item takes of the 400 KB that one may have, as the service counts: names and
/// values, with a little for each element (an upper bound).
[[nodiscard]] std::size_t size_of(Item const& item);
inline constexpr std::size_t max_item_bytes = 409'600;

/// What an attribute is, where it is of that type; else nothing.
[[nodiscard]] Value const* find(Item const& item, std::string_view name);
[[nodiscard]] std::string const* find_string(Item const& item, std::string_view name);
[[nodiscard]] Item const* find_map(Item const& item, std::string_view name);
[[nodiscard]] std::string string_or(Item const& item, std::string_view name,
                                    std::string_view other = {});
[[nodiscard]] std::optional<std::string> optional_string(Item const& item, std::string_view name);
/// Whole numbers only, also those written as 1.0 or 1E3.
[[nodiscard]] std::optional<std::int64_t> optional_integer(Item const& item, std::string_view name);
[[nodiscard]] std::optional<double> optional_real(Item const& item, std::string_view name);
[[nodiscard]] bool bool_or(Item const& item, std::string_view name, bool other = false);

}  // namespace kaiwa::store::dynamodb
