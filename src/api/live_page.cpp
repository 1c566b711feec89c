#include "api/live_page.hpp"

#include "api/caller_watch.hpp"
#include "api/event_stream.hpp"
#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/problem.hpp"
#include "chat/event_frame.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace kaiwa::api {
namespace {

using std::chrono::steady_clock;

/// Tasks of generations that were unfollowed end a moment later; so many may be in that moment.
constexpr std::size_t max_passing = 2 * LivePage::max_followed;

/// For what is being written when the page may no longer read; then the connection is cut.
constexpr std::chrono::milliseconds farewell_time{250};

std::string notice_json(chat::Notice const& notice) {
    std::string out = R"({"type":"thread",)";
    JsonMembers members(out);
    if (auto const* changed = std::get_if<chat::ThreadChanged>(&notice))
        append_thread_item(members.value_of("thread"), changed->thread);
    else
        members.id("deleted", std::get<chat::ThreadDeleted>(notice).id);
    out += '}';
    return out;
}

}  // namespace

LivePage::LivePage(Call& call, std::unique_ptr<http::WebSocket> socket, asio::any_io_executor loop)
    : call_(call),
      socket_(std::move(socket)),
      loop_(std::move(loop)),
      gate_(loop_),
      tasks_(loop_, call.services.log),
      watch_(loop_, call.services.log) {}

asio::awaitable<void> LivePage::run() {
    tasks_.start("websocket notices", tell_notices());
    watch_.start("websocket watch", watch_caller());
    co_await read_commands();
    over_ = true;
    stop_tasks();
    watch_.stop();
    // They use this object: whatever happens, they are waited for.
    while (tasks_.size() > 0 || watch_.size() > 0 || !passing_.empty())
        co_await sleep_for(std::chrono::milliseconds(1));
}

void LivePage::stop_tasks() {
    auto const passing = passing_;  // those that end meanwhile leave the set
    for (auto const& follow : passing) follow->tasks.stop();
    tasks_.stop();
}

asio::awaitable<void> LivePage::watch_caller() {
    CallerWatch watch(call_);
    Result<void> allowed;
    // A stop that comes while the store is asked ends no sleep.
    while (allowed && !over_) {
        if (!co_await sleep_for(watch.due() - steady_clock::now())) co_return;
        allowed = co_await watch.check();
    }
    if (over_) co_return;
    tasks_.start("websocket farewell",
                 take_leave(Farewell{1008, "signed out", problem(allowed.error(), {})}));
    co_await sleep_for(farewell_time);
    over_ = true;
    co_await socket_->close(1008, "signed out");
    stop_tasks();
}

asio::awaitable<void> LivePage::take_leave(Farewell farewell) {
    if (std::exchange(leaving_, true) || over_) co_return;
    // A page that does not read would keep the reason waiting: then it goes without.
    if (!farewell.message.empty() && !gate_.is_taken()) {
        std::array const pieces{
            asio::const_buffer(farewell.message.data(), farewell.message.size())};
        static_cast<void>(co_await socket_->write(pieces));
    }
    over_ = true;
    co_await socket_->close(farewell.code, std::move(farewell.reason));
}

asio::awaitable<void> LivePage::tell_notices() {
    auto farewell = co_await tell_notices_until_the_end();
    if (!over_) co_await take_leave(std::move(farewell));
}

asio::awaitable<LivePage::Farewell> LivePage::tell_notices_until_the_end() {
    auto const subscription = call_.services.notices.subscribe(call_.who().id);
    while (!over_ && !leaving_) {
        auto notices = co_await subscription->next(steady_clock::now() + heartbeat_interval);
        if (!notices) {
            if (notices.error().code == Errc::conflict) co_return Farewell{1013, "too far behind", {}};
            co_return Farewell{1001, "going away", {}};
        }
        for (auto const& notice : *notices)
            if (!co_await send(notice_json(notice))) break;
    }
    co_return Farewell{};
}

asio::awaitable<void> LivePage::read_commands() {
    while (!over_) {
        auto const text = co_await socket_->read();
        if (!text) break;
        auto command = parse_command(*text);
        if (!command)
            co_await send(problem(command.error(), {}));
        else if (command->kind == PageCommand::Kind::follow)
            co_await follow(std::move(*command));
        else if (auto const id = GenerationId::parse(command->generation))
            unfollow(*id);
    }
}

