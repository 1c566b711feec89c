#include "server/serve_function.hpp"

#include "aws/endpoints.hpp"
#include "lambda/runtime.hpp"
#include "lambda/self_invocation.hpp"
#include "server/application.hpp"
#include "server/config.hpp"
#include "server/late_secrets.hpp"
#include "server/page/page_handler.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <csignal>
#include <memory>

namespace kaiwa::server {
namespace {

bool is_default(Configuration const& configuration, std::string_view path) {
    auto const found = std::ranges::find(configuration.explained, path, &ExplainedValue::path);
    return found == configuration.explained.end() || found->source == "default";
}

Result<Settings> read_settings() {
    auto sources = read_config_sources({}, {});
    if (!sources) return std::unexpected(sources.error());
    auto configuration = make_configuration(*sources);
    if (!configuration) return std::unexpected(configuration.error());
    auto settings = std::move(configuration->settings);
    settings.home = Home::function;
    if (is_default(*configuration, "log.format")) settings.log_format = LogFormat::json;
    if (is_default(*configuration, "store.kind") && is_default(*configuration, "server.data"))
        return fail(Errc::invalid_argument,
                    "a function keeps no files of its own: set store.kind (KAIWA_STORE__KIND) to "
                    "\"dynamodb\", or, to try it, server.data (KAIWA_DATA) to a folder under /tmp, "
                    "which is lost with the sandbox");
    return settings;
}

/// The Lambda API of the function's own region, called in the name of its role.
class LambdaApi {
public:
    explicit LambdaApi(AwsGround& aws)
        : service_(aws::make_client(aws.session(), {.service = "lambda", .host = "lambda"})),
          invocation_(*service_) {}
    [[nodiscard]] lambda::SelfInvocation& self() { return invocation_; }

private:
    std::unique_ptr<aws::ServiceClient> service_;
    lambda::SelfInvocation invocation_;
};

/// Nothing where there are no keys or no region: emulators.
std::unique_ptr<LambdaApi> lambda_api(AwsGround& aws) {
    auto const region = aws.variable("AWS_REGION");
    auto const has_keys =
        aws.variable("AWS_ACCESS_KEY_ID") && aws.variable("AWS_SECRET_ACCESS_KEY");
    if (!region || !aws::is_region(*region) || !has_keys) return nullptr;
    return std::make_unique<LambdaApi>(aws);
}

/// Settings, stores and all that stands on them, made when the first event is there.
class FunctionProgram final : public lambda::Program {
public:
    FunctionProgram(Ground ground, Settings settings)
        : ground_(std::move(ground)), settings_(std::move(settings)) {}

    asio::awaitable<Result<void>> get_ready(lambda::Invocation const& invocation) override {
        if (!application_) {
            if (auto read = co_await read_sealing_secret(settings_, ground_.aws); !read)
                co_return read;
            if (auto made = make(); !made) co_return made;
        }
        if (lambda_api_) lambda_api_->self().set_function(invocation.function_arn);
        co_await application_->catch_up();
        if (settings_.administrator && !administrator_made_) co_await make_administrator();
        co_return Result<void>{};
    }
    [[nodiscard]] http::Router const& router() const override { return application_->router(); }

    asio::awaitable<Result<void>> run_generation(GenerationId id) override {
        return application_->run_claimed(id);
    }
    asio::awaitable<Result<std::string>> answer_direct(json::object event,
                                                       SteadyTime deadline) override {
        return application_->answer_event(std::move(event), deadline);
    }
    asio::awaitable<Result<std::size_t>> clean(SteadyTime deadline) override {
        return application_->clean(deadline);
    }
    asio::awaitable<void> settle() override { return application_->settle(); }
    asio::awaitable<void> interrupt_turns() override {
        return application_->turns().finish({}, chat::Interruption::deadline);
    }

private:
    Result<void> make() {
        auto stores = open_stores(settings_, StoreUser::server, ground_.aws, ground_.clock,
                                  ground_.random, ground_.log);
        if (!stores) return std::unexpected(stores.error());
        lambda_api_ = lambda_api(ground_.aws);
        HandOver hand_over;
        if (lambda_api_)
            hand_over = [this](GenerationId id) { return lambda_api_->self().run(id); };
        auto application = std::make_unique<Application>(ground_, settings_, std::move(*stores),
                                                         std::move(hand_over));
        if (auto set_up = application->set_up(settings_, embedded_page(settings_.public_url)); !set_up)
            return set_up;
        application_ = std::move(application);
        return {};
    }

    /// Before the first request is answered: nobody could sign in before.
    asio::awaitable<void> make_administrator() {
        auto const made =
            co_await server::make_administrator(application_->first_administrator(),
                                                *settings_.administrator, ground_.aws, ground_.log);
        administrator_made_ = made != AdministratorMade::later;
    }

    Ground ground_;
    Settings settings_;
    std::unique_ptr<LambdaApi> lambda_api_;
    std::unique_ptr<Application> application_;
    bool administrator_made_ = false;
};

lambda::RuntimeOptions runtime_options(Settings const& settings) {
    using Options = lambda::RuntimeOptions;
    Options options;
    options.answers = settings.function_response == FunctionResponse::stream
                          ? Options::Answers::streamed
                          : Options::Answers::buffered;
    options.trusted_proxies = settings.trusted_proxies;
    options.request_log =
        settings.logs_requests() ? Options::RequestLog::on : Options::RequestLog::off;
    return options;
}

/// Runs `task` on `loop`, which is this thread's, to its end.
void run_to_end(asio::io_context& loop, asio::awaitable<void> task) {
    auto on_end = [&loop](std::exception_ptr escaped) {
        loop.stop();
        if (escaped) std::rethrow_exception(escaped);
    };
    spawn(loop.get_executor(), {}, std::move(task), std::move(on_end));
    loop.run();
}

asio::awaitable<void> tell(lambda::RuntimeApi& api, Error error) {
    lambda::InvocationError told{"Kaiwa.WrongConfiguration", error.message};
    co_await api.report_init_error(std::move(told));
}

asio::awaitable<void> serve_events(lambda::Runtime& runtime, Error& why) {
    why = co_await runtime.run();
}

}  // namespace

Result<void> serve_function(std::string address) {
    std::signal(SIGPIPE, SIG_IGN);
    auto api = lambda::RuntimeApi::make(address);
    if (!api) return std::unexpected(api.error());
    asio::io_context loop(1);
    auto settings = read_settings();
    if (!settings) {
        run_to_end(loop, tell(**api, settings.error()));
        return std::unexpected(settings.error());
    }
    SystemClock const clock;
    SystemRandom random;
    StderrLog log(settings->log_format, settings->log_level);
    auto const options = runtime_options(*settings);
    AwsGround aws(*settings, AwsGround::Connections::kept, clock, random, log);
    FunctionProgram program({clock, random, log, aws, {loop.get_executor()}}, std::move(*settings));
    lambda::Runtime runtime(**api, program, options, log);
    Error why;
    run_to_end(loop, serve_events(runtime, why));
    return std::unexpected(Error{Errc::unavailable, why.message, {}});
}

}  // namespace kaiwa::server
