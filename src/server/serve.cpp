#include "server/serve.hpp"

#include "api/routes.hpp"
#include "base/task_group.hpp"
#include "base/wait.hpp"
#include "server/announcement.hpp"
#include "server/loops.hpp"
#include "server/page/page_handler.hpp"
#include "server/signals.hpp"
#include "server/wire_api.hpp"

#include <sys/resource.h>

#include <future>

namespace kaiwa::server {
namespace {

constexpr std::chrono::seconds close_patience{2};
constexpr std::chrono::milliseconds watch_interval{500};
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
    return options;
}

/// A running server: everything it is made of, in the order it is made.
class RunningServer {
public:
    RunningServer(Serve command, Settings settings, Stores stores, ReadConfiguration read_again,
                  std::string config_file)
        : command_(command),
          settings_(std::move(settings)),
          read_again_(std::move(read_again)),
          config_file_(std::move(config_file)),
          log_(settings_.log_format, settings_.log_level),
          loops_(usable_cores()),
          stores_(std::move(stores)),
          identity_(stores_.database->users(), clock_, random_, log_),
          models_(stores_.database->providers(), settings_.listen, clock_, random_, log_),
          responder_(stores_, models_.catalogue()),
          turns_(turn_services(), turn_options(settings_), loops_.executors()),
          server_(loops_.executors(), router_, server_options(settings_), random_, log_),
          background_(loops_.first(), log_) {}

    /// Starts listening and working; the announcement follows by itself.
    Result<void> start() {
        if (auto configured = configure(settings_); !configured) return configured;
        add_program_metrics(metrics_, {turns_, *stores_.database});
        metrics_.add(api::Metrics::Kind::gauge, "kaiwa_connections", "Open connections.",
                     [this] { return static_cast<double>(server_.connections()); });
        api::add_routes(router_, api_services());
        router_.set_fallback(command_.watch ? page_in_folder(page_under_development)
                                            : embedded_page());
        auto address = server_.start();
        if (!address) return std::unexpected(address.error());

        background_.start("signals", watch_signals(signal_actions()));
        background_.start("welcome", welcome(*address));
        background_.start("catalogue", models_.catalogue().keep_fresh());
        background_.start("models", models_.keep_fresh());
        background_.start("cleaning", stores_.database->keep_clean(*stores_.blobs));
        if (command_.watch) background_.start("watch", watch_configuration());
        loops_.start();
        return {};
    }

    /// Waits for the signal and the orderly end after it.
    void wait() {
        ended_.get_future().wait();
        if (!loops_.run_dry(close_patience)) {
            // What still runs holds references to what would be destroyed now; all is durable.
            log_.warning("tasks_left_behind");
            std::_Exit(0);
        }
    }

private:
    chat::TurnService::Services turn_services() {
        return {.store = stores_.database->chats(),
                .responder = responder_,
                .notices = notices_,
                .clock = clock_,
                .random = random_,
                .log = log_,
                .default_model = [this] { return models_.default_model(); }};
    }
    static chat::TurnOptions turn_options(Settings const& settings) {
        chat::TurnOptions options;
        options.turns_per_user = settings.turns_per_user;
        options.max_answer_bytes = settings.max_answer_bytes;
        return options;
    }
    api::Services api_services() {
        return {.authenticator = identity_.authenticator,
                .users = identity_.administration,
                .first_administrator = identity_.first_administrator,
                .turns = turns_,
                .chats = stores_.database->chats(),
                .search = stores_.database->search(),
                .blobs = *stores_.blobs,
                .notices = notices_,
                .catalogue = models_.catalogue(),
                .providers = stores_.database->providers(),
                .metrics = metrics_,
                .clock = clock_,
                .random = random_,
                .log = log_,
                .settings = [this] { return told_.get(); },
                .reload_providers = [this] { return models_.reload(); },
                .find_servers = [this] { return find_servers(); }};
    }
    asio::awaitable<std::vector<api::FoundServer>> find_servers() {
        std::vector<api::FoundServer> servers;
        auto found = co_await models_.find_servers();
        for (auto& server : found)
            servers.push_back({"openai", server.label, server.base_url, std::move(server.models)});
        co_return servers;
    }