asio::awaitable<void> LivePage::follow(PageCommand command) {
    auto const id = reference<GenerationId>(command.generation);
    if (!id) {
        co_await send(problem(id.error(), command.generation));
        co_return;
    }
    unfollow(*id);
    if (followed_.size() >= max_followed || passing_.size() >= max_passing) {
        Error const error{Errc::rate_limited,
                          fmt::format("a page can follow {} answers at once", max_followed),
                          {}};
        co_await send(problem(error, command.generation));
        co_return;
    }
    CallerWatch watch(call_);
    if (auto allowed = co_await watch.check_now(); !allowed) {
        co_await send(problem(allowed.error(), command.generation));
        co_return;
    }
    auto reader = co_await call_.services.turns.follow(call_.who(), *id, command.after);
    if (!reader) {
        co_await send(problem(reader.error(), command.generation));
        co_return;
    }
    auto const follow = std::make_shared<Follow>(*id, loop_, call_.services.log);
    followed_[*id] = follow;
    passing_.insert(follow);
    follow->tasks.start("websocket events", pass_events(follow, std::move(*reader)));
}

void LivePage::unfollow(GenerationId id) {
    auto const found = followed_.find(id);
    if (found == followed_.end()) return;
    auto const follow = found->second;
    followed_.erase(found);
    follow->over = true;
    // A write in progress is left alone: half a frame would end the whole connection.
    if (follow->waiting) follow->tasks.stop();
}

asio::awaitable<void> LivePage::pass_events(std::shared_ptr<Follow> follow,
                                            std::unique_ptr<chat::EventReader> reader) {
    struct Leaving {
        LivePage& page;
        std::shared_ptr<Follow> const& follow;
        ~Leaving() { page.passing_.erase(follow); }
    } const leaving{*this, follow};
    chat::EventBatch batch;
    while (!follow->over && !over_) {
        follow->waiting = true;
        auto const read = co_await reader->next(batch, steady_clock::now() + heartbeat_interval);
        follow->waiting = false;
        if (follow->over || over_) break;
        if (!read) {
            co_await send(problem(read.error(), follow->id.text()));
            break;
        }
        if (!co_await send_events(*follow, batch) || batch.ended || batch.left) break;
    }
    auto const found = followed_.find(follow->id);
    if (found != followed_.end() && found->second == follow) followed_.erase(found);
}

asio::awaitable<bool> LivePage::send_events(Follow const& follow, chat::EventBatch const& batch) {
    auto const id = follow.id.text();
    for (auto const& piece : batch.pieces) {
        for (auto const& frame : chat::split_frames(chat::EventBatch::text_of(piece))) {
            if (follow.over) co_return false;
            auto const head = fmt::format(R"({{"generation":"{}","n":{},"type":"{}","data":)", id,
                                          frame.number, frame.type);
            std::array const pieces{asio::const_buffer(head.data(), head.size()),
                                    asio::const_buffer(frame.data.data(), frame.data.size()),
                                    asio::const_buffer("}", 1)};
            if (!co_await send(pieces)) co_return false;
        }
    }
    co_return true;
}

std::string LivePage::problem(Error const& error, std::string_view generation) const {
    std::string out = R"({"type":"problem",)";
    if (!generation.empty()) {
        JsonMembers(out).text("generation", generation);
        out += ',';
    }
    out += problem_members(to_problem(error), call_.request.id);
    out += '}';
    return out;
}

asio::awaitable<bool> LivePage::send(std::string message) {
    std::array const pieces{asio::const_buffer(message.data(), message.size())};
    co_return co_await send(pieces);
}

asio::awaitable<bool> LivePage::send(std::span<asio::const_buffer const> pieces) {
    if (over_ || leaving_ || !co_await gate_.enter()) co_return false;
    Result<void> sent = fail(Errc::cancelled, "the page is gone");
    if (!over_ && !leaving_) sent = co_await socket_->write(pieces);
    gate_.leave();
    if (!sent) over_ = true;
    co_return sent.has_value();
}

}  // namespace kaiwa::api
