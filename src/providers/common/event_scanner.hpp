#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// One event of a model server's stream. The views live until the scanner is called again.
struct ScannedEvent {
    std::string_view type;  ///< The `event:` field; empty when there was none.
    std::string_view data;  ///< The `data:` lines joined by '\n'; bytes as sent.
};

/// Reads server-sent events out of the pieces of a body, without copying an event that lies whole
/// in one piece.
///
/// Follows "Interpreting an event stream", WHATWG HTML 9.2.6, but for what model servers do beside
/// it: a line `error: {…}` (older llama.cpp) is an event of type "error", and the block that the
/// end of the body leaves unfinished can be had from `last()`.
///
/// A value: no I/O. Use one per body.
class EventScanner {
public:
    /// 8 MiB: room for an image inside an event.
    static constexpr std::size_t default_max_event_bytes = std::size_t{8} << 20;

    explicit EventScanner(std::size_t max_event_bytes = default_max_event_bytes)
        : max_event_bytes_(max_event_bytes) {}

    /// Takes the next piece. `bytes` must stay valid until `next()` returned nothing.
    void feed(std::string_view bytes);
    /// The next whole event, or nothing until more bytes are fed.
    std::optional<ScannedEvent> next();
    /// After the end of the body: the event that lacks its blank line, if it has data.
    std::optional<ScannedEvent> last();

    /// An event was longer than allowed; nothing more will come.
    [[nodiscard]] bool too_large() const { return too_large_; }
    /// Bytes held between two pieces.
    [[nodiscard]] std::size_t held_bytes() const { return carry_.size(); }

private:
    struct Span {
        std::size_t from = 0;
        std::size_t size = 0;
    };

    std::optional<std::string_view> next_line();
    void take_field(std::string_view line);
    void add_data(std::string_view value);
    void keep_rest();
    void forget_event();
    [[nodiscard]] ScannedEvent event() const;
    [[nodiscard]] Span span_of(std::string_view part) const;

    std::size_t max_event_bytes_;
    std::string carry_;      // what earlier pieces left of the event being read
    std::string_view rest_;  // the event being read and all behind it: in carry_ or in the piece
    std::size_t line_ = 0;   // in rest_: where the line being read begins
    std::size_t scan_ = 0;   // in rest_: up to where it was searched for its end
    Span type_;
    Span data_;           // the data, while it is one line
    std::string joined_;  // the data, when it is several lines
    std::size_t data_lines_ = 0;
    bool has_type_ = false;
    bool is_error_ = false;
    bool first_line_ = true;  // a byte order mark is allowed there only
    bool has_cr_ = false;     // a '\r' came: it may end a line
    bool after_cr_ = false;   // the next '\n' belongs to the '\r' before it
    bool fed_ = false;        // rest_ is to be read
    bool too_large_ = false;
};

}  // namespace kaiwa::providers