    /// Takes what may change while running.
    Result<void> configure(Settings const& settings) {
        auto told = api_settings(settings);
        if (!told) return std::unexpected(told.error());
        if (auto configured = models_.configure(settings); !configured) return configured;
        responder_.configure(settings);
        told_.set(std::move(*told));
        return {};
    }
    void reload() {
        auto read = read_again_();
        auto taken = read ? configure(read->settings) : Result<void>(std::unexpected(read.error()));
        if (!taken) {
            log_.error("configuration_not_reloaded", {{"reason", taken.error().message}});
            return;
        }
        log_.info("configuration_reloaded");
        auto const& now = read->settings;
        if (now.listen != settings_.listen || now.data != settings_.data)
            log_.warning("restart_needed",
                         {{"reason", "server.listen and server.data are read at the start"}});
    }
    asio::awaitable<void> watch_configuration() {
        auto const changed_at = [this] {
            std::error_code absent;
            return std::filesystem::last_write_time(config_file_, absent);
        };
        auto last = changed_at();
        for (;;) {
            bool const goes_on = co_await sleep_for(watch_interval);
            if (!goes_on) co_return;
            if (auto const now = changed_at(); now != std::exchange(last, now)) reload();
        }
    }

    /// Says that we are ready, now that signals are heard. Then makes the first administrator that
    /// the environment names, or shows the link for it.
    asio::awaitable<void> welcome(asio::ip::tcp::endpoint address) {
        announce_ready(settings_, address);
        if (auto const& seed = settings_.administrator) {
            auto made = co_await identity_.first_administrator.create_from_environment(
                seed->username, seed->password);
            if (!made) log_.error("administrator_not_made", {{"reason", made.error().message}});
            if (made && *made) log_.info("administrator_made", {{"username", seed->username}});
            co_return;
        }
        auto needed = co_await identity_.first_administrator.needed();
        if (needed && *needed)
            announce_setup(settings_, address, identity_.first_administrator.issue_token());
        if (!needed) log_.error("administrators_not_read", {{"reason", needed.error().message}});
    }

    SignalActions signal_actions() {
        return {.stop = [this] { start_once("shutdown", shut_down()); },
                .stop_now = [this] { start_once("interrupt", turns_.finish({})); },
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
        log_.info("draining", {{"turns", turns_.running()}});
        turns_.drain();
        co_await turns_.finish(settings_.drain_time);
        server_.drain();
        co_await server_.stop(close_patience);
        background_.stop();
        co_await background_.join(close_patience);
        for (auto const& loop : loops_.executors())
            asio::post(loop, [this] { models_.client().close_idle(); });
        log_.info("stopped");
        ended_.set_value();
    }

    Serve command_;
    Settings settings_;
    ReadConfiguration read_again_;
    std::string config_file_;
    SystemClock clock_;
    SystemRandom random_;
    StderrLog log_;
    Loops loops_;
    Stores stores_;
    Identity identity_;
    Models models_;
    chat::Notices notices_;
    ConfiguredResponder responder_;
    chat::TurnService turns_;
    api::Metrics metrics_;
    Replaceable<api::Settings const> told_;
    http::Router router_;
    http::Server server_;
    TaskGroup background_;
    std::promise<void> ended_;
};

}  // namespace

Result<void> serve(Serve command, Settings settings, ReadConfiguration read_again,
                   std::string config_file) {
    allow_many_sockets();
    SystemClock clock;
    SystemRandom random;
    StderrLog log(settings.log_format, settings.log_level);
    auto stores = open_stores(settings, store::sqlite::Access::server, clock, random, log);
    if (!stores) return std::unexpected(stores.error());
    RunningServer server(command, std::move(settings), std::move(*stores), std::move(read_again),
                         std::move(config_file));
    if (auto started = server.start(); !started) return started;
    server.wait();
    return {};
}

}  // namespace kaiwa::server
