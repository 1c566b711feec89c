#include "http/framing.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace kaiwa::http {

namespace {

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

enum class Repeats { refused, equal_allowed };

/// The length that the Content-Length fields state; null without one.
Result<std::optional<std::uint64_t>> content_length(Headers const& headers, Repeats repeats) {
    std::optional<std::uint64_t> length;
    for (auto const& [name, value] : headers) {
        if (!same_word(name, "content-length")) continue;
        auto const number = to_number(value);
        if (!number || (length && (repeats == Repeats::refused || length != number))) {
            return fail(Errc::invalid_argument, "Content-Length must be one number");
        }
        length = number;
    }
    return length;
}

/// Whether the body is chunked.
Result<bool> is_chunked(Headers const& headers, unsigned minor_version) {
    auto const fields = headers.count("transfer-encoding");
    if (fields == 0) return false;
    if (fields > 1 || !same_word(headers.get("transfer-encoding"), "chunked")) {
        return fail(Errc::invalid_argument, "Transfer-Encoding must be \"chunked\" alone");
    }
    if (minor_version == 0) {
        return fail(Errc::invalid_argument, "HTTP/1.0 has no Transfer-Encoding");
    }
    if (headers.has("content-length")) {
        return fail(Errc::invalid_argument,
                    "Transfer-Encoding and Content-Length must not be sent together");
    }
    return true;
}

}  // namespace

Result<BodyFraming::Step> BodyFraming::next(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size() && state_ != State::done) {
        if (state_ == State::until_close) return Step{bytes.size(), bytes.substr(at)};
        if (state_ == State::length || state_ == State::data) {
            auto const size =
                static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - at));
            remaining_ -= size;
            if (remaining_ == 0) state_ = state_ == State::length ? State::done : State::data_cr;
            return Step{at + size, bytes.substr(at, size)};
        }
        if (auto const taken = take_plain_size(bytes.substr(at)); taken > 0) {
            at += taken;
            continue;
        }
        if (!step(bytes[at++])) {
            return fail(Errc::invalid_argument, "the chunks of the body are malformed");
        }
    }
    return Step{at, {}};
}

BodyFraming::Gathered BodyFraming::gather(std::span<char> bytes) {
    Gathered gathered;
    std::string_view const view(bytes.data(), bytes.size());
    for (;;) {
        auto const part = next(view.substr(gathered.consumed));
        gathered.broken = !part;
        if (!part) return gathered;
        gathered.consumed += part->consumed;
        if (part->data.empty()) return gathered;
        if (gathered.data.empty()) {
            gathered.data = part->data;  // stays where it is
            continue;
        }
        auto const at = static_cast<std::size_t>(gathered.data.data() - bytes.data());
        auto const size = gathered.data.size() + part->data.size();
        std::memmove(bytes.data() + at + gathered.data.size(), part->data.data(),
                     part->data.size());
        gathered.data = view.substr(at, size);
    }
}

/// Takes what stands between the data of two chunks off the front of `bytes`, where it is there
/// whole and without extensions, as nearly always; else nothing.
std::size_t BodyFraming::take_plain_size(std::string_view bytes) {
    if (state_ != State::data_cr && state_ != State::size) return 0;
    constexpr std::string_view line_end = "\r\n";
    auto const from = state_ == State::data_cr ? line_end.size() : 0;
    if (from > 0 && !bytes.starts_with(line_end)) return 0;
    std::uint64_t size = 0;
    auto at = from;
    for (auto const last = std::min(bytes.size(), from + 8); at < last; ++at) {
        auto const digit = hex_digit(bytes[at]);
        if (!digit) break;
        size = size << 4 | *digit;
    }
    if (size == 0 || !bytes.substr(at).starts_with(line_end)) return 0;
    remaining_ = size;
    state_ = State::data;
    return at + line_end.size();
}

/// Takes one byte of chunk framing; false when it cannot be there.
bool BodyFraming::step(char c) {
    switch (state_) {
        case State::size:
        case State::more_size: {
            if (auto const digit = hex_digit(c)) {
                // Fifteen digits stay far from overflow and far above anything real.
                if (++size_digits_ > 15) return false;
                remaining_ = remaining_ << 4 | *digit;
                state_ = State::more_size;
                return true;
            }
            if (state_ == State::size) return false;
            state_ = c == '\r' ? State::size_lf : State::extension;
            return c == '\r' || c == ';' || c == ' ' || c == '\t';
        }
        case State::extension:
            if (c == '\r') state_ = State::size_lf;
            return c == '\r' || skip(c);
        case State::size_lf:
            state_ = remaining_ == 0 ? State::trailer : State::data;
            size_digits_ = 0;
            return c == '\n';
        case State::data_cr:
            state_ = State::data_lf;
            return c == '\r';
        case State::data_lf:
            state_ = State::size;
            return c == '\n';
        case State::trailer:
            state_ = c == '\r' ? State::last_lf : State::trailer_line;
            return c == '\r' || skip(c);
        case State::trailer_line:
            if (c == '\r') state_ = State::trailer_lf;
            return c == '\r' || skip(c);
        case State::trailer_lf:
            state_ = State::trailer;
            return c == '\n';
        case State::last_lf:
            state_ = State::done;
            return c == '\n';
        case State::length:
        case State::until_close:
        case State::data:
        case State::done:
            break;
    }
    return false;
}

bool BodyFraming::skip(char c) {
    return ++overhead_ <= max_overhead_bytes && is_field_value(std::string_view(&c, 1));
}

Result<BodyFraming> request_framing(RequestHead const& head) {
    auto const chunked = is_chunked(head.headers, head.minor_version);
    if (!chunked) return std::unexpected(chunked.error());
    if (*chunked) return BodyFraming::chunked();
    auto const length = content_length(head.headers, Repeats::refused);
    if (!length) return std::unexpected(length.error());
    return BodyFraming::length(length->value_or(0));
}

Result<BodyFraming> answer_framing(AnswerHead const& head, std::string_view method) {
    auto const chunked = is_chunked(head.headers, head.minor_version);
    if (!chunked) return std::unexpected(chunked.error());
    auto const length = content_length(head.headers, Repeats::equal_allowed);
    if (!length) return std::unexpected(length.error());
    if (method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304) {
        return BodyFraming::none();
    }
    if (*chunked) return BodyFraming::chunked();
    if (*length) return BodyFraming::length(**length);
    return BodyFraming::until_close();
}

bool closes_connection(Headers const& headers, unsigned minor_version) {
    if (minor_version == 0) return true;
    for (auto const& [name, value] : headers) {
        if (same_word(name, "connection") && list_has(value, "close")) return true;
    }
    return false;
}

}  // namespace kaiwa::http
