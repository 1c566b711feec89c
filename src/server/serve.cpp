#include "server/serve.hpp"

#include "base/task_group.hpp"
#include "base/wait.hpp"
#include "server/announcement.hpp"
#include "server/application.hpp"
#include "server/late_secrets.hpp"
#include "server/loops.hpp"
#include "server/page/page_handler.hpp"
#include "server/reload.hpp"
#include "server/signals.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <future>

namespace kaiwa::server {
namespace {

/// What still runs after the drain time is over may take so long: all in all less than a second.
constexpr std::chrono::milliseconds least_close_patience{400};  // for requests
constexpr std::chrono::milliseconds farewell_patience{250};     // for connections that were stopped
constexpr std::chrono::milliseconds background_patience{200};
constexpr std::chrono::milliseconds dry_patience{100};
/// For requests, where the drain time is not over.
constexpr std::chrono::milliseconds close_patience{2000};
constexpr std::chrono::milliseconds watch_interval{500};
constexpr std::chrono::minutes secret_patience{1};
constexpr std::chrono::seconds administrator_interval{15};
constexpr char const* page_under_development = "web/dist";

/// Every stream is a socket, two with its model's.
void allow_many_sockets() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

http::ServerOptions server_options(Settings const& settings) {
    http::ServerOptions options;
    options.listen = settings.listen;
    options.trusted_proxies = settings.trusted_proxies;
    options.limits.max_connections = settings.max_connections;
    options.request_log = settings.logs_requests() ? http::ServerOptions::RequestLog::on
                                                   : http::ServerOptions::RequestLog::off;
    return options;
}

/// The program behind its own HTTP server: listens, hears signals, ends in order.
class ServerHost {
public:
    /// `ground` stands on `loops`.
    ServerHost(Ground ground, Loops& loops, Serve command, Configuration configuration,
               std::unique_ptr<Stores> stores, ReadConfiguration read_again,
               std::string config_file)
        : command_(command),
          started_(std::move(configuration)),
          settings_(started_.settings),
          read_again_(std::move(read_again)),
          config_file_(std::move(config_file)),
          log_(ground.log),
          aws_(ground.aws),
          loops_(loops),
          application_(ground, settings_, std::move(stores)),
          server_(loops_.executors(), application_.router(), server_options(settings_),
                  ground.random, log_),
          background_(loops_.first(), log_),
          closing_(loops_.first(), log_) {}

    /// Starts listening and working; the announcement follows by itself.
    Result<void> start() {
        if (auto set_up = application_.set_up(settings_, page()); !set_up) return set_up;
        application_.metrics().add(api::Metrics::Kind::gauge, "kaiwa_connections",
                                   "Open connections.",
                                   [this] { return static_cast<double>(server_.connections()); });
        auto address = server_.start();
        if (!address) return std::unexpected(address.error());

        background_.start("signals", watch_signals(signal_actions()));
        background_.start("welcome", welcome(*address));
        application_.keep_fresh(background_);
        if (command_.watch) background_.start("watch", watch_configuration());
        loops_.start();
        return {};
    }

    /// Waits for the signal and the orderly end after it.
    void wait() {
        ended_.get_future().wait();
        auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(
            gone_by_ - std::chrono::steady_clock::now());
        if (!loops_.run_dry(std::max(left, dry_patience))) {
            // What still runs holds references to what would be destroyed now. A turn among it
            // waits for a store that does not take how it ended.
            auto const unsaved = application_.turns().running();
            log_.warning("tasks_left_behind", {{"unsaved_turns", unsaved}});
            std::_Exit(unsaved > 0 ? EXIT_FAILURE : EXIT_SUCCESS);
        }
    }

private:
    void reload() {
        auto read = read_again_();
        if (read) keep_of_the_start(read->settings, settings_);
        auto taken = read ? application_.configure(read->settings)
                          : Result<void>(std::unexpected(read.error()));
        if (!taken) {
            log_.error("configuration_not_reloaded", {{"reason", taken.error().message}});
            return;
        }
        log_.info("configuration_reloaded");
        if (auto const waiting = waiting_for_a_start(started_, *read); !waiting.empty())
            log_.warning("restart_needed",
                         {{"reason", fmt::format("{}: read at the start; what runs has what was said then",
                                                 fmt::join(waiting, ", "))}});
    }
    /// The page under development where it is watched and built, else the program's own.
    http::Handler page() const {
        if (!command_.watch) return embedded_page(settings_.public_url);
        std::filesystem::path const folder(page_under_development);
        std::error_code absent;
        if (std::filesystem::exists(folder / "index.html", absent))
            return page_in_folder(folder, settings_.public_url);
        log_.warning("no_page_to_watch",
                     {{"reason", fmt::format("there is no {}/index.html here; the page that is in "
                                             "the program is served",
                                             page_under_development)}});
        return embedded_page(settings_.public_url);
    }
    asio::awaitable<void> watch_configuration() {
        auto const changed_at = [this] {
            std::error_code absent;
            return std::filesystem::last_write_time(config_file_, absent);
        };
        auto last = changed_at();
        for (;;) {
            co_await sleep_for(watch_interval);
            bool const stopped = co_await stop_requested();
            if (stopped) co_return;
            if (auto const now = changed_at(); now != std::exchange(last, now)) reload();
        }
    }

