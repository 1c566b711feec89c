#include "server/late_secrets.hpp"

#include "auth/rules.hpp"
#include "aws/secrets.hpp"
#include "base/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <exception>

namespace kaiwa::server {
namespace {

constexpr std::string_view may_pass = "transient";  // of an error: the same may work in a moment
constexpr std::chrono::seconds between_tries{2};

asio::awaitable<Result<Secret>> fetch(std::string reference, std::string_view name,
                                      AwsGround& aws) {
    auto const parsed = aws::parse_secret_reference(reference);
    if (!parsed) co_return std::unexpected(parsed.error());
    auto const manager = parsed->keeper == aws::SecretReference::Keeper::secrets_manager;
    auto fetched = co_await aws::fetch_secret(aws.session(), *parsed);
    if (fetched) co_return std::move(*fetched);
    auto const why =
        aws::to_error(fetched.error(), manager ? "Secrets Manager" : "Parameter Store");
    auto const passes = aws::may_pass(fetched.error());
    co_return fail(Errc::unavailable,
                   fmt::format("{}: {} cannot be read: {}; kaiwa check aws says more", name,
                               reference, why.message),
                   std::string(passes ? may_pass : ""));
}

asio::awaitable<Result<Secret>> read_password(AdministratorSeed seed, AwsGround& aws) {
    if (seed.password_from.empty()) co_return std::move(seed.password);
    auto password = co_await fetch(seed.password_from, "ADMIN_PASSWORD", aws);
    if (!password) co_return std::unexpected(password.error());
    if (auto good = auth::check_new_password(*password); !good)
        co_return fail(
            Errc::invalid_argument,
            fmt::format("ADMIN_PASSWORD: {}: {}", seed.password_from, good.error().message));
    co_return std::move(*password);
}

asio::awaitable<Result<std::optional<auth::User>>> make(auth::FirstAdministrator& administrators,
                                                        AdministratorSeed seed, AwsGround& aws) {
    auto const needed = co_await administrators.needed();
    if (!needed) co_return std::unexpected(needed.error());
    if (!*needed) co_return std::nullopt;
    auto password = co_await read_password(seed, aws);
    if (!password) co_return std::unexpected(password.error());
    co_return co_await administrators.create_from_environment(std::move(seed.username),
                                                              std::move(*password));
}

}  // namespace

asio::awaitable<Result<void>> read_sealing_secret(Settings& settings, AwsGround& aws) {
    if (settings.sealing_secret_from.empty() || settings.sealing_secret) co_return Result<void>{};
    auto secret = co_await fetch(settings.sealing_secret_from, "KAIWA_SECRET", aws);
    if (!secret) co_return std::unexpected(secret.error());
    if (secret->reveal().size() < least_sealing_secret_bytes)
        co_return fail(Errc::invalid_argument,
                       fmt::format("KAIWA_SECRET: {} holds fewer than {} characters; kaiwa "
                                   "create-secret makes a new one",
                                   settings.sealing_secret_from, least_sealing_secret_bytes));
    settings.sealing_secret = std::move(*secret);
    co_return Result<void>{};
}

namespace {

asio::awaitable<void> read_patiently(Settings& settings, AwsGround& aws, SteadyTime until, Log& log,
                                     Result<void>& answer) {
    for (bool told = false;; told = true) {
        answer = co_await read_sealing_secret(settings, aws);
        bool const may_work = !answer && answer.error().reason == may_pass;
        if (!may_work || std::chrono::steady_clock::now() + between_tries > until) co_return;
        if (!told) log.warning("secret_awaited", {{"reason", answer.error().message}});
        co_await sleep_for(between_tries);
    }
}

}  // namespace

Result<void> read_sealing_secret_now(Settings& settings, Clock const& clock, Random& random,
                                     Log& log, std::chrono::seconds patience) {
    if (settings.sealing_secret_from.empty()) return {};
    AwsGround aws(settings, AwsGround::Connections::closed, clock, random, log);
    asio::io_context loop(1);
    Result<void> result;
    std::exception_ptr bug;
    auto const until = std::chrono::steady_clock::now() + patience;
    spawn(loop.get_executor(), {}, read_patiently(settings, aws, until, log, result),
          [&bug](std::exception_ptr escaped) { bug = escaped; });
    loop.run();
    if (bug) std::rethrow_exception(bug);
    return result;
}

asio::awaitable<AdministratorMade> make_administrator(auth::FirstAdministrator& administrators,
                                                      AdministratorSeed seed, AwsGround& aws,
                                                      Log& log) {
    auto made = co_await make(administrators, seed, aws);
    if (!made) {
        log.error("administrator_not_made", {{"reason", made.error().message}});
        co_return made.error().code == Errc::unavailable ? AdministratorMade::later
                                                         : AdministratorMade::never;
    }
    if (*made) log.info("administrator_made", {{"username", seed.username}});
    co_return AdministratorMade::settled;
}

}  // namespace kaiwa::server
