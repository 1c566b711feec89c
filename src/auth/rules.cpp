#include "auth/rules.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace kaiwa::auth {
namespace {

constexpr std::size_t max_username_code_points = 64;
constexpr std::size_t max_name_code_points = 100;
constexpr std::size_t min_password_code_points = 8;
constexpr std::size_t max_password_bytes = 1024;

/// Takes the first code point off well-formed text.
char32_t take_code_point(std::string_view& text) {
    auto const lead = static_cast<unsigned char>(text.front());
    std::size_t const length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i)
        point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    text.remove_prefix(length);
    return point;
}

bool is_between(char32_t point, char32_t first, char32_t last) {
    return point >= first && point <= last;
}

bool is_control(char32_t point) {
    return point < 0x20 || is_between(point, 0x7F, 0x9F);
}

/// Characters that show nothing, or turn the direction of what is around them.
bool is_invisible(char32_t point) {
    return point == 0xAD || point == 0x61C || point == 0x180E ||
           is_between(point, 0x200B, 0x200F) || is_between(point, 0x2028, 0x202E) ||
           is_between(point, 0x2060, 0x206F) || point == 0xFEFF ||
           is_between(point, 0xFFF9, 0xFFFB) || is_between(point, 0xE0000, 0xE0FFF);
}

/// Marks that composed text (NFC) has merged into the letter before them.
bool is_loose_mark(char32_t point) {
    return is_between(point, 0x300, 0x36F) || point == 0x3099 || point == 0x309A;
}

bool is_space(char32_t point) {
    return point == ' ' || point == 0xA0 || point == 0x1680 || is_between(point, 0x2000, 0x200A) ||
           point == 0x202F || point == 0x205F || point == 0x3000;
}

Result<void> check_text(std::string_view what, std::string_view text, std::size_t max) {
    auto const refuse = [&](std::string_view why) {
        return fail(Errc::invalid_argument, fmt::format("{} {}", what, why));
    };
    if (!is_valid_utf8(text)) return refuse("must be UTF-8");
    if (count_code_points(text) > max)
        return refuse(fmt::format("must have at most {} characters", max));
    bool first = true;
    bool space = false;
    while (!text.empty()) {
        auto const point = take_code_point(text);
        if (is_control(point)) return refuse("must not have control characters");
        if (is_invisible(point)) return refuse("must not have invisible characters");
        if (is_loose_mark(point)) return refuse("must be in composed form (Unicode NFC)");
        space = is_space(point);
        if (first && space) return refuse("must not begin with a space");
        first = false;
    }
    if (space) return refuse("must not end with a space");
    return {};
}

}  // namespace

Result<void> check_username(std::string_view username) {
    if (username.empty()) return fail(Errc::invalid_argument, "the username must not be empty");
    if (username.starts_with("key:"))
        return fail(Errc::invalid_argument,
                    "the username must not begin with \"key:\": API keys are called so");
    for (std::string_view const mark : {"external:", "anonymous:"})
        if (username.starts_with(mark))
            return fail(Errc::invalid_argument,
                        fmt::format("the username must not begin with \"{}\": whom another system "
                                    "or nobody vouches for is called so",
                                    mark));
    return check_text("the username", username, max_username_code_points);
}

Result<void> check_shown_name(std::string_view name) {
    return check_text("the name", name, max_name_code_points);
}

Result<void> check_new_password(Secret const& password) {
    auto const& text = password.reveal();
    if (count_code_points(text) < min_password_code_points || text.size() > max_password_bytes)
        return fail(Errc::invalid_argument,
                    fmt::format("the password must have at least {} characters and at most {} bytes",
                                min_password_code_points, max_password_bytes));
    return {};
}

}  // namespace kaiwa::auth
