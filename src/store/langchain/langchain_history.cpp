#include "store/langchain/langchain_history.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::store::langchain {
namespace {

constexpr char const* list_attribute = "History";
constexpr char const* expiry_attribute = "expireAt";

Item key_of(std::string const& session_id) {
    return {{"SessionId", session_id}};
}

std::int64_t seconds_of(Timestamp time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

bool LangchainHistory::Session::has(MessageId id) const {
    auto const text = id.text();
    return std::ranges::find(messages, text, &HistoryMessage::id) != messages.end();
}

asio::awaitable<Result<LangchainHistory::Session>> LangchainHistory::load(std::string session_id) {
    using State = Session::State;
    auto item = co_await table_.get(key_of(session_id));
    if (!item) co_return std::unexpected(item.error());
    Session session;
    if (!*item) co_return session;
    session.item = std::move(**item);
    session.state = State::there;
    // The table's own expiry comes days late.
    auto const expires = dynamodb::optional_integer(session.item, expiry_attribute);
    if (expires && *expires > 0 && seconds_of(clock_.now()) >= *expires) {
        session.state = State::over;
        session.item.erase(list_attribute);
    }
    auto messages = read_history(session.item);
    if (!messages) co_return std::unexpected(messages.error());
    session.messages = std::move(*messages);
    co_return session;
}

/// The answer before it tells an answer that never came in from one that others took away; the
/// first of a session has none, and is missed while somebody may still ask for it.
bool LangchainHistory::lacks(Session const& session, chat::Exchange const& last) const {
    if (session.state == Session::State::over || session.has(last.reply_id)) return false;
    if (last.reply_before) return session.has(*last.reply_before);
    return clock_.now() - last.asked_at < std::chrono::hours(1);
}

asio::awaitable<Result<std::vector<chat::Remembered>>> LangchainHistory::read(
    std::string session_id, std::optional<chat::Exchange> last) {
    auto session = co_await load(session_id);
    if (!session) co_return std::unexpected(session.error());
    if (last && lacks(*session, *last)) {
        auto added = co_await append(session_id, std::move(*last));
        // What is larger than an item stays out for good.
        if (!added && added.error().code != Errc::too_large)
            co_return std::unexpected(added.error());
        session = co_await load(std::move(session_id));
        if (!session) co_return std::unexpected(session.error());
    }
    std::vector<chat::Remembered> said;
    for (auto& message : session->messages)
        if (message.known) said.push_back(std::move(message.said));
    co_return said;
}

asio::awaitable<Result<void>> LangchainHistory::append(std::string session_id,
                                                       chat::Exchange exchange) {
    dynamodb::Backoff backoff(random_);
    for (;;) {
        auto const done = co_await try_append(session_id, exchange);
        if (!done) co_return std::unexpected(done.error());
        if (*done) co_return Result<void>{};
        bool const goes_on = co_await backoff.pause();
        if (!goes_on)
            co_return fail(Errc::unavailable, "others change the session all the time; try again",
                           "busy");
    }
}

asio::awaitable<Result<bool>> LangchainHistory::try_append(std::string session_id,
                                                           chat::Exchange exchange) {
    auto session = co_await load(session_id);
    if (!session) co_return std::unexpected(session.error());
    if (session->has(exchange.reply_id)) co_return true;

    Value::List pair{human_element(exchange.question, exchange.question_id.text()),
                     ai_element(exchange.answer, exchange.reply_id.text())};
    if (cut(pair, max_history_bytes).size() != pair.size())
        co_return fail(Errc::too_large, "a question and its answer are too large for one item");
    auto const* stored = dynamodb::find(session->item, list_attribute);
    auto history = stored ? *stored->if_list() : Value::List();
    auto const length = history.size();
    std::ranges::copy(pair, std::back_inserter(history));
    auto kept = cut(std::move(history), max_history_bytes);
    bool const is_whole = kept.size() == length + pair.size();

    dynamodb::Aliases aliases;
    dynamodb::Update update(aliases);
    auto const name = aliases.name(list_attribute);
    auto const* expires = dynamodb::find(session->item, expiry_attribute);
    std::string condition;
    if (stored)
        condition = fmt::format("size({}) = {}", name, aliases.value(length));
    else if (expires)  // over, and begun anew
        condition = fmt::format("{} = {}", aliases.name(expiry_attribute), aliases.value(*expires));
    else
        condition = fmt::format("attribute_not_exists({})", name);
    if (stored && is_whole) {
        update.set_to(
            name, fmt::format("list_append({}, {})", name, aliases.value(Value(std::move(pair)))));
    } else {
        update.set(list_attribute, Value(std::move(kept)));
    }
    if (expires_after_)
        update.set(expiry_attribute, seconds_of(clock_.now() + *expires_after_));
    else if (!stored && expires)
        update.remove(expiry_attribute);
    auto text = update.text();
    auto written = co_await table_.update(key_of(session_id), std::move(aliases), std::move(text),
                                          std::move(condition));
    if (!written) co_return std::unexpected(written.error());
    co_return written->done;
}

}  // namespace kaiwa::store::langchain
