#include "http/answer.hpp"

#include "base/crypto.hpp"
#include "http/status.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace kaiwa::http {

namespace {

/// Fields that only the connection may write.
bool is_ours(std::string_view name) {
    return same_word(name, "connection") || same_word(name, "content-length") ||
           same_word(name, "transfer-encoding") || same_word(name, "date") ||
           same_word(name, "x-request-id");
}

using Pieces = std::span<asio::const_buffer const>;

constexpr std::string_view chunk_end = "\r\n";
constexpr std::string_view last_chunk_end = "\r\n0\r\n\r\n";  // and the body's end

std::unexpected<Error> too_short() {
    return fail(Errc::internal, "the body is shorter than its Content-Length");
}

/// "1a3\r\n" in front of a chunk.
class ChunkHead {
public:
    explicit ChunkHead(std::size_t size) {
        auto* const end = std::to_chars(bytes_.data(), bytes_.data() + 16, size, 16).ptr;
        end[0] = '\r';
        end[1] = '\n';
        size_ = static_cast<std::size_t>(end - bytes_.data()) + 2;
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::array<char, 18> bytes_;
    std::size_t size_;
};

Gather chunk_of(ChunkHead const& head, Pieces pieces, BodyWriter::Part part) {
    return {head.view(), pieces, part == BodyWriter::Part::last ? last_chunk_end : chunk_end};
}

}  // namespace

Result<std::string> Answer::make_head(ResponseHead const& head,
                                      std::optional<std::uint64_t> length) {
    status_ = head.status;
    closes_ |= connection_.loop().draining;
    std::string out;
    out.reserve(512);
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", head.status,
                   reason_phrase(head.status));
    out += connection_.loop().date_line();
    for (auto const& [name, value] : head.headers) {
        if (is_ours(name)) continue;
        if (!is_token(name) || !is_field_value(value)) {
            return fail(
                Errc::internal,
                fmt::format("the route of {} {} answers with a header field that is not one",
                            request_.method, request_.path));
        }
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (length) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *length);
    } else if (body_.framing() == BodyWriter::Framing::chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    }
    if (closes_) out += "Connection: close\r\n";
    if (head.headers.has("Upgrade")) out += "Connection: Upgrade\r\n";
    out.append("X-Request-Id: ").append(request_.id).append("\r\n\r\n");
    return out;
}

asio::awaitable<Result<void>> Answer::respond(ResponseHead head, std::string body) {
    co_return co_await send_whole(std::move(head), body);
}

asio::awaitable<Result<void>> Answer::respond_static(ResponseHead head, std::string_view body) {
    co_return co_await send_whole(std::move(head), body);
}

asio::awaitable<Result<void>> Answer::send_whole(ResponseHead head, std::string_view body) {
    if (state_ != State::waiting) co_return fail(Errc::internal, "the request is answered already");
    std::optional<std::uint64_t> length = body.size();
    if (head.status == 204 || head.status == 304) length.reset();
    if (request_.method == "HEAD" && body.empty()) {
        // The route may know the length of a body that it did not make.
        if (auto const named = to_number(head.headers.get("content-length"))) length = named;
    }
    auto const text = make_head(head, length);
    if (!text) co_return std::unexpected(text.error());

    state_ = State::whole;
    Gather const what{*text, {}, is_bodyless(head.status) ? std::string_view{} : body};
    co_return co_await send(what);
}

Result<std::string> Answer::begin(ResponseHead const& head) {
    if (state_ != State::waiting) return fail(Errc::internal, "the request is answered already");
    auto const length = to_number(head.headers.get("content-length"));
    closes_ |= minor_version_ == 0;
    auto framing = minor_version_ == 0 ? BodyWriter::Framing::until_close
                                       : BodyWriter::Framing::chunked;
    if (length) framing = BodyWriter::Framing::length;
    if (is_bodyless(head.status)) framing = BodyWriter::Framing::none;
    body_.begin(framing, length.value_or(0));
    auto text = make_head(head, length);
    if (text) state_ = State::streaming;
    return text;
}

asio::awaitable<Result<void>> Answer::start(ResponseHead head) {
    auto const text = begin(head);
    if (!text) co_return std::unexpected(text.error());
    Gather const what{*text, {}, {}};
    co_return co_await send(what);
}

asio::awaitable<Result<void>> Answer::write(std::span<asio::const_buffer const> pieces) {
    if (state_ != State::streaming) co_return fail(Errc::cancelled, "the answer has ended");
    auto done = co_await body_.write(pieces);
    if (!done) state_ = State::broken;
    co_return done;
}

asio::awaitable<Result<void>> Answer::finish() {
    if (state_ != State::streaming) co_return fail(Errc::cancelled, "the answer has ended");
    auto done = co_await body_.finish();
    state_ = done ? State::whole : State::broken;
    co_return done;
}

