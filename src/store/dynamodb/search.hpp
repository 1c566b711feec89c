#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/engine.hpp"

namespace kaiwa::store::dynamodb {

/// Reads a person's threads, the newest first, and looks into their titles and whole messages:
/// about 1.8 s a call, also inside a long thread, then `partial` and `next`. Nothing is indexed, so
/// nothing costs more while people write.
class DynamoSearch final : public chat::MessageSearch {
public:
    explicit DynamoSearch(Engine engine) : engine_(engine) {}
    asio::awaitable<Result<chat::SearchPage>> search(chat::Principal who, std::string words,
                                                     std::size_t limit, std::string after) override;

private:
    Engine engine_;
};

}  // namespace kaiwa::store::dynamodb
