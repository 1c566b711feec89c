#include "http/target.hpp"

#include "base/utf8.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <optional>

namespace kaiwa::http {

namespace {

constexpr std::string_view unreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

enum class Plus { literal, space };

Result<std::string> decode(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus == Plus::space) {
            c = ' ';
        } else if (c == '%') {
            auto const high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
            auto const low = high ? hex_digit(text[i + 2]) : std::nullopt;
            if (!low) {
                return fail(Errc::invalid_argument,
                            "a '%' in the address must be followed by two hexadecimal digits");
            }
            c = static_cast<char>(*high << 4 | *low);
            i += 2;
        }
        if (c == '\0') return fail(Errc::invalid_argument, "the address must not have a NUL");
        out.push_back(c);
    }
    if (!is_valid_utf8(out)) return fail(Errc::invalid_argument, "the address must be valid UTF-8");
    return out;
}

bool has_parent_segment(std::string_view path) {
    ListReader segments(path, '/');
    while (auto const segment = segments.next()) {
        if (*segment == "..") return true;
    }
    return false;
}

/// Adds what can be read to `query`; returns why not all of it can.
std::optional<Error> read_query(std::string_view text, Query& query) {
    std::optional<Error> first;
    while (!text.empty()) {
        auto const end = std::min(text.find('&'), text.size());
        auto const pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;

        auto const equals = std::min(pair.find('='), pair.size());
        auto name = decode(pair.substr(0, equals), Plus::space);
        auto value = decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space);
        if (!first && !name) first = name.error();
        if (!first && !value) first = value.error();
        if (name) query.emplace_back(std::move(*name), std::move(value).value_or(std::string()));
    }
    return first;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
    return decode(text, Plus::literal);
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (unreserved.contains(c)) {
            out.push_back(c);
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

Result<Query> parse_query(std::string_view text) {
    Query query;
    if (auto error = read_query(text, query)) return std::unexpected(std::move(*error));
    return query;
}

Result<Target> parse_target(std::string_view text) {
    if (!text.starts_with('/')) return fail(Errc::invalid_argument, "the path must begin with '/'");
    if (text.contains('#')) {
        return fail(Errc::invalid_argument, "the address of a request has no fragment");
    }
    auto const question = std::min(text.find('?'), text.size());
    auto path = percent_decode(text.substr(0, question));
    if (!path) return std::unexpected(path.error());
    if (has_parent_segment(*path)) {
        return fail(Errc::invalid_argument, "the path must not have '..' in it");
    }
    Target target{std::move(*path), {}};
    target.query_error = read_query(text.substr(std::min(question + 1, text.size())), target.query);
    return target;
}

}  // namespace kaiwa::http