asio::awaitable<Result<void>> Answer::stream(ResponseHead head, std::unique_ptr<BodySource> body) {
    auto text = begin(head);
    if (!text) co_return std::unexpected(text.error());
    using enum BodyWriter::Framing;
    auto const framing = body_.framing();

    // One packet for the head and what follows it at once: the reader is woken once.
    Pieces const first = framing == chunked || framing == until_close ? body->take_first() : Pieces{};
    bool const is_all = !first.empty() && body->ended();
    Gather what{{}, first, {}};
    if (framing == chunked && !first.empty()) {
        *text += ChunkHead(asio::buffer_size(first)).view();
        what.tail = is_all ? last_chunk_end : chunk_end;
    }
    what.head = *text;
    auto const sent = co_await send(what);
    if (!sent) co_return sent;
    if (framing == none) co_return co_await finish();
    if (is_all) {
        state_ = State::whole;
        co_return sent;
    }
    source_ = std::move(body);
    state_ = State::handed_over;
    co_return sent;
}

StreamedBody Answer::take_streamed_body() {
    return {std::move(source_), body_, closes_, request_.id};
}

bool BodyWriter::write_now(Pieces pieces, Part part) {
    auto const size = asio::buffer_size(pieces);
    if (size == 0 || framing_ != Framing::chunked || connection_->wants_to_yield()) return false;
    ChunkHead const head(size);
    auto const what = chunk_of(head, pieces, part);
    // A connection that broke says so again.
    if (!connection_->send_at_once(what, begun_) || begun_ < what.size()) return false;
    begun_ = 0;
    return true;
}

asio::awaitable<Result<void>> BodyWriter::write(Pieces pieces, Part part) {
    auto const size = asio::buffer_size(pieces);
    if (size == 0) co_return part == Part::last ? co_await finish() : Result<void>{};
    if (framing_ == Framing::none) co_return Result<void>{};

    ChunkHead const head(size);
    Gather what{{}, pieces, {}};
    if (framing_ == Framing::chunked) {
        what = chunk_of(head, pieces, part);
    } else if (framing_ == Framing::length) {
        if (size > remaining_) {
            co_return fail(Errc::internal, "the body is longer than its Content-Length");
        }
        remaining_ -= size;
        if (part == Part::last && remaining_ > 0) co_return too_short();
    }
    auto sent = std::exchange(begun_, 0);
    if (!connection_->send_at_once(what, sent)) co_return fail(Errc::cancelled, "the client is gone");
    if (sent == what.size() && !connection_->wants_to_yield()) co_return Result<void>{};
    co_return co_await connection_->send_rest(what, sent);
}

asio::awaitable<Result<void>> BodyWriter::finish() {
    if (framing_ == Framing::length && remaining_ > 0) co_return too_short();
    if (framing_ != Framing::chunked) co_return Result<void>{};
    Gather const what{last_chunk_end.substr(chunk_end.size()), {}, {}};
    co_return co_await connection_->send_rest(what, 0);
}

asio::awaitable<Result<void>> Answer::send(Gather what) {
    std::size_t sent = 0;
    Result<void> done;
    if (!connection_.send_at_once(what, sent)) {
        done = fail(Errc::cancelled, "the client is gone");
    } else if (sent < what.size() || connection_.wants_to_yield()) {
        done = co_await connection_.send_rest(what, sent);
    }
    if (!done) state_ = State::broken;
    co_return done;
}

asio::awaitable<Result<std::unique_ptr<WebSocket>>> Answer::accept_websocket(
    std::string subprotocol) {
    if (state_ != State::waiting) co_return fail(Errc::internal, "the request is answered already");
    auto const& headers = request_.headers;
    auto const key = headers.get("sec-websocket-key");
    auto const decoded = decode_base64(key);
    bool const upgrades = request_.method == "GET" && minor_version_ == 1 &&
                          list_has(headers.get("connection"), "upgrade") &&
                          list_has(headers.get("upgrade"), "websocket") &&
                          headers.get("sec-websocket-version") == "13";
    if (!upgrades) {
        co_return fail(Errc::invalid_argument,
                       "this address takes a WebSocket handshake, version 13", "upgrade_required");
    }
    bool const has_key = headers.count("sec-websocket-key") == 1 && key.size() == 24 && decoded &&
                         decoded->size() == 16;
    if (!has_key) {
        co_return fail(Errc::invalid_argument,
                       "Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455, 4.1)");
    }
    bool offered = subprotocol.empty();
    for (auto const& [name, value] : headers) {
        offered |= same_word(name, "sec-websocket-protocol") && list_has(value, subprotocol);
    }
    if (!offered) {
        co_return fail(Errc::invalid_argument,
                       fmt::format("offer the WebSocket subprotocol {}", subprotocol));
    }

    auto text = fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\n{}Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: {}\r\n",
        connection_.loop().date_line(), websocket_accept(key));
    if (!subprotocol.empty()) text += fmt::format("Sec-WebSocket-Protocol: {}\r\n", subprotocol);
    text += fmt::format("X-Request-Id: {}\r\n\r\n", request_.id);

    state_ = State::upgraded;
    Gather const what{text, {}, {}};
    auto const sent = co_await send(what);
    if (!sent) co_return std::unexpected(sent.error());
    websocket_ = std::make_shared<WebSocketSession>(connection_, max_message_bytes_);
    co_return make_websocket(websocket_);
}

}  // namespace kaiwa::http
