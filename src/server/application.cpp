#include "server/application.hpp"

#include "api/compat/answering.hpp"
#include "api/compat/direct_event.hpp"
#include "api/routes.hpp"

#include <boost/asio/post.hpp>

namespace kaiwa::server {
namespace {

constexpr std::chrono::seconds models_patience{5};

chat::TurnOptions turn_options(Settings const& settings) {
    chat::TurnOptions options;
    options.turns_per_user = settings.turns_per_user;
    options.max_answer_bytes = settings.max_answer_bytes;
    return options;
}

}  // namespace

Application::Application(Ground ground, Settings const& settings, std::unique_ptr<Stores> stores,
                         HandOver hand_over)
    : ground_(std::move(ground)),
      stores_(std::move(stores)),
      identity_(stores_->users(), ground_.clock, ground_.random, ground_.log),
      models_(stores_->providers(), settings, ground_.aws, ground_.clock, ground_.random,
              ground_.log),
      reports_(settings.logged_metrics, models_.catalogue(), ground_.clock, ground_.log),
      hand_over_(std::move(hand_over)),
      responder_(models_.catalogue(), make_prompts(*stores_, recent_, settings)),
      dialects_(settings, ground_.aws, ground_.clock, ground_.random, ground_.log),
      turns_(turn_services(), turn_options(settings), ground_.loops) {}

Result<void> Application::set_up(Settings const& settings, http::Handler page) {
    if (auto configured = configure(settings); !configured) return configured;
    add_program_metrics(metrics_, turns_);
    stores_->add_metrics(metrics_);
    api::add_routes(router_, api_services());
    api::compat::add_routes(router_, dialect_services());
    router_.set_fallback(std::move(page));
    return {};
}

Result<void> Application::configure(Settings const& settings) {
    auto told = api_settings(settings);
    if (!told) return std::unexpected(told.error());
    auto before = ground_.aws.set_variables(settings.aws_variables);
    if (auto configured = models_.configure(settings); !configured) {
        ground_.aws.set_variables(std::move(before));
        return configured;
    }
    responder_.set_prompts(make_prompts(*stores_, recent_, settings));
    dialects_.configure(settings);
    told_.set(std::move(*told));
    return {};
}

void Application::keep_fresh(TaskGroup& background) {
    background.start("catalogue", models_.catalogue().keep_fresh());
    background.start("models", models_.keep_fresh());
    background.start("presence", stores_->keep_shown());
    background.start("cleaning", stores_->keep_clean());
}

asio::awaitable<void> Application::catch_up() {
    return models_.catch_up();
}

asio::awaitable<void> Application::settle() {
    co_await turns_.settle();
    co_await models_.catalogue().settle(std::chrono::steady_clock::now() + models_patience);
}

asio::awaitable<Result<std::size_t>> Application::clean(SteadyTime until) {
    return stores_->clean(until);
}

asio::awaitable<Result<void>> Application::run_claimed(GenerationId id) {
    auto ran = co_await turns_.run_claimed(id);
    if (!ran) co_return std::unexpected(std::move(ran.error()));
    auto const services = dialect_services();
    co_await api::compat::see_remembered(services, std::move(*ran));
    co_return Result<void>{};
}

asio::awaitable<Result<std::string>> Application::answer_event(json::object event,
                                                               SteadyTime deadline) {
    auto const services = dialect_services();
    json::value payload(std::move(event));
    auto const answer =
        co_await api::compat::answer_direct_event(services, std::move(payload), deadline);
    if (!answer) co_return std::unexpected(answer.error());
    co_return json::serialize(*answer);
}

void Application::close_idle() {
    for (auto const& loop : ground_.loops)
        asio::post(loop, [this] {
            models_.client().close_idle();
            dialects_.client().close_idle();
            ground_.aws.close_idle();
        });
}

chat::TurnService::Services Application::turn_services() {
    return {.store = stores_->chats(),
            .responder = responder_,
            .notices = notices_,
            .recent = recent_,
            .clock = ground_.clock,
            .random = ground_.random,
            .log = ground_.log,
            .default_model = [this] { return models_.default_model(); },
            .knows_model =
                [this](std::string model) { return models_.knows(std::move(model)); },
            .hand_over = hand_over_,
            .report = [this](chat::TurnReport const& report) { reports_.tell(report); }};
}

api::Services Application::api_services() {
    return {.authenticator = identity_.authenticator,
            .users = identity_.administration,
            .first_administrator = identity_.first_administrator,
            .turns = turns_,
            .chats = stores_->chats(),
            .search = stores_->search(),
            .blobs = stores_->blobs(),
            .notices = notices_,
            .catalogue = models_.catalogue(),
            .providers = stores_->providers(),
            .metrics = metrics_,
            .clock = ground_.clock,
            .random = ground_.random,
            .log = ground_.log,
            .settings = [this] { return told_.get(); },
            .default_model = [this] { return models_.default_model(); },
            .reload_providers = [this] { return models_.reload(); },
            .find_servers = [this] { return find_servers(); },
            .takes_changes = [this] { return stores_->takes_changes(); }};
}

api::compat::Services Application::dialect_services() {
    return dialects_.services(std::make_shared<api::Services const>(api_services()));
}

asio::awaitable<std::vector<api::FoundServer>> Application::find_servers() {
    std::vector<api::FoundServer> servers;
    auto found = co_await models_.find_servers();
    for (auto& server : found)
        servers.push_back({"openai", server.label, server.base_url, std::move(server.models)});
    co_return servers;
}

}  // namespace kaiwa::server
