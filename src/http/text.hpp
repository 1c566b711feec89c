#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::http {

// Small pieces of HTTP's grammar (RFC 9110, section 5.6) that several files share.

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);
[[nodiscard]] std::string to_lower(std::string_view text);
/// Without the spaces and tabs around it.
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] bool is_token(std::string_view text);
/// Free of control characters but the tab: nothing in it ends a line or a field.
[[nodiscard]] bool is_field_value(std::string_view text);
/// The value of a string of digits that fits; nothing else is a number here.
[[nodiscard]] std::optional<std::uint64_t> to_number(std::string_view digits);

/// Walks over the trimmed elements of a list such as "a, b;q=0.5"; empty ones are left out.
class ListReader {
public:
    explicit ListReader(std::string_view list, char separator = ',')
        : rest_(list), separator_(separator) {}
    [[nodiscard]] std::optional<std::string_view> next();

private:
    std::string_view rest_;
    char separator_;
};

/// Whether the comma-separated `list` has `word` as an element, without case.
[[nodiscard]] bool list_has(std::string_view list, std::string_view word);

}  // namespace kaiwa::http
