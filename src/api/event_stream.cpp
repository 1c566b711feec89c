#include "api/event_stream.hpp"

#include "api/caller_watch.hpp"
#include "api/json_text.hpp"
#include "chat/event_frame.hpp"

#include <algorithm>
#include <array>

namespace kaiwa::api {
namespace {

using std::chrono::steady_clock;

/// Writes the stream's body. The head was sent.
asio::awaitable<Result<void>> write_events(Call& call, chat::EventReader& reader,
                                           chat::EventBatch batch) {
    CallerWatch watch(call);
    std::array const heartbeat{asio::const_buffer(":\n\n", 3)};
    auto now = steady_clock::now();
    auto heartbeat_at = now + heartbeat_interval;
    for (;;) {
        if (!batch.empty() || now >= heartbeat_at) {
            auto written = batch.empty() ? co_await call.writer.write(heartbeat)
                                         : co_await call.writer.write(batch.pieces);
            if (!written) co_return written;
            heartbeat_at = now + heartbeat_interval;
        }
        if (batch.ended) co_return co_await call.writer.finish();
        if (now >= watch.due()) {
            auto const allowed = co_await watch.check();
            if (!allowed) co_return allowed;
        }
        auto more = co_await reader.next(std::min(heartbeat_at, watch.due()));
        if (!more) co_return std::unexpected(more.error());
        batch = std::move(*more);
        now = steady_clock::now();
    }
}

void append_event(std::string& out, chat::FrameView const& frame) {
    out += '{';
    JsonMembers(out).number("n", frame.number).text("type", frame.type).raw("data", frame.data);
    out += '}';
}

}  // namespace

asio::awaitable<Result<void>> stream_events(Call& call, std::unique_ptr<chat::EventReader> reader,
                                            std::string location) {
    auto first = co_await reader->next(steady_clock::now());
    if (!first) co_return std::unexpected(first.error());
    if (first->ended && first->empty()) co_return co_await answer_empty(call.writer);

    auto head = api_head(200, "text/event-stream");
    head.headers.add("X-Accel-Buffering", "no");
    if (!location.empty()) head.headers.add("Location", std::move(location));
    if (call.request.method == "HEAD")
        co_return co_await call.writer.respond(std::move(head), std::string());

    OpenCount const open(call.services.metrics.traffic.event_streams);
    auto started = co_await call.writer.start(std::move(head));
    if (!started) co_return started;
    co_return co_await write_events(call, *reader, std::move(*first));
}

asio::awaitable<Result<void>> poll_events(Call& call, std::unique_ptr<chat::EventReader> reader,
                                          std::chrono::seconds patience) {
    CallerWatch watch(call);
    auto const deadline = steady_clock::now() + patience;
    for (;;) {
        auto batch = co_await reader->next(std::min(deadline, watch.due()));
        if (!batch) co_return std::unexpected(batch.error());
        if (batch->ended && batch->empty()) co_return co_await answer_empty(call.writer);
        if (!batch->empty() || steady_clock::now() >= deadline)
            co_return co_await answer_json(call.writer, 200, batch_json(*batch));
        if (auto allowed = co_await watch.check(); !allowed) co_return allowed;
    }
}

std::string batch_json(chat::EventBatch const& batch) {
    std::vector<chat::FrameView> frames;
    for (auto const& piece : batch.pieces)
        std::ranges::copy(chat::split_frames(chat::EventBatch::text_of(piece)),
                          std::back_inserter(frames));
    std::string out = "{";
    JsonMembers members(out);
    append_array(members.value_of("events"), frames, append_event);
    members.boolean("ended", batch.ended);
    out += '}';
    return out;
}

}  // namespace kaiwa::api
