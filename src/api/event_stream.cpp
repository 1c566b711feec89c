#include "api/event_stream.hpp"

#include "api/caller_watch.hpp"
#include "api/json_text.hpp"
#include "chat/event_frame.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace kaiwa::api {
namespace {

using std::chrono::steady_clock;
using Pieces = std::span<asio::const_buffer const>;

/// The events of one generation as they come, with a comment where none came for long.
class EventBody final : public http::BodySource {
public:
    EventBody(Call const& call, std::unique_ptr<chat::EventReader> reader, chat::EventBatch first)
        : reader_(std::move(reader)),
          batch_(std::move(first)),
          has_first_(!batch_.empty()),
          watch_(call),
          deadline_(call.request.deadline),
          open_(call.services.metrics.traffic.event_streams) {}

    Pieces ready() override {
        if (std::exchange(has_first_, false)) return pieces();
        auto const now = steady_clock::now();
        if (batch_.ended || denied_ || now >= watch_.due()) return {};
        if (!reader_->next_now(batch_) && now < heartbeat_at_) return {};
        heartbeat_at_ = now + heartbeat_interval;
        return pieces();
    }

    std::optional<asio::awaitable<bool>> arrival() override {
        auto const now = steady_clock::now();
        if (batch_.ended || denied_ || now >= deadline_) return std::nullopt;
        if (now >= watch_.due()) return check_access();
        return reader_->arrival(std::min({heartbeat_at_, watch_.due(), deadline_}));
    }

    asio::awaitable<Result<Pieces>> next() override {
        if (denied_) co_return std::unexpected(*denied_);
        if (std::exchange(has_first_, false)) co_return pieces();
        while (!batch_.ended) {
            auto const wake = std::min({heartbeat_at_, watch_.due(), deadline_});
            auto const read = co_await reader_->next(batch_, wake);
            if (!read) co_return std::unexpected(read.error());
            auto const now = steady_clock::now();
            if (batch_.empty() && (batch_.left || now >= deadline_)) break;
            if (now >= watch_.due()) {
                auto const allowed = co_await watch_.check();
                if (!allowed) co_return std::unexpected(allowed.error());
            }
            if (!batch_.empty() || batch_.ended || now >= heartbeat_at_) {
                heartbeat_at_ = now + heartbeat_interval;
                co_return pieces();
            }
        }
        co_return Pieces{};
    }

    Pieces take_first() override { return std::exchange(has_first_, false) ? pieces() : Pieces{}; }
    bool ended() const override { return batch_.ended; }

private:
    asio::awaitable<bool> check_access() {
        auto const allowed = co_await watch_.check();
        if (!allowed) denied_ = std::make_unique<Error>(allowed.error());
        co_return true;
    }

    Pieces pieces() const {
        static std::array const heartbeat{asio::const_buffer(":\n\n", 3)};
        if (batch_.empty() && !batch_.ended) return heartbeat;
        return {batch_.pieces.data(), batch_.pieces.size()};
    }

    std::unique_ptr<chat::EventReader> reader_;
    chat::EventBatch batch_;  // sent, or being sent
    bool has_first_;
    CallerWatch watch_;
    std::unique_ptr<Error const> denied_;  // why the caller may no longer read
    steady_clock::time_point const deadline_;
    steady_clock::time_point heartbeat_at_ = steady_clock::now() + heartbeat_interval;
    OpenCount open_;
};

void append_event(std::string& out, chat::FrameView const& frame) {
    out += '{';
    JsonMembers(out).number("n", frame.number).text("type", frame.type).raw("data", frame.data);
    out += '}';
}

}  // namespace

bool wants_events(http::Request const& request) {
    auto const weight = request.accept_weight("text/event-stream");
    return weight > 0 && weight >= request.accept_weight("application/json");
}

asio::awaitable<Result<void>> stream_events(Call& call, std::unique_ptr<chat::EventReader> reader,
                                            std::string location) {
    chat::EventBatch first;
    auto const read = co_await reader->next(first, steady_clock::now());
    if (!read) co_return read;
    if (first.ended && first.empty()) co_return co_await answer_empty(call.writer);

    auto head = api_head(200, "text/event-stream");
    head.headers.add("X-Accel-Buffering", "no");
    if (!location.empty()) head.headers.add("Location", std::move(location));
    if (call.request.method == "HEAD") {  // without a length: nobody knows it
        auto started = co_await call.writer.start(std::move(head));
        if (!started) co_return started;
        co_return co_await call.writer.finish();
    }

    auto body = std::make_unique<EventBody>(call, std::move(reader), std::move(first));
    co_return co_await call.writer.stream(std::move(head), std::move(body));
}

asio::awaitable<Result<void>> poll_events(Call& call, std::unique_ptr<chat::EventReader> reader,
                                          std::chrono::seconds patience) {
    CallerWatch watch(call);
    auto const deadline = std::min(steady_clock::now() + patience, call.request.deadline);
    for (chat::EventBatch batch;;) {
        auto const read = co_await reader->next(batch, std::min(deadline, watch.due()));
        if (!read) co_return read;
        if (batch.ended && batch.empty()) co_return co_await answer_empty(call.writer);
        if (!batch.empty() || batch.left || steady_clock::now() >= deadline)
            co_return co_await answer_json(call.writer, 200, batch_json(batch));
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
