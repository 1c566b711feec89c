#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::chat {

/// The closed set of events that a reader of a generation can see.
enum class EventType {
    started,
    step,
    reasoning,
    text,
    citation,
    usage,
    title,
    done,
    stopped,
    interrupted,
    failed,
};

[[nodiscard]] std::string_view to_string(EventType type);
[[nodiscard]] constexpr bool is_terminal(EventType type) { return type >= EventType::done; }

/// Appends one event as the server-sent event that every reader gets, byte for byte:
/// "id: 17\nevent: text\ndata: {…}\n\n". `data` is one line of JSON.
void append_frame(std::string& out, std::uint64_t number, EventType type, std::string_view data);

/// Appends the frame of a `text` or `reasoning` event without building JSON first.
void append_delta_frame(std::string& out, std::uint64_t number, EventType type,
                        std::string_view delta);

/// One frame seen inside a run of frames; the views point into it.
struct FrameView {
    std::uint64_t number = 0;
    std::string_view type;
    std::string_view data;
    std::string_view whole;  ///< The frame with its blank line.
};

/// Splits frames that `append_frame()` made; anything else ends the list.
[[nodiscard]] std::vector<FrameView> split_frames(std::string_view frames);

/// The part of `frames` after event `after`.
[[nodiscard]] std::string_view frames_after(std::string_view frames, std::uint64_t after);

}  // namespace kaiwa::chat
