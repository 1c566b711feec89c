#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

/// Brings an answer that is being written up to now: from memory where it runs here; as interrupted
/// where its runner vanished.
asio::awaitable<Result<void>> bring_up_to_date(Call& call, ThreadId thread,
                                               chat::Message& message) {
    auto& services = call.services;
    if (message.state != chat::MessageState::pending || !message.generation) co_return Result<void>{};
    // A lease follows the wall clock, which jumps when a lid is opened or the time is set.
    if (services.turns.freshen(message)) co_return Result<void>{};
    auto const generation = co_await services.chats.generation(call.who(), *message.generation);
    if (!generation) co_return std::unexpected(generation.error());
    bool const runs = generation->state == chat::GenerationState::running;
    if (runs && generation->lease_until >= services.clock.now()) co_return Result<void>{};
    if (runs) {
        auto const ended =
            co_await services.chats.interrupt_expired(call.who(), *message.generation);
        if (!ended) co_return std::unexpected(ended.error());
    }
    auto now = co_await services.chats.message(call.who(), thread, message.id);
    if (!now) co_return std::unexpected(now.error());
    message = std::move(*now);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> list_messages(Call& call) {
    auto const thread = reference<ThreadId>(call.segment(0));
    if (!thread) co_return std::unexpected(thread.error());
    auto paging = read_paging(call.request, "before");
    if (!paging) co_return std::unexpected(paging.error());
    chat::MessageQuery query{std::nullopt, paging->limit, std::move(paging->cursor)};

    auto page = co_await call.services.chats.messages(call.who(), *thread, std::move(query));
    if (!page) co_return std::unexpected(page.error());
    for (auto& message : page->items) {
        auto current = co_await bring_up_to_date(call, *thread, message);
        if (!current) co_return current;
    }
    co_return co_await answer_json(call.writer, 200,
                                   list_json(page->items, page->next, append_message));
}

}  // namespace

void add_message_routes(RouteTable& table) {
    table.add("GET", "/api/threads/{id}/messages", list_messages);
}

}  // namespace kaiwa::api
