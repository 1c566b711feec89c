#include "aws/session.hpp"

#include "aws/endpoints.hpp"

#include <fmt/format.h>

#include <utility>

namespace kaiwa::aws {

namespace {

/// The setting of a profile that says what a variable says.
std::string_view setting_for(std::string_view variable) {
    if (variable == "AWS_USE_FIPS_ENDPOINT") return "use_fips_endpoint";
    if (variable == "AWS_USE_DUALSTACK_ENDPOINT") return "use_dualstack_endpoint";
    return {};
}

std::string profile_name(Variables const& variables, std::string const& given) {
    if (!given.empty()) return given;
    if (auto name = variables("AWS_PROFILE")) return *name;
    return variables("AWS_DEFAULT_PROFILE").value_or("default");
}

/// `variables`, and what the profile has for those that are not set. Files that cannot be read are
/// complained about by whoever looks for credentials.
Variables with_profile(Variables variables, std::string profile) {
    return [variables = std::move(variables),
            profile = std::move(profile)](std::string_view name) -> std::optional<std::string> {
        auto value = variables(name);
        auto const setting = setting_for(name);
        if (value || setting.empty()) return value;
        auto const files = read_profile_files_now(variables);
        if (!files) return std::nullopt;
        auto const found = files->profiles.find(profile_name(variables, profile));
        if (found == files->profiles.end() || !found->second.has(setting)) return std::nullopt;
        return found->second.get(setting);
    };
}

Surroundings with_profile(Surroundings around, std::string profile) {
    around.variables = with_profile(std::move(around.variables), std::move(profile));
    return around;
}

}  // namespace

struct Session::Impl {
    Impl(Surroundings s, SessionOptions o, Log& l)
        : around(with_profile(std::move(s), o.profile)),
          options(std::move(o)),
          log(l),
          cached([this] { return load(); }, around.clock, around.random, l) {}

    [[nodiscard]] bool is_profile_named() const {
        return !options.profile.empty() || around.variables("AWS_PROFILE") ||
               around.variables("AWS_DEFAULT_PROFILE");
    }
    /// What needs no network to know.
    [[nodiscard]] std::string given_region(ProfileFile const& files) const {
        if (!options.region.empty()) return options.region;
        if (auto name = around.variables("AWS_REGION")) return *name;
        if (auto name = around.variables("AWS_DEFAULT_REGION")) return *name;
        auto const it = files.profiles.find(profile_name(around.variables, options.profile));
        return it == files.profiles.end() ? std::string() : it->second.get("region");
    }

    asio::awaitable<Found> look();
    asio::awaitable<Outcome<Credentials>> load();

    Surroundings const around;
    SessionOptions const options;
    Log& log;
    CachedCredentials cached;
};

asio::awaitable<Found> Session::Impl::look() {
    if (options.profile.empty()) {
        auto found = from_environment(around.variables);
        if (!found || *found) co_return found;
    }
    auto const files = co_await read_profile_files(around);
    if (!files) co_return std::unexpected(files.error());
    auto const region = given_region(*files);
    if (!region.empty() && !is_region(region)) {
        co_return fail(Failure::Kind::credentials, fmt::format("\"{}\" is no region", region));
    }
    if (options.profile.empty()) {
        auto found = co_await from_web_identity(around, region);
        if (!found || *found) co_return found;
    }
    auto const profile = profile_name(around.variables, options.profile);
    if (is_profile_named() || files->profiles.contains(profile)) {
        auto found = co_await from_profile(around, *files, profile, region);
        if (!found || *found) co_return found;
    }
    auto found = co_await from_container(around);
    if (!found || *found) co_return found;
    co_return co_await from_instance(around);
}

asio::awaitable<Outcome<Credentials>> Session::Impl::load() {
    auto found = co_await look();
    if (!found) co_return std::unexpected(found.error());
    if (*found) co_return std::move(**found);
    co_return fail(Failure::Kind::credentials,
                   "none are configured: neither the environment, web identity, AWS's shared files, "
                   "a container's endpoint nor an instance's role has any");
}

Session::Session(Surroundings around, SessionOptions options, Log& log)
    : impl_(std::make_unique<Impl>(std::move(around), std::move(options), log)) {}

Session::~Session() = default;

CredentialProvider& Session::credentials() { return impl_->cached; }

Surroundings const& Session::surroundings() const { return impl_->around; }

Log& Session::log() const {
    return impl_->log;
}

asio::awaitable<Outcome<std::string>> Session::region() {
    auto const files = co_await read_profile_files(impl_->around);
    if (!files) co_return std::unexpected(files.error());
    auto region = impl_->given_region(*files);
    if (region.empty()) {
        auto found = co_await region_of_instance(impl_->around);
        if (!found) co_return std::unexpected(found.error());
        if (*found) region = std::move(**found);
    }
    if (region.empty()) {
        co_return fail(Failure::Kind::credentials,
                       "no region is configured: set AWS_REGION, or region in the configuration");
    }
    if (!is_region(region)) {
        co_return fail(Failure::Kind::credentials, fmt::format("\"{}\" is no region", region));
    }
    co_return region;
}

asio::awaitable<Outcome<Endpoint>> find_endpoint(Session& session, ServiceAddress address) {
    auto region = std::move(address.region);
    if (region.empty()) {
        auto found = co_await session.region();
        if (!found) co_return std::unexpected(found.error());
        region = std::move(*found);
    }
    auto const& around = session.surroundings();
    auto url = std::move(address.url);
    while (url.ends_with('/')) url.pop_back();
    if (url.empty()) url = service_url(around.variables, address.host, region);
    around.expect(url);
    co_return Endpoint{std::move(address.service), std::move(region), std::move(url)};
}

std::unique_ptr<ServiceClient> make_client(Session& session, ServiceAddress address,
                                           RetryPolicy retry) {
    auto const& around = session.surroundings();
    FindEndpoint find = [&session, address = std::move(address)] {
        return find_endpoint(session, address);
    };
    return std::make_unique<ServiceClient>(around.services, session.credentials(), around.clock,
                                           around.random, std::move(find), retry);
}

}  // namespace kaiwa::aws
