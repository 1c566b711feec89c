#include "chat/asking_again.hpp"

#include "base/json.hpp"

namespace kaiwa::chat {

using std::chrono::steady_clock;

asio::awaitable<void> AskingAgain::asking_again(llm::Failure const& failure) {
    if (!since_) since_ = steady_clock::now();
    why_ = failure.kind;
    ++failures_;
    // Whether the turn goes on is found out by the wait that follows.
    static_cast<void>(co_await sink_.step(step("running")));
}

asio::awaitable<Result<void>> AskingAgain::end(Ending how) {
    if (!since_) co_return Result<void>{};
    co_return co_await sink_.step(step(how == Ending::answers ? "done" : "failed"));
}

std::string AskingAgain::step(std::string_view state) const {
    json::object detail{
        {"class", llm::to_string(why_)}, {"provider", provider_}, {"failures", failures_}};
    if (state != "running") {
        auto const passed =
            std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - *since_);
        detail["ms"] = passed.count();
    }
    return json::serialize(json::object{{"id", "retry"},
                                        {"kind", "model"},
                                        {"name", "retry"},
                                        {"state", state},
                                        {"detail", std::move(detail)}});
}

}  // namespace kaiwa::chat
