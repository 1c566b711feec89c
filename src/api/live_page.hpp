#pragma once

#include "api/call.hpp"
#include "api/gate.hpp"
#include "api/page_command.hpp"
#include "base/task_group.hpp"
#include "chat/event_reader.hpp"
#include "chat/notices.hpp"

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace kaiwa::api {

/// One open page: a WebSocket over which it follows any number of generations and hears of changes
/// to its list of threads.
///
/// This task reads what the page asks; one tells it of changed threads; each followed generation has
/// one that waits for its events. Whoever has something to say takes its turn at a gate in front of
/// the socket. So a page that reads slowly makes its tasks wait, and no queue grows. One more never
/// waits there: it watches whether the page may still read. All tasks run on the connection's loop
/// and have ended when `run()` returns.
class LivePage {
public:
    static constexpr std::size_t max_followed = 64;

    LivePage(Call& call, std::unique_ptr<http::WebSocket> socket, asio::any_io_executor loop);

    /// Serves the page until it leaves, may no longer read, or this task is stopped.
    asio::awaitable<void> run();

private:
    /// A generation being followed. Touched on the loop only.
    struct Follow {
        Follow(GenerationId what, asio::any_io_executor loop, Log& log)
            : id(what), tasks(std::move(loop), log) {}

        GenerationId const id;
        TaskGroup tasks;       ///< The one that waits for events.
        bool waiting = false;  ///< For events, so that it can be stopped at once; not in a write.
        bool over = false;     ///< Nothing more is to be sent.
    };
    /// Why the server ends the connection (RFC 6455, 7.4.1).
    struct Farewell {
        std::uint16_t code = 1000;
        std::string reason;
        std::string message;  ///< Sent before; may be empty.
    };

    asio::awaitable<void> tell_notices();
    asio::awaitable<Farewell> tell_notices_until_the_end();
    /// Ends the connection when the page may no longer read, however slowly it reads.
    asio::awaitable<void> watch_caller();
    asio::awaitable<void> take_leave(Farewell farewell);
    void stop_tasks();

    asio::awaitable<void> read_commands();
    asio::awaitable<void> follow(PageCommand command);
    void unfollow(GenerationId id);
    asio::awaitable<void> pass_events(std::shared_ptr<Follow> follow,
                                      std::unique_ptr<chat::EventReader> reader);
    asio::awaitable<bool> send_events(Follow const& follow, chat::EventBatch const& batch);

    [[nodiscard]] std::string problem(Error const& error, std::string_view generation) const;
    asio::awaitable<bool> send(std::string message);
    /// False when nothing more can be sent.
    asio::awaitable<bool> send(std::span<asio::const_buffer const> pieces);

    Call& call_;
    std::unique_ptr<http::WebSocket> socket_;
    asio::any_io_executor loop_;
    Gate gate_;
    TaskGroup tasks_;
    TaskGroup watch_;
    std::unordered_map<GenerationId, std::shared_ptr<Follow>> followed_;
    /// Those with a task in `pass_events()`, also of what was unfollowed.
    std::unordered_set<std::shared_ptr<Follow>> passing_;
    bool leaving_ = false;  ///< Nothing but a farewell is to be sent.
    bool over_ = false;
};

}  // namespace kaiwa::api
