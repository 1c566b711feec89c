#include "api/event_stream.hpp"
#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/resources.hpp"
#include "api/turn_body.hpp"

namespace kaiwa::api {
namespace {

/// 202 with the ids, or the events themselves when the client asks for them. The run goes on
/// whatever becomes of this connection.
asio::awaitable<Result<void>> answer_turn(Call& call, chat::TurnTicket ticket) {
    auto const location = "/api/generations/" + ticket.generation.text() + "/events";
    if (!wants_events(call.request)) {
        auto head = api_head(202, "application/json");
        head.headers.add("Location", location);
        co_return co_await call.writer.respond(std::move(head), ticket_json(ticket));
    }
    auto reader = co_await call.services.turns.follow(call.who(), ticket.generation, 0);
    if (!reader) co_return std::unexpected(reader.error());
    co_return co_await stream_events(call, std::move(*reader), location);
}

/// Whoever reads along wants the turn on the connection that asked.
chat::RunPlace place_of(http::Request const& request) {
    return wants_events(request) ? chat::RunPlace::here : chat::RunPlace::anywhere;
}

asio::awaitable<Result<void>> start_turn(Call& call) {
    auto const thread = reference<ThreadId>(call.segment(0));
    if (!thread) co_return std::unexpected(thread.error());
    auto question = read_question(call.body, call.settings->uploads.max_files);
    if (!question) co_return std::unexpected(question.error());
    auto ticket = co_await call.services.turns.ask(call.who(), *thread, std::move(*question),
                                                    place_of(call.request));
    if (!ticket) co_return std::unexpected(ticket.error());
    co_return co_await answer_turn(call, std::move(*ticket));
}

asio::awaitable<Result<void>> answer_again(Call& call, chat::ReplyRequest::Kind kind) {
    auto const thread = reference<ThreadId>(call.segment(0));
    if (!thread) co_return std::unexpected(thread.error());
    auto const message = reference<MessageId>(call.segment(1));
    if (!message) co_return std::unexpected(message.error());
    auto request = read_reply(call.body, *message, kind);
    if (!request) co_return std::unexpected(request.error());
    auto ticket =
        co_await call.services.turns.reply_again(call.who(), *thread, std::move(*request),
                                                 place_of(call.request));
    if (!ticket) co_return std::unexpected(ticket.error());
    co_return co_await answer_turn(call, std::move(*ticket));
}

asio::awaitable<Result<void>> regenerate(Call& call) {
    return answer_again(call, chat::ReplyRequest::Kind::regenerate);
}

asio::awaitable<Result<void>> carry_on(Call& call) {
    return answer_again(call, chat::ReplyRequest::Kind::carry_on);
}

asio::awaitable<Result<void>> stop(Call& call) {
    auto const id = reference<GenerationId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto stopped = co_await call.services.turns.stop(call.who(), *id);
    if (!stopped) co_return stopped;
    co_return co_await answer_empty(call.writer, 202);
}

}  // namespace

void add_turn_routes(RouteTable& table) {
    table.add_json("POST", "/api/threads/{id}/turns", start_turn, max_turn_body_bytes);
    table.add_json("POST", "/api/threads/{id}/messages/{message}/regenerate", regenerate,
                   max_turn_body_bytes);
    table.add_json("POST", "/api/threads/{id}/messages/{message}/continue", carry_on,
                   max_turn_body_bytes);
    table.add_command("POST", "/api/generations/{id}/stop", stop);
}

}  // namespace kaiwa::api
