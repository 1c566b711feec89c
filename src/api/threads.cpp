#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

constexpr std::size_t max_thread_body = 256 * 1024;

/// The thread as its next turn would take it: with the default model while it has none of its own,
/// which is not stored before that turn (docs/decisions/0027-a-thread-shows-the-default-model.md).
std::string as_asked_next(Call const& call, chat::Thread thread) {
    if (!thread.settings.model) {
        auto model = call.services.default_model();
        if (!model.empty()) thread.settings.model = std::move(model);
    }
    return thread_json(thread);
}

/// Tells the person's other pages, and answers with the thread.
asio::awaitable<Result<void>> answer_thread(Call& call, unsigned status, chat::Thread thread) {
    auto json = as_asked_next(call, thread);
    call.services.notices.publish(call.who().id, chat::ThreadChanged{std::move(thread)});
    co_return co_await answer_json(call.writer, status, std::move(json));
}

enum class Named { by_new_thread, by_change };

/// Whether a request may name the model for its thread. One that the thread shows already it keeps,
/// wherever that went since (docs/decisions/0028-a-turn-names-a-model-that-is-there.md).
asio::awaitable<Result<void>> check_model(Call const& call, ThreadId id,
                                          std::optional<std::string> model, Named named) {
    if (!model) co_return Result<void>{};
    auto known = co_await call.services.turns.check_model(*model);
    if (known) co_return known;
    auto const thread = co_await call.services.chats.thread(call.who(), id);
    bool const same =
        thread && thread->settings.model.value_or(call.services.default_model()) == *model;
    if (same) co_return Result<void>{};
    if (!thread && named == Named::by_change) co_return std::unexpected(thread.error());
    co_return known;
}

/// Models answer at it steadily and yet with some variety; who wants the model's own says null.
constexpr double default_temperature = 0.7;

asio::awaitable<Result<void>> create_thread(Call& call) {
    chat::NewThread wanted;
    wanted.settings.parameters.temperature = default_temperature;
    JsonFields fields(call.body, "the body");
    bool const is_named = fields.has("id") && !fields.is_null("id");
    wanted.id = is_named ? made_id<ThreadId>(fields, "id")
                         : ThreadId{make_uuid7(call.services.clock, call.services.random)};
    wanted.title = read_title(fields, "title").value_or("");
    if (auto const* settings = fields.member("settings"); settings && !settings->is_null()) {
        auto const read = read_settings(*settings);
        if (!read) co_return std::unexpected(read.error());
        wanted.settings = read->apply_to(std::move(wanted.settings));
    }
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto const good =
        co_await check_model(call, wanted.id, wanted.settings.model, Named::by_new_thread);
    if (!good) co_return good;
    auto thread = co_await call.services.chats.create_thread(call.who(), std::move(wanted));
    if (!thread) co_return std::unexpected(thread.error());
    co_return co_await answer_thread(call, 201, std::move(*thread));
}

asio::awaitable<Result<void>> list_threads(Call& call) {
    auto paging = read_paging(call.request);
    if (!paging) co_return std::unexpected(paging.error());
    auto const archived = call.request.parameter("archived").value_or("false");
    if (archived != "true" && archived != "false")
        co_return fail(Errc::invalid_argument, "?archived=: expected true or false");
    chat::ThreadQuery query{archived == "true", paging->limit, std::move(paging->cursor)};

    auto page = co_await call.services.chats.threads(call.who(), std::move(query));
    if (!page) co_return std::unexpected(page.error());
    co_return co_await answer_json(call.writer, 200,
                                   list_json(page->items, page->next, append_thread_item));
}

asio::awaitable<Result<void>> show_thread(Call& call) {
    auto const id = reference<ThreadId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto thread = co_await call.services.chats.thread(call.who(), *id);
    if (!thread) co_return std::unexpected(thread.error());
    co_return co_await answer_json(call.writer, 200, as_asked_next(call, std::move(*thread)));
}

asio::awaitable<Result<void>> update_thread(Call& call) {
    auto const id = reference<ThreadId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    chat::ThreadPatch patch;
    JsonFields fields(call.body, "the body");
    patch.title = read_title(fields, "title");
    patch.archived = fields.optional_boolean("archived");
    auto const head = fields.optional_string("head", {});
    auto const* settings = fields.member("settings");
    if (auto ok = fields.finish(); !ok) co_return ok;
    if (settings && !settings->is_null()) {
        auto read = read_settings(*settings);
        if (!read) co_return std::unexpected(read.error());
        patch.settings = std::move(*read);
    }
    auto const model = patch.settings ? patch.settings->set.model : std::nullopt;
    auto const good = co_await check_model(call, *id, model, Named::by_change);
    if (!good) co_return good;
    if (head) {
        auto const message = reference<MessageId>(*head);
        if (!message) co_return std::unexpected(message.error());
        patch.head = *message;
    }

    auto thread = co_await call.services.chats.update_thread(call.who(), *id, std::move(patch));
    if (!thread) co_return std::unexpected(thread.error());
    co_return co_await answer_thread(call, 200, std::move(*thread));
}

asio::awaitable<Result<void>> delete_thread(Call& call) {
    auto const id = reference<ThreadId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto deleted = co_await call.services.chats.delete_thread(call.who(), *id);
    if (!deleted) co_return deleted;
    call.services.turns.stop_thread(*id);
    call.services.notices.publish(call.who().id, chat::ThreadDeleted{*id});
    co_return co_await answer_empty(call.writer);
}

asio::awaitable<Result<void>> restore_thread(Call& call) {
    auto const id = reference<ThreadId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto thread = co_await call.services.chats.restore_thread(call.who(), *id);
    if (!thread) co_return std::unexpected(thread.error());
    co_return co_await answer_thread(call, 200, std::move(*thread));
}

asio::awaitable<Result<void>> select_branch(Call& call) {
    auto const id = reference<ThreadId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto const message = reference<MessageId>(call.segment(1));
    if (!message) co_return std::unexpected(message.error());
    auto thread = co_await call.services.chats.select_branch(call.who(), *id, *message);
    if (!thread) co_return std::unexpected(thread.error());
    co_return co_await answer_thread(call, 200, std::move(*thread));
}

}  // namespace

void add_thread_routes(RouteTable& table) {
    table.add("GET", "/api/threads", list_threads);
    table.add_json("POST", "/api/threads", create_thread, max_thread_body);
    table.add("GET", "/api/threads/{id}", show_thread);
    table.add_json("PATCH", "/api/threads/{id}", update_thread, max_thread_body);
    table.add("DELETE", "/api/threads/{id}", delete_thread);
    table.add_command("POST", "/api/threads/{id}/restore", restore_thread);
    table.add_command("POST", "/api/threads/{id}/messages/{message}/select", select_branch);
}

}  // namespace kaiwa::api
