#include "api/compat/answering.hpp"

#include "api/json_text.hpp"

namespace kaiwa::api::compat {
namespace {

using chat::MessageState;

asio::awaitable<Result<Begun>> find_rest(Services const& services, DialectCaller caller,
                                         Asked const& asked) {
    auto continuation = Continuation::parse(*asked.continuation);
    if (!continuation) co_return fail(Errc::not_found, "a malformed continuation");
    auto session_id = continuation->session_id;
    bool const may_forget = !caller.caller;  // what is anybody's own is not deleted behind them
    auto const keep = may_forget ? continuation->keep : Conversation::Keep::yes;
    auto found = co_await find_continued(services, std::move(caller), std::move(*continuation));
    if (!found) co_return std::unexpected(found.error());
    Begun begun;
    begun.conversation.owner = std::move(found->owner);
    begun.conversation.session_id = session_id;
    begun.conversation.keep = keep;
    begun.conversation.shown_id = asked.session_id.value_or(session_id);
    begun.generation = found->generation.id;
    begun.thread = found->generation.thread;
    begun.reply = found->generation.reply;
    co_return begun;
}

/// What the model is told beside the question: what the client remembers, and its role.
std::optional<std::vector<chat::Remembered>> remembered_of(Asked const& asked) {
    if (asked.dialect != Dialect::gptgram) return asked.remembered;
    std::vector<chat::Remembered> only_role;
    if (asked.role) only_role.push_back({chat::Remembered::Kind::instruction, *asked.role});
    return only_role;
}

/// What somebody who proves nothing may ask at once.
Result<std::shared_ptr<void>> admit(Services const& services, Settings const& settings,
                                    DialectCaller const& caller, Asked const& asked) {
    if (caller.caller) return nullptr;
    auto bytes = asked.text.size();
    for (auto const& message : asked.remembered.value_or(std::vector<chat::Remembered>{}))
        bytes += message.text.size();
    if (bytes > settings.anonymous.max_message_bytes)
        return fail(Errc::too_large, "the message is longer than may be asked without signing in");
    auto place = services.quota.reserve(settings.anonymous.turns_at_once);
    if (!place)
        return fail(Errc::rate_limited, "too many answers are being written; try again",
                    "too_many_requests");
    return place;
}

/// Waits for the terminal event; false when `deadline` came first.
asio::awaitable<Result<bool>> wait_for_end(Services const& services, Begun const& begun,
                                           SteadyTime deadline) {
    auto reader = co_await services.api->turns.follow(begun.conversation.owner.principal,
                                                      begun.generation, 0);
    // Events are kept for a day; the message for good.
    if (!reader && reader.error().code == Errc::gone) co_return true;
    if (!reader) co_return std::unexpected(reader.error());
    for (;;) {
        auto const batch = co_await (*reader)->next(deadline);
        if (!batch) co_return std::unexpected(batch.error());
        if (batch->ended) co_return true;
        if (std::chrono::steady_clock::now() >= deadline) co_return false;
    }
}

/// The sentence for people in the problem that a failed answer ended with.
std::string words_of(chat::Message const& message) {
    if (message.error) {
        auto const problem = parse_json(*message.error);
        auto const* object = problem ? problem->if_object() : nullptr;
        auto const* detail = object ? object->if_contains("detail") : nullptr;
        if (detail && detail->is_string()) return std::string(detail->get_string());
    }
    if (message.state == MessageState::stopped) return "The answer was stopped.";
    if (message.state == MessageState::interrupted)
        return "The server ended before the answer was whole; try again.";
    return "The answer could not be written; try again.";
}

Reply role_reply(unsigned status, std::string_view name, std::string_view text) {
    Reply reply{status, "{"};
    JsonMembers(reply.json).text(name, text);
    reply.json += '}';
    return reply;
}

asio::awaitable<Result<void>> put_role(Services const& services, auth::Principal who,
                                       std::optional<std::string> role) {
    auto const id = role_thread(who);
    chat::NewThread wanted;
    wanted.id = id;
    wanted.title = "GPTGRAM role";
    auto thread = co_await services.api->chats.create_thread(who, std::move(wanted));
    if (!thread && thread.error().code == Errc::not_found)
        thread = co_await services.api->chats.restore_thread(who, id);
    if (!thread) co_return std::unexpected(thread.error());
    chat::ThreadPatch patch;
    auto& settings = patch.settings.emplace();
    settings.clears_system_prompt = !role;
    settings.set.system_prompt = std::move(role);
    patch.archived = true;
    auto updated = co_await services.api->chats.update_thread(who, id, std::move(patch));
    if (!updated) co_return std::unexpected(updated.error());
    co_return Result<void>{};
}

}  // namespace

asio::awaitable<Result<Begun>> begin(Services const& services, Settings const& settings,
                                     DialectCaller caller, Asked const& asked,
                                     chat::RunPlace place) {
    if (asked.continuation) co_return co_await find_rest(services, std::move(caller), asked);
    auto admitted = admit(services, settings, caller, asked);
    if (!admitted) co_return std::unexpected(admitted.error());

    auto conversation = co_await find_conversation(services, std::move(caller), asked);
    if (!conversation) co_return std::unexpected(conversation.error());
    chat::Question question;
    question.id = question_id(services, *conversation, asked);
    question.text = asked.text;
    question.settings = settings.of(asked.dialect).turn;
    question.remembered = remembered_of(asked);
    question.guard = std::move(*admitted);
    auto ticket = co_await services.api->turns.ask(
        conversation->owner.principal, conversation->thread, std::move(question), place);
    if (!ticket) co_return std::unexpected(ticket.error());
    Begun begun;
    begun.conversation = std::move(*conversation);
    begun.generation = ticket->generation;
    begun.thread = ticket->thread;
    begun.reply = ticket->reply;
    co_return begun;
}

asio::awaitable<Result<Reply>> wait_for_reply(Services const& services, Begun const& begun,
                                              Asked const& asked, SteadyTime deadline) {
    auto const& conversation = begun.conversation;
    auto const ended = co_await wait_for_end(services, begun, deadline);
    if (!ended) co_return std::unexpected(ended.error());
    auto message = co_await services.api->chats.message(conversation.owner.principal, begun.thread,
                                                        begun.reply);
    if (!message) co_return std::unexpected(message.error());
    services.api->turns.freshen(*message);

    Answered answered{conversation.shown_id, message->text, std::nullopt};
    if (message->finish && *message->finish != "stop") answered.finish = message->finish;
    if (message->state == MessageState::complete) co_return whole_reply(asked, answered);
    if (message->state == MessageState::pending) {
        Continuation const rest{begun.generation, conversation.session_id, conversation.keep};
        co_return partial_reply(asked, answered, rest.text());
    }
    co_return failed_reply(asked.dialect, words_of(*message));
}

asio::awaitable<void> forget(Services const& services, Begun const& begun) {
    if (begun.conversation.keep == Conversation::Keep::yes) co_return;
    auto const deleted = co_await services.api->chats.delete_thread(
        begun.conversation.owner.principal, begun.thread);
    if (!deleted)
        services.api->log.warning("conversation_not_forgotten",
                                  {{"reason", deleted.error().message}});
}

asio::awaitable<Result<Reply>> act_on_role(Services const& services, DialectCaller caller,
                                           RoleAction action) {
    if (!caller.caller) co_return role_reply(400, "error", "a role is kept for whoever signs in");
    auto const who = caller.caller->principal;
    if (action.kind == RoleAction::Kind::put) {
        auto put = co_await put_role(services, who, std::move(action.role));
        if (!put) co_return std::unexpected(put.error());
        co_return role_reply(200, "message", "Role added or updated successfully");
    }
    auto thread = co_await services.api->chats.thread(who, role_thread(who));
    if (!thread && thread.error().code != Errc::not_found)
        co_return std::unexpected(thread.error());
    auto const role = thread ? thread->settings.system_prompt : std::nullopt;
    if (action.kind == RoleAction::Kind::remove) {
        auto removed = role ? co_await put_role(services, who, std::nullopt) : Result<void>{};
        if (!removed) co_return std::unexpected(removed.error());
        co_return role_reply(200, "message", "Role deleted successfully");
    }
    if (!role) co_return role_reply(404, "error", "Role not found for the given user");
    Reply reply{200, "{"};
    JsonMembers(reply.json).text("UserID", who.username).text("Role", *role);
    reply.json += '}';
    co_return reply;
}

}  // namespace kaiwa::api::compat
