#include "api/compat/conversation.hpp"

#include "base/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <span>

namespace kaiwa::api::compat {
namespace {

/// A session whose thread was deleted goes on in another; so often.
constexpr int max_lives = 8;

void mark(Uuid& id, std::uint8_t version) {
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | version << 4);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
}

/// A UUID made of texts (RFC 9562, version 8): the same texts give the same id, and nobody finds
/// texts that give a certain one.
Uuid derive(std::initializer_list<std::string_view> parts) {
    std::string text = "kaiwa dialects";
    for (auto const part : parts) text += fmt::format("|{}:{}", part.size(), part);
    auto const digest = sha256(text);
    Uuid id;
    std::ranges::copy(std::span(digest).first(id.bytes.size()), id.bytes.begin());
    mark(id, 8);
    return id;
}

/// A session's id: 122 random bits, since knowing it may be all that is needed.
std::string make_session_id(Random& random) {
    Uuid id;
    random.fill(id.bytes);
    mark(id, 4);
    return id.text();
}

/// The thread whose owner is the session's in a table of histories: whoever named it here first.
ThreadId claim_of(std::string_view session_id) {
    return ThreadId{derive({"claim", session_id})};
}

bool has_history(Services const& services, Dialect dialect) {
    return services.history && dialect == Dialect::lambda_url;
}

ThreadId thread_of(auth::Principal const& who, std::string_view session_id, int life) {
    return ThreadId{derive({"session", who.id.text(), session_id, std::to_string(life)})};
}

auth::Caller anonymous_owner(std::string_view session_id) {
    auth::Caller owner;
    owner.principal.id = UserId{derive({"anonymous", session_id})};
    owner.principal.username = std::string(anonymous_mark) + owner.principal.id.text();
    owner.credential.kind = auth::Credential::Kind::none;
    return owner;
}

asio::awaitable<Result<void>> make_thread(Services const& services, auth::Principal who,
                                          ThreadId id, chat::Stay stay = chat::for_good) {
    chat::NewThread wanted;
    wanted.id = id;
    wanted.stay = stay;
    auto made = co_await services.api->chats.create_thread(std::move(who), std::move(wanted));
    if (!made) co_return std::unexpected(made.error());
    co_return Result<void>{};
}

/// The cleaner comes late.
bool is_over(chat::Thread const& thread, Timestamp now) {
    return thread.stay != chat::for_good && thread.updated_at + thread.stay <= now;
}

enum class Claims { no, yes };

/// The session's thread, made when it is not there. One that was deleted, or whose id somebody took
/// before, has another life.
asio::awaitable<Result<ThreadId>> session_thread(Services const& services, auth::Principal who,
                                                 std::string session_id, Claims claims) {
    int const first = claims == Claims::yes ? -1 : 0;
    for (int life = first; life < max_lives; ++life) {
        auto const id = life < 0 ? claim_of(session_id) : thread_of(who, session_id, life);
        auto const found = co_await services.api->chats.thread(who, id);
        if (found) co_return id;
        if (found.error().code != Errc::not_found) co_return std::unexpected(found.error());
        auto made = co_await make_thread(services, who, id);
        if (made) co_return id;
        if (made.error().code != Errc::not_found) co_return std::unexpected(made.error());
    }
    co_return fail(Errc::conflict, "this session was deleted too often; begin another");
}

asio::awaitable<Result<Conversation>> anonymous_conversation(Services const& services,
                                                             Asked const& asked) {
    using enum Continuation::Keep;
    if (asked.session_id) {
        Conversation known{anonymous_owner(*asked.session_id), {}, *asked.session_id,
                           *asked.session_id};
        known.thread = thread_of(known.owner.principal, *asked.session_id, 0);
        known.history_id = history_id(services, asked.dialect, known.owner.principal,
                                      known.session_id, known.thread);
        auto const found = co_await services.api->chats.thread(known.owner.principal, known.thread);
        if (found && !is_over(*found, services.api->clock.now())) co_return known;
        if (!found && found.error().code != Errc::not_found) co_return std::unexpected(found.error());
    }
    // A client that calls a session so goes on doing it; a browser takes another cookie.
    bool const is_clients_own = asked.session_id && asked.named_by == Asked::NamedBy::request;
    auto session_id = make_session_id(services.api->random);
    Conversation fresh{anonymous_owner(session_id), {}, session_id,
                       is_clients_own ? *asked.session_id : session_id};
    fresh.thread = thread_of(fresh.owner.principal, session_id, 0);
    fresh.keep = is_clients_own ? once : yes;
    fresh.issued = is_clients_own ? Conversation::Issued::no : Conversation::Issued::yes;
    if (fresh.keep == yes)
        fresh.history_id =
            history_id(services, asked.dialect, fresh.owner.principal, session_id, fresh.thread);
    // A client that is cut off may come back for the rest of it, and may not.
    auto const stay =
        fresh.keep == once ? chat::passing : services.settings()->anonymous.session_days;
    auto made = co_await make_thread(services, fresh.owner.principal, fresh.thread, stay);
    if (!made) co_return std::unexpected(made.error());
    co_return fresh;
}

/// A new session's id. A repeat of the request comes to the same one.
std::string new_session_id(Services const& services, auth::Principal const& who,
                           Asked const& asked) {
    if (!asked.idempotency_key) return make_session_id(services.api->random);
    return derive({"key", who.id.text(), *asked.idempotency_key}).text();
}

}  // namespace

asio::awaitable<Result<Conversation>> find_conversation(Services const& services,
                                                        DialectCaller caller, Asked const& asked) {
    if (!caller.caller) co_return co_await anonymous_conversation(services, asked);
    Conversation conversation;
    conversation.owner = std::move(*caller.caller);
    auto const& who = conversation.owner.principal;
    if (!asked.session_id) conversation.issued = Conversation::Issued::yes;
    conversation.session_id =
        asked.session_id ? *asked.session_id : new_session_id(services, who, asked);
    conversation.shown_id = conversation.session_id;
    auto const claims = has_history(services, asked.dialect) ? Claims::yes : Claims::no;
    auto thread = co_await session_thread(services, who, conversation.session_id, claims);
    if (!thread) co_return std::unexpected(thread.error());
    conversation.thread = *thread;
    conversation.history_id =
        history_id(services, asked.dialect, who, conversation.session_id, *thread);
    co_return conversation;
}

std::string history_id(Services const& services, Dialect dialect, auth::Principal const& who,
                       std::string const& session_id, ThreadId thread) {
    if (!has_history(services, dialect)) return {};
    bool const issued = who.username.starts_with(anonymous_mark);
    if (issued || thread == claim_of(session_id)) return session_id;
    return session_id + "#" + thread.text();
}

asio::awaitable<Result<Continued>> find_continued(Services const& services, DialectCaller caller,
                                                  Continuation continuation) {
    auto owner = caller.caller ? std::move(*caller.caller)
                               : anonymous_owner(continuation.session_id);
    auto generation =
        co_await services.api->chats.generation(owner.principal, continuation.generation);
    if (!generation) co_return std::unexpected(generation.error());
    co_return Continued{std::move(owner), std::move(*generation)};
}

MessageId question_id(Services const& services, Conversation const& conversation,
                      Asked const& asked) {
    if (!asked.idempotency_key)
        return MessageId{make_uuid7(services.api->clock, services.api->random)};
    return MessageId{derive({"question", conversation.thread.text(), *asked.idempotency_key})};
}

ThreadId role_thread(auth::Principal const& who) {
    return ThreadId{derive({"role", who.id.text()})};
}

}  // namespace kaiwa::api::compat
