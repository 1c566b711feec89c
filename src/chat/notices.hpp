#pragma once

#include "base/wait.hpp"
#include "chat/types.hpp"
#include "kaiwa/error.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <variant>
#include <vector>

namespace kaiwa::chat {

struct ThreadChanged {
    Thread thread;
};
struct ThreadDeleted {
    ThreadId id;
};
using Notice = std::variant<ThreadChanged, ThreadDeleted>;

/// Tells every open page of a person that a list of threads changed. Thread-safe.
class Notices {
public:
    /// One page's queue, at most 256 notices: a reader that falls further behind is told `conflict`
    /// and has to start over.
    class Subscription {
    public:
        static constexpr std::size_t max_waiting = 256;

        /// The notices since the last call, waiting for one until `deadline`; empty when it passed.
        /// Fails with `conflict` (some were lost) or `cancelled`.
        asio::awaitable<Result<std::vector<Notice>>> next(SteadyTime deadline);

    private:
        friend class Notices;
        std::mutex mutex_;
        Notifier changed_;
        std::vector<Notice> waiting_;
        bool lost_ = false;
    };

    [[nodiscard]] std::shared_ptr<Subscription> subscribe(UserId owner);
    void publish(UserId owner, Notice notice);
    /// Whether anybody would hear; saves making notices for nobody.
    [[nodiscard]] bool has_subscribers(UserId owner);

private:
    std::mutex mutex_;
    std::unordered_map<UserId, std::vector<std::weak_ptr<Subscription>>> subscriptions_;
};

}  // namespace kaiwa::chat
