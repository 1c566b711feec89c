#include "api/fields.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

asio::awaitable<Result<void>> put_feedback(Call& call) {
    auto const thread = reference<ThreadId>(call.segment(0));
    if (!thread) co_return std::unexpected(thread.error());
    auto const message = reference<MessageId>(call.segment(1));
    if (!message) co_return std::unexpected(message.error());

    JsonFields fields(call.body, "the body");
    auto const value = fields.optional_choice("value", {"up", "down"});
    if (!value) fields.refuse("value", "up or down");
    JsonFields::Text const limits{0, max_comment_bytes};
    chat::Feedback feedback{
        value == "down" ? chat::Feedback::Value::down : chat::Feedback::Value::up,
        fields.optional_string("comment", limits).value_or("")};
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto stored = co_await call.services.chats.put_feedback(call.who(), *thread, *message,
                                                            std::move(feedback));
    if (!stored) co_return stored;
    co_return co_await answer_empty(call.writer);
}

asio::awaitable<Result<void>> remove_feedback(Call& call) {
    auto const thread = reference<ThreadId>(call.segment(0));
    if (!thread) co_return std::unexpected(thread.error());
    auto const message = reference<MessageId>(call.segment(1));
    if (!message) co_return std::unexpected(message.error());
    auto removed = co_await call.services.chats.remove_feedback(call.who(), *thread, *message);
    if (!removed) co_return removed;
    co_return co_await answer_empty(call.writer);
}

}  // namespace

void add_feedback_routes(RouteTable& table) {
    std::string const pattern = "/api/threads/{id}/messages/{message}/feedback";
    table.add_json("PUT", pattern, put_feedback, 2 * max_small_body_bytes);
    table.add("DELETE", pattern, remove_feedback);
}

}  // namespace kaiwa::api
