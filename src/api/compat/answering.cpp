#include "api/compat/answering.hpp"

namespace kaiwa::api::compat {
namespace {

using chat::MessageState;

asio::awaitable<Result<Begun>> find_rest(Services const& services, DialectCaller caller,
                                         Asked const& asked) {
    auto continuation = Continuation::parse(*asked.continuation);
    if (!continuation) co_return fail(Errc::not_found, "a malformed continuation");
    auto session_id = continuation->session_id;
    auto shown_id = continuation->shown_id.empty() ? session_id : std::move(continuation->shown_id);
    bool const may_forget = !caller.caller;  // what is anybody's own is not deleted behind them
    auto const keep = may_forget ? continuation->keep : Conversation::Keep::yes;
    auto found = co_await find_continued(services, std::move(caller), std::move(*continuation));
    if (!found) co_return std::unexpected(found.error());
    Begun begun;
    begun.conversation.owner = std::move(found->owner);
    begun.conversation.session_id = session_id;
    begun.conversation.keep = keep;
    begun.conversation.shown_id = asked.session_id.value_or(std::move(shown_id));
    begun.generation = found->generation.id;
    begun.thread = found->generation.thread;
    begun.reply = found->generation.reply;
    begun.conversation.history_id = history_id(
        services, asked.dialect, begun.conversation.owner.principal, session_id, begun.thread);
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

/// Waits for the terminal event; false when `deadline` came first, or this server goes meanwhile.
asio::awaitable<Result<bool>> wait_for_end(Services const& services, Begun const& begun,
                                           SteadyTime deadline) {
    auto reader = co_await services.api->turns.follow(begun.conversation.owner.principal,
                                                      begun.generation, 0);
    // Events are kept for a day; the message for good.
    if (!reader && reader.error().code == Errc::gone) co_return true;
    if (!reader) co_return std::unexpected(reader.error());
    for (chat::EventBatch batch;;) {
        auto const read = co_await (*reader)->next(batch, deadline);
        if (!read) co_return std::unexpected(read.error());
        if (batch.ended) co_return true;
        if (batch.left || std::chrono::steady_clock::now() >= deadline) co_return false;
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

asio::awaitable<void> add_to_history(Services services, Begun begun, chat::Message answer) {
    auto question = co_await services.api->chats.message(begun.conversation.owner.principal,
                                                         begun.thread, *answer.parent);
    auto kept = Result<void>();
    if (question) {
        chat::Exchange exchange{question->id, std::move(question->text), answer.id,
                                std::move(answer.text)};
        kept =
            co_await services.history->append(begun.conversation.history_id, std::move(exchange));
    } else {
        kept = std::unexpected(question.error());
    }
    // The session's next question tries again.
    if (!kept)
        services.api->log.error("history_not_kept", {{"generation", begun.generation.text()},
                                                     {"reason", kept.error().message}});
}

/// For the request that began the turn: starts adding, which goes on by itself, and waits for it
/// until `deadline`, so that trouble with the table keeps no answer from its client. Whoever asks
/// again waits for all of it, so there are never more tasks than turns.
asio::awaitable<void> add_in_time(Services const& services, Begun const& begun,
                                  chat::Message answer, SteadyTime deadline) {
    if (!begun.is_new) {
        co_await add_to_history(services, begun, std::move(answer));
        co_return;
    }
    struct Added {  // both tasks run on one loop
        bool ended = false;
        Notifier changed;
    };
    auto const loop = co_await asio::this_coro::executor;
    auto const added = std::make_shared<Added>();
    auto on_end = [api = services.api, added](std::exception_ptr escaped) {
        if (escaped) api->log.error("bug", {{"task", "history"}});
        added->ended = true;
        added->changed.notify_all();
    };
    auto const waiter = std::make_shared<Notifier::Waiter>(loop);
    spawn(loop, {}, add_to_history(services, begun, std::move(answer)), std::move(on_end));
    while (!added->ended) {
        added->changed.prepare(waiter);
        bool const woken = co_await waiter->wait_until(deadline);
        if (!woken) co_return;
    }
}

bool belongs_in_history(Begun const& begun, chat::Message const& answer) {
    return !begun.conversation.history_id.empty() && answer.parent &&
           answer.state == MessageState::complete;
}

asio::awaitable<void> wait_and_remember(Services services, Begun begun) {
    constexpr std::chrono::minutes longest{45};
    auto const deadline = std::chrono::steady_clock::now() + longest;
    auto const ended = co_await wait_for_end(services, begun, deadline);
    if (!ended || !*ended) co_return;
    auto answer = co_await services.api->chats.message(begun.conversation.owner.principal,
                                                       begun.thread, begun.reply);
    if (answer && belongs_in_history(begun, *answer))
        co_await add_to_history(services, begun, std::move(*answer));
}

/// For an answer that its own request does not wait for. Only the request that began a turn starts
/// a task, so there are never more than turns.
asio::awaitable<void> remember_later(Services const& services, Begun const& begun) {
    if (begun.conversation.history_id.empty() || !begun.is_new) co_return;
    auto const loop = co_await asio::this_coro::executor;
    auto on_end = [api = services.api](std::exception_ptr escaped) {
        if (escaped) api->log.error("bug", {{"task", "history"}});
    };
    spawn(loop, {}, wait_and_remember(services, begun), std::move(on_end));
}

/// The last answer of the session's thread with its question, where it is whole.
std::optional<chat::Exchange> last_exchange(std::vector<chat::Message> messages) {
    if (messages.size() < 2) return std::nullopt;
    auto& answer = messages.back();
    auto& question = messages[messages.size() - 2];
    if (answer.state != MessageState::complete || answer.parent != question.id) return std::nullopt;
    chat::Exchange exchange{question.id, std::move(question.text), answer.id,
                            std::move(answer.text), question.created_at};
    if (messages.size() > 2) exchange.reply_before = messages[messages.size() - 3].id;
    return exchange;
}

/// What the table says came before.
asio::awaitable<Result<std::vector<chat::Remembered>>> read_history(Services const& services,
                                                                    Conversation conversation) {
    chat::MessageQuery last;
    last.limit = 3;  // an answer, a question and its answer
    auto page = co_await services.api->chats.messages(conversation.owner.principal,
                                                      conversation.thread, std::move(last));
    if (!page) co_return std::unexpected(page.error());
    auto exchange = last_exchange(std::move(page->items));
    co_return co_await services.history->read(conversation.history_id, std::move(exchange));
}

/// The model of a turn where the dialect has none of its own: the one that the configuration names
/// for all. Unset: the session's, unless it is gone, since its caller could not choose another.
asio::awaitable<std::optional<std::string>> model_for(Services const& services,
                                                      Conversation const& conversation) {
    if (services.api->settings()->default_model) co_return services.api->default_model();
    auto const thread =
        co_await services.api->chats.thread(conversation.owner.principal, conversation.thread);
    if (!thread || !thread->settings.model) co_return std::nullopt;
    auto const found = co_await services.api->turns.check_model(*thread->settings.model);
    bool const is_gone = !found && found.error().reason == "unknown_model";
    co_return is_gone ? std::optional(services.api->default_model()) : std::nullopt;
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
    if (!question.settings.model)
        question.settings.model = co_await model_for(services, *conversation);
    question.model_choice = chat::Question::ModelChoice::of_configuration;
    question.remembered = remembered_of(asked);
    if (!conversation->history_id.empty()) {
        auto history = co_await read_history(services, *conversation);
        if (!history) co_return std::unexpected(history.error());
        question.remembered = std::move(*history);
        question.repeat = chat::Question::Repeat::may_remember_more;
        question.history_id = conversation->history_id;
    }
    question.guard = std::move(*admitted);
    auto ticket = co_await services.api->turns.ask(
        conversation->owner.principal, conversation->thread, std::move(question), place);
    if (!ticket) co_return std::unexpected(ticket.error());
    Begun begun;
    begun.conversation = std::move(*conversation);
    begun.generation = ticket->generation;
    begun.thread = ticket->thread;
    begun.reply = ticket->reply;
    begun.is_new = ticket->outcome == chat::TurnTicket::Outcome::created;
    co_return begun;
}

asio::awaitable<Result<Reply>> wait_for_reply(Services const& services, Begun const& begun,
                                              Asked const& asked, SteadyTime deadline) {
    auto const& conversation = begun.conversation;
    auto const ended = co_await wait_for_end(services, begun, deadline);
    if (!ended || !*ended) co_await remember_later(services, begun);
    if (!ended) co_return std::unexpected(ended.error());
    auto message = co_await services.api->chats.message(conversation.owner.principal, begun.thread,
                                                        begun.reply);
    if (!message) co_return std::unexpected(message.error());
    services.api->turns.freshen(*message);
    if (belongs_in_history(begun, *message))
        co_await add_in_time(services, begun, *message, deadline);

    Answered answered{conversation.shown_id, message->text, std::nullopt};
    if (message->finish && *message->finish != "stop") answered.finish = message->finish;
    // What a server's end or a function's deadline cut off is shown, and said to be cut.
    bool const is_cut = message->state == MessageState::interrupted && !message->text.empty();
    if (is_cut) answered.finish = "interrupted";
    if (is_cut || message->state == MessageState::complete)
        co_return whole_reply(asked, answered);
    if (message->state == MessageState::pending) {
        Continuation const rest{begun.generation, conversation.session_id, conversation.keep,
                                conversation.shown_id};
        co_return partial_reply(asked, answered, rest.text());
    }
    co_return failed_reply(asked.dialect, words_of(*message));
}

asio::awaitable<void> see_remembered(Services const& services, Begun const& begun) {
    if (begun.conversation.history_id.empty()) co_return;
    auto answer = co_await services.api->chats.message(begun.conversation.owner.principal,
                                                       begun.thread, begun.reply);
    if (!answer || answer->state == MessageState::pending)
        co_await remember_later(services, begun);
    else if (belongs_in_history(begun, *answer))
        co_await add_to_history(services, begun, std::move(*answer));
}

asio::awaitable<void> see_remembered(Services const& services, chat::Handover ran) {
    Begun begun;
    begun.conversation.owner.principal = std::move(ran.who);
    begun.conversation.history_id = std::move(ran.history_id);
    begun.thread = ran.thread;
    begun.reply = ran.reply;
    co_await see_remembered(services, begun);
}

asio::awaitable<void> forget(Services const& services, Begun const& begun) {
    if (begun.conversation.keep == Conversation::Keep::yes) co_return;
    auto const deleted = co_await services.api->chats.delete_thread(
        begun.conversation.owner.principal, begun.thread);
    if (!deleted)
        services.api->log.warning("conversation_not_forgotten",
                                  {{"reason", deleted.error().message}});
}

}  // namespace kaiwa::api::compat
