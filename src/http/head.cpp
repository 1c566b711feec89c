#include "http/head.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <optional>

namespace kaiwa::http {

namespace {

std::unexpected<Error> malformed(char const* what) {
    return fail(Errc::invalid_argument, what);
}

/// Takes one line with its CRLF off `rest`. A CR or LF anywhere else is no line end.
Result<std::string_view> take_line(std::string_view& rest) {
    auto const end = rest.find_first_of("\r\n");
    if (end == rest.npos || rest[end] != '\r' || end + 1 == rest.size() || rest[end + 1] != '\n') {
        return malformed("a line of the head must end with CRLF");
    }
    auto const line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

/// "HTTP/1.1" and "HTTP/1.0"; the minor version, or null.
std::optional<unsigned> parse_version(std::string_view text) {
    if (text == "HTTP/1.1") return 1;
    if (text == "HTTP/1.0") return 0;
    return std::nullopt;
}

bool is_printable(std::string_view target) {
    return !target.empty() &&
           std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7F; });
}

Result<Headers> parse_fields(std::string_view rest) {
    Headers headers;
    for (std::size_t count = 0;; ++count) {
        auto line = take_line(rest);
        if (!line) return std::unexpected(line.error());
        if (line->empty()) {
            if (!rest.empty()) return malformed("the head has bytes after its blank line");
            return headers;
        }
        if (count == max_header_fields) {
            return fail(Errc::invalid_argument, "the head has too many fields", "too_many_fields");
        }
        if (line->front() == ' ' || line->front() == '\t') {
            return malformed("a folded header line is not allowed");
        }
        auto const colon = line->find(':');
        if (colon == line->npos) return malformed("a header line must have a colon");
        auto const name = line->substr(0, colon);
        auto const value = trim(line->substr(colon + 1));
        if (!is_token(name))
            return malformed("a header name has a character that it must not have");
        if (!is_field_value(value)) return malformed("a header value has a control character");
        headers.add(std::string(name), std::string(value));
    }
}

}  // namespace

Result<std::size_t> find_head_end(std::string_view bytes, std::size_t& searched) {
    for (;;) {
        auto const end = bytes.find('\n', searched);
        if (end == bytes.npos) break;
        if (end == 0 || bytes[end - 1] != '\r') {
            return malformed("a line of the head must end with CRLF");
        }
        searched = end + 1;
        if (bytes.substr(0, searched).ends_with("\r\n\r\n")) return searched;
    }
    searched = bytes.size();
    return std::size_t{0};
}

std::optional<RequestHead> parse_request_start(std::string_view bytes) {
    auto const line = bytes.substr(0, bytes.find_first_of("\r\n"));
    auto const first = line.find(' ');
    if (first == line.npos) return std::nullopt;
    RequestHead head;
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1);
    head.target.resize(std::min(head.target.find(' '), head.target.size()));
    bool const sound =
        is_token(head.method) && head.method.size() <= 32 && is_printable(head.target);
    return sound ? std::optional(std::move(head)) : std::nullopt;
}

Result<RequestHead> parse_request_head(std::string_view bytes) {
    auto line = take_line(bytes);
    if (!line) return std::unexpected(line.error());

    auto const first = line->find(' ');
    auto const last = line->rfind(' ');
    if (first == line->npos || first == last) {
        return malformed("the request line must be a method, a target and a version");
    }
    RequestHead head;
    head.method = line->substr(0, first);
    head.target = line->substr(first + 1, last - first - 1);
    if (!is_token(head.method) || head.method.size() > 32) {
        return malformed("the method must be a token of at most 32 characters");
    }
    if (!is_printable(head.target)) {
        return malformed("the target must be printable ASCII without spaces");
    }
    auto const version = parse_version(line->substr(last + 1));
    if (!version) {
        return fail(Errc::invalid_argument, "the version must be HTTP/1.1 or HTTP/1.0",
                    "http_version");
    }
    head.minor_version = *version;

    auto headers = parse_fields(bytes);
    if (!headers) return std::unexpected(headers.error());
    head.headers = std::move(*headers);
    return head;
}

Result<AnswerHead> parse_answer_head(std::string_view bytes) {
    auto line = take_line(bytes);
    if (!line) return std::unexpected(line.error());

    auto const version = parse_version(line->substr(0, 8));
    if (!version) {
        return fail(Errc::invalid_argument, "the version must be HTTP/1.1 or HTTP/1.0",
                    "http_version");
    }
    auto const rest = line->substr(8);
    bool const spaced = rest.size() >= 4 && rest[0] == ' ' && (rest.size() == 4 || rest[4] == ' ');
    auto const status = spaced ? to_number(rest.substr(1, 3)) : std::nullopt;
    if (!status || *status < 100 || *status > 599 || !is_field_value(rest)) {
        return malformed("the status line must have a status of three digits");
    }
    AnswerHead head;
    head.minor_version = *version;
    head.status = static_cast<unsigned>(*status);

    auto headers = parse_fields(bytes);
    if (!headers) return std::unexpected(headers.error());
    head.headers = std::move(*headers);
    return head;
}

}  // namespace kaiwa::http
