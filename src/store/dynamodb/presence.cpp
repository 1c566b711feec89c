#include "store/dynamodb/presence.hpp"

#include "base/wait.hpp"
#include "store/dynamodb/generation_row.hpp"

namespace kaiwa::store::dynamodb {
namespace {

constexpr std::chrono::minutes shown_for{6};
constexpr std::chrono::minutes between{1};
constexpr std::chrono::seconds after_failure{5};

}  // namespace

asio::awaitable<Result<void>> Presence::show() {
    auto const until = engine_.clock.now() + shown_for;
    auto item = key().item();
    item.emplace("until", until.time_since_epoch().count());
    item.emplace(expiry_attribute, epoch_seconds(until));
    co_return co_await engine_.table.put(std::move(item));
}

asio::awaitable<void> Presence::keep_shown() {
    for (;;) {
        auto const shown = co_await show();
        if (!shown)
            engine_.log.warning("other programs may not see that this server is at work",
                                {{"error", shown.error().message}});
        std::chrono::seconds const pause = shown ? std::chrono::seconds(between) : after_failure;
        bool const stopped = co_await stop_requested();
        bool const goes_on = !stopped && co_await sleep_for(pause);
        if (!goes_on) break;
    }
    auto const gone = co_await engine_.table.remove(key());
    if (!gone)
        engine_.log.warning("other programs will think for minutes that this server is at work",
                            {{"error", gone.error().message}});
}

}  // namespace kaiwa::store::dynamodb
