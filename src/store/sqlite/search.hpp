#pragma once

#include "chat/chat_store.hpp"
#include "store/sqlite/engine.hpp"

namespace kaiwa::store::sqlite {

/// The search filter of `text`, made on the calling loop or, for a long text, on a reading thread:
/// the writer only stores it. Fails with `unavailable`.
asio::awaitable<Result<std::string>> make_filter(Engine engine, std::string const& text);

/// The `MessageSearch` over the same SQLite file.
///
/// It walks back through its owner's threads and messages: titles are compared at once, messages
/// only where their filter (search_filter.hpp) lets all words through. No statement takes longer
/// for other people's data, and a search that runs out of time goes on where it stopped.
class SqliteSearch final : public chat::MessageSearch {
public:
    explicit SqliteSearch(Engine engine) : engine_(engine) {}

    asio::awaitable<Result<chat::SearchPage>> search(chat::Principal who, std::string words,
                                                     std::size_t limit, std::string after) override;

private:
    Engine engine_;
};

}  // namespace kaiwa::store::sqlite
