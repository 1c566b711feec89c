#include "llm/chat_model.hpp"

namespace kaiwa::llm {

asio::awaitable<Outcome<Event>> CompletionStream::next() {
    for (;;) {
        if (auto event = ready()) co_return std::move(*event);
        co_await arrive();
    }
}

}  // namespace kaiwa::llm
