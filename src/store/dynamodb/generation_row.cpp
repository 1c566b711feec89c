#include "store/dynamodb/generation_row.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <unordered_set>

namespace kaiwa::store::dynamodb {

using chat::GenerationState;

namespace {

constexpr std::size_t segment_part_bytes = 240 << 10;

struct Name {
    GenerationState state;
    std::string_view text;
};
constexpr std::array names = {Name{GenerationState::running, "running"},
                              Name{GenerationState::done, "done"},
                              Name{GenerationState::stopped, "stopped"},
                              Name{GenerationState::interrupted, "interrupted"},
                              Name{GenerationState::failed, "failed"}};

std::string_view name_of(GenerationState state) {
    auto const found = std::ranges::find(names, state, &Name::state);
    return found == names.end() ? "failed" : found->text;
}

std::int64_t milliseconds(Timestamp time) { return time.time_since_epoch().count(); }

std::uint64_t natural(Item const& item, std::string_view name) {
    return static_cast<std::uint64_t>(optional_integer(item, name).value_or(0));
}

/// Takes at most `room` bytes off the front of `text`, whole code points.
std::string take(std::string_view& text, std::size_t room) {
    auto bytes = std::min(room, text.size());
    if (bytes < text.size())
        while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    std::string out(text.substr(0, bytes));
    text.remove_prefix(bytes);
    return out;
}

}  // namespace

Result<GenerationRow> read_generation(Item const& item) {
    GenerationRow row;
    auto& shown = row.shown;
    auto const id = GenerationId::parse(string_or(item, "id"));
    auto const thread = ThreadId::parse(string_or(item, "threadId"));
    auto const reply = MessageId::parse(string_or(item, "reply"));
    if (!id || !thread || !reply) return fail(Errc::internal, "a generation's item is damaged");
    shown.id = *id;
    shown.thread = *thread;
    shown.reply = *reply;
    auto const state = std::ranges::find(names, string_or(item, "state"), &Name::text);
    shown.state = state == names.end() ? GenerationState::failed : state->state;
    shown.epoch = natural(item, "epoch");
    shown.lease_until =
        Timestamp(std::chrono::milliseconds(optional_integer(item, "lease").value_or(0)));
    shown.last_event = natural(item, "last");
    shown.sendable = natural(item, "sendable");
    shown.text_bytes = natural(item, "bytes");
    shown.stop_requested = bool_or(item, "stop");
    if (auto const ended = optional_integer(item, "ended"))
        shown.ended_at = Timestamp(std::chrono::milliseconds(*ended));
    row.owner = string_or(item, "owner");
    row.solid = natural(item, "solid");
    row.last_write = string_or(item, "write");
    row.handover = string_or(item, "handover");
    return row;
}

Item generation_item(GenerationRow const& row) {
    auto const& shown = row.shown;
    auto item = generation_key(shown.id).item();
    Item own{{"id", shown.id.text()},
             {"threadId", shown.thread.text()},
             {"reply", shown.reply.text()},
             {"owner", row.owner},
             {"state", name_of(shown.state)},
             {"epoch", shown.epoch},
             {"lease", milliseconds(shown.lease_until)},
             {"last", shown.last_event},
             {"solid", row.solid},
             {"sendable", shown.sendable},
             {"bytes", shown.text_bytes},
             {"stop", shown.stop_requested},
             {"write", row.last_write}};
    if (!row.handover.empty()) own.emplace("handover", row.handover);
    if (shown.ended_at) own.emplace("ended", milliseconds(*shown.ended_at));
    item.merge(own);
    return item;
}

std::vector<Item> segment_items(GenerationId id, chat::LogSegment const& segment) {
    std::vector<Item> items;
    std::string_view frames = segment.frames;
    std::string_view text = segment.text;
    std::string_view reasoning = segment.reasoning;
    do {
        auto room = segment_part_bytes;
        auto const part = [&](std::string_view& from) {
            auto taken = take(from, room);
            room -= taken.size();
            return taken;
        };
        Item item{{"PK", generation_partition(id)},
                  {"SK", fmt::format("{}{:04}", segment_sort(segment.last), items.size())},
                  {"first", segment.first},
                  {"last", segment.last},
                  {"frames", part(frames)}};
        if (!text.empty() && room > 4) item.emplace("text", part(text));
        if (!reasoning.empty() && room > 4) item.emplace("reasoning", part(reasoning));
        items.push_back(std::move(item));
    } while (!frames.empty() || !text.empty() || !reasoning.empty());
    return items;
}

std::uint64_t confirmed_end(GenerationRow const& row, std::vector<Item> const& items) {
    // A runner writes what begins right behind a segment when it knows that to be stored.
    std::unordered_set<std::uint64_t> firsts;
    for (auto const& item : items) firsts.insert(natural(item, "first"));
    for (auto const& item : items | std::views::reverse) {
        auto const last = natural(item, "last");
        if (last <= row.solid && firsts.contains(last + 1)) return last;
    }
    return 0;
}

std::vector<chat::LogSegment> join_segments(GenerationRow const& row,
                                            std::vector<Item> const& items) {
    std::vector<chat::LogSegment> written;
    for (auto const& item : items) {
        auto const last = natural(item, "last");
        auto const first = natural(item, "first");
        if (written.empty() || written.back().last != last)
            written.push_back({first, last, {}, {}, {}});
        if (written.back().first != first) continue;  // left of one that was written over
        written.back().frames += string_or(item, "frames");
        written.back().text += string_or(item, "text");
        written.back().reasoning += string_or(item, "reasoning");
    }
    // A confirmed segment begins right behind the confirmed one before it. What ends between them,
    // or behind the last one, was never confirmed, and written again as a part of another.
    std::vector<chat::LogSegment> segments;
    auto end = row.solid;
    for (auto& segment : written | std::views::reverse) {
        bool const closes = segment.last > row.solid && segment.last == row.shown.last_event;
        if (!closes && segment.last > end) continue;
        if (!closes) end = segment.first > 0 ? segment.first - 1 : 0;
        segments.push_back(std::move(segment));
    }
    std::ranges::reverse(segments);
    return segments;
}

}  // namespace kaiwa::store::dynamodb