    /// Says that we are ready, now that signals are heard. Then makes the first administrator that
    /// the environment names, or shows the link for it.
    asio::awaitable<void> welcome(asio::ip::tcp::endpoint address) {
        announce_ready(settings_, address);
        auto& administrators = application_.first_administrator();
        if (auto const& seed = settings_.administrator) {
            for (;;) {
                auto const made = co_await make_administrator(administrators, *seed, aws_, log_);
                if (made != AdministratorMade::later) co_return;
                if (!co_await sleep_for(administrator_interval)) co_return;
            }
        }
        auto needed = co_await administrators.needed();
        if (needed && *needed) announce_setup(settings_, address, administrators.issue_token());
        if (!needed) log_.error("administrators_not_read", {{"reason", needed.error().message}});
    }

    SignalActions signal_actions() {
        return {.stop = [this] { start_once("shutdown", shut_down()); },
                .stop_now = [this] { start_once("interrupt", application_.turns().finish({})); },
                .reload = [this] { reload(); }};
    }
    /// For what outlives `background_`.
    void start_once(char const* name, asio::awaitable<void> task) {
        auto on_end = [this, name](std::exception_ptr escaped) {
            if (escaped) log_.error("bug", {{"task", name}});
        };
        spawn(loops_.first(), {}, std::move(task), std::move(on_end));
    }
    asio::awaitable<void> shut_down() {
        auto const drained_by = std::chrono::steady_clock::now() + settings_.drain_time;
        auto& turns = application_.turns();
        log_.info("draining", {{"turns", turns.running()}});
        turns.drain();
        co_await turns.finish(settings_.drain_time);
        turns.leave();
        server_.drain();
        auto const now = std::chrono::steady_clock::now();
        auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(drained_by - now);
        auto const patience =
            std::clamp(left + least_close_patience, least_close_patience, close_patience);
        gone_by_ = now + patience + farewell_patience + background_patience + dry_patience;
        closing_.start("connections", server_.stop(patience));
        auto const open = co_await closing_.join(patience + farewell_patience);
        if (open > 0) log_.warning("connections_left_open", {{"open", server_.connections()}});
        background_.stop();
        co_await background_.join(background_patience);
        application_.close_idle();
        log_.info("stopped");
        ended_.set_value();
    }

    Serve command_;
    Configuration const started_;
    Settings const& settings_;
    ReadConfiguration read_again_;
    std::string config_file_;
    Log& log_;
    AwsGround& aws_;
    Loops& loops_;
    Application application_;
    http::Server server_;
    TaskGroup background_;
    TaskGroup closing_;
    SteadyTime gone_by_{};  ///< When the process ends, whatever still runs.
    std::promise<void> ended_;
};

}  // namespace

Result<void> serve(Serve command, Configuration configuration, ReadConfiguration read_again,
                   std::string config_file) {
    allow_many_sockets();
    auto& settings = configuration.settings;
    SystemClock const clock;
    SystemRandom random;
    StderrLog log(settings.log_format, settings.log_level);
    if (auto read = read_sealing_secret_now(settings, clock, random, log, secret_patience); !read)
        return read;
    AwsGround aws(settings, AwsGround::Connections::kept, clock, random, log);
    auto stores = open_stores(settings, StoreUser::server, aws, clock, random, log);
    if (!stores) return std::unexpected(stores.error());
    Loops loops(usable_cores());
    ServerHost host({clock, random, log, aws, loops.executors()}, loops, command,
                    std::move(configuration), std::move(*stores), std::move(read_again),
                    std::move(config_file));
    if (auto started = host.start(); !started) return started;
    host.wait();
    return {};
}

}  // namespace kaiwa::server
