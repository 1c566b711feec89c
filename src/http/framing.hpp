#pragma once

#include "http/head.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kaiwa::http {

/// Tells the body of one message from its framing (RFC 9112, sections 6 and 7), however the bytes
/// arrive. A value: no I/O, no buffer.
class BodyFraming {
public:
    /// Bytes that chunk extensions and trailers together may have; they are skipped.
    static constexpr std::size_t max_overhead_bytes = 8 * 1024;

    static BodyFraming none() { return BodyFraming(State::done, 0); }
    static BodyFraming length(std::uint64_t bytes) {
        return BodyFraming(bytes == 0 ? State::done : State::length, bytes);
    }
    static BodyFraming chunked() { return BodyFraming(State::size, 0); }
    static BodyFraming until_close() { return BodyFraming(State::until_close, 0); }

    struct Step {
        std::size_t consumed = 0;  ///< Take so many bytes off the front.
        std::string_view data;     ///< The part of them that is body.
    };
    /// Looks at the bytes that follow those consumed before. Without `data` everything was consumed
    /// or the body is done. Fails with `invalid_argument` when the framing is broken.
    [[nodiscard]] Result<Step> next(std::string_view bytes);

    struct Gathered {
        std::size_t consumed = 0;
        std::string_view data;  ///< All the body in them, moved together inside the bytes.
        bool broken = false;    ///< After `data` the framing is broken.
    };
    /// Takes the framing out of everything that arrived, in place, so that the bytes of one read
    /// stay one piece however small their chunks are.
    [[nodiscard]] Gathered gather(std::span<char> bytes);

    [[nodiscard]] bool done() const { return state_ == State::done; }
    [[nodiscard]] bool ends_at_close() const { return state_ == State::until_close; }
    /// Bytes still to come at least, as far as the framing tells: those of a length or of a chunk.
    [[nodiscard]] std::uint64_t remaining() const { return remaining_; }

private:
    enum class State {
        length,
        until_close,
        size,       // the first digit of a chunk's size
        more_size,  // digits, or what ends them
        extension,  // skipped up to CR
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer,  // at the beginning of a line
        trailer_line,
        trailer_lf,
        last_lf,
        done,
    };
    BodyFraming(State state, std::uint64_t remaining) : state_(state), remaining_(remaining) {}
    std::size_t take_plain_size(std::string_view bytes);
    bool step(char c);
    bool skip(char c);

    State state_;
    std::uint64_t remaining_;
    unsigned size_digits_ = 0;
    std::size_t overhead_ = 0;
};

/// How the body of a request is framed. Fails with `invalid_argument` for anything that another
/// reader of the same bytes could take differently: Transfer-Encoding beside Content-Length,
/// another coding than "chunked", either field twice, a Content-Length that is not all digits.
[[nodiscard]] Result<BodyFraming> request_framing(RequestHead const& head);

/// The same for the answer to a request with `method`. Equal Content-Length fields are one.
[[nodiscard]] Result<BodyFraming> answer_framing(AnswerHead const& head, std::string_view method);

/// Whether the connection ends after this message (RFC 9112, 9.3). HTTP/1.0 always does here.
[[nodiscard]] bool closes_connection(Headers const& headers, unsigned minor_version);

}  // namespace kaiwa::http
