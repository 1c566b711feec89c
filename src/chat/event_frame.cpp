#include "chat/event_frame.hpp"

#include "base/json.hpp"

#include <charconv>

namespace kaiwa::chat {
namespace {

void append_head(std::string& out, std::uint64_t number, EventType type) {
    char digits[20];
    auto const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out += "id: ";
    out.append(digits, static_cast<std::size_t>(end - digits));
    out += "\nevent: ";
    out += to_string(type);
    out += "\ndata: ";
}

/// Takes "name: value\n" off the front of `text`; false when it is not there.
bool take_line(std::string_view& text, std::string_view name, std::string_view& value) {
    if (!text.starts_with(name)) return false;
    auto const end = text.find('\n');
    if (end == text.npos) return false;
    value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return true;
}

/// Takes one whole frame off the front of `text`; false when there is none.
bool take_frame(std::string_view& text, FrameView& frame) {
    auto rest = text;
    std::string_view number;
    bool const whole = take_line(rest, "id: ", number) && take_line(rest, "event: ", frame.type) &&
                       take_line(rest, "data: ", frame.data) && rest.starts_with('\n');
    if (!whole) return false;
    auto const [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), frame.number);
    if (error != std::errc() || end != number.data() + number.size()) return false;
    rest.remove_prefix(1);
    frame.whole = text.substr(0, text.size() - rest.size());
    text = rest;
    return true;
}

}  // namespace

std::string_view to_string(EventType type) {
    switch (type) {
        case EventType::started: return "started";
        case EventType::step: return "step";
        case EventType::reasoning: return "reasoning";
        case EventType::text: return "text";
        case EventType::citation: return "citation";
        case EventType::usage: return "usage";
        case EventType::title: return "title";
        case EventType::done: return "done";
        case EventType::stopped: return "stopped";
        case EventType::interrupted: return "interrupted";
        case EventType::failed: return "failed";
    }
    return "failed";
}

void append_frame(std::string& out, std::uint64_t number, EventType type, std::string_view data) {
    append_head(out, number, type);
    out += data;
    out += "\n\n";
}

void append_delta_frame(std::string& out, std::uint64_t number, EventType type,
                        std::string_view delta) {
    append_head(out, number, type);
    out += "{\"delta\":";
    append_json_string(out, delta);
    out += "}\n\n";
}

std::vector<FrameView> split_frames(std::string_view frames) {
    std::vector<FrameView> out;
    for (FrameView frame; take_frame(frames, frame);) out.push_back(frame);
    return out;
}

std::string_view frames_after(std::string_view frames, std::uint64_t after) {
    for (FrameView frame; !frames.empty();) {
        auto const here = frames;
        if (!take_frame(frames, frame)) return {};
        if (frame.number > after) return here;
    }
    return frames;
}

}  // namespace kaiwa::chat
