#pragma once

#include "chat/event_frame.hpp"
#include "chat/event_reader.hpp"
#include "http/message.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace kaiwa::api::test {

/// A request that came straight from this machine.
inline http::Request make_request(std::string method, std::string path, http::Headers headers) {
    http::Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    if (!request.headers.has("Host")) request.headers.add("Host", "127.0.0.1:8080");
    request.peer = asio::ip::make_address("127.0.0.1");
    request.id = "req-1";
    return request;
}

/// Keeps what was answered.
class RecordingWriter final : public http::ResponseWriter {
public:
    asio::awaitable<Result<void>> respond(http::ResponseHead sent, std::string text) override {
        head = std::move(sent);
        body = std::move(text);
        began = finished = true;
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> respond_static(http::ResponseHead sent,
                                                 std::string_view text) override {
        return respond(std::move(sent), std::string(text));
    }
    asio::awaitable<Result<void>> start(http::ResponseHead sent) override {
        head = std::move(sent);
        began = true;
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override {
        if (!write_result) co_return write_result;
        writes.emplace_back();
        for (auto const& piece : pieces)
            writes.back().append(static_cast<char const*>(piece.data()), piece.size());
        body += writes.back();
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> finish() override {
        finished = true;
        co_return Result<void>{};
    }
    asio::awaitable<Result<std::unique_ptr<http::WebSocket>>> accept_websocket(
        std::string) override {
        co_return fail(Errc::unsupported, "no WebSocket here");
    }
    [[nodiscard]] bool started() const override { return began; }

    http::ResponseHead head;
    std::string body;
    std::vector<std::string> writes;
    Result<void> write_result;
    bool began = false;
    bool finished = false;
};

/// Hands out batches that a test made, then says that it ended.
class ScriptedReader final : public chat::EventReader {
public:
    asio::awaitable<Result<void>> next(chat::EventBatch& batch, SteadyTime) override {
        batch.clear();
        if (frames.empty()) {
            (leaves ? batch.left : batch.ended) = true;
            co_return Result<void>{};
        }
        auto const owner = std::make_shared<std::string const>(std::move(frames.front()));
        frames.pop_front();
        if (!owner->empty()) batch.pieces.emplace_back(owner->data(), owner->size());
        batch.owners.push_back(owner);
        batch.ended = frames.empty() && !leaves;
        co_return Result<void>{};
    }

    std::deque<std::string> frames;  ///< One batch each; empty: the deadline passed.
    bool leaves = false;             ///< After the last one, in place of ending.
};

}  // namespace kaiwa::api::test
