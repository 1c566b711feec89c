#include "aws/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kaiwa::aws {

namespace {

/// Variables for which a profile has a setting.
struct Replaced {
    std::string_view variable;
    std::string_view setting;
};
constexpr std::array<Replaced, 2> endpoint_settings = {
    {{"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"},
     {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"}}};

std::string profile_name(Variables const& variables, std::string const& given) {
    if (!given.empty()) return given;
    if (auto name = variables("AWS_PROFILE")) return *name;
    return variables("AWS_DEFAULT_PROFILE").value_or("default");
}

/// `variables`, and what the profile says where they do not.
Variables with_profile(Variables variables, ProfileFile const& files, std::string const& profile) {
    auto const found = files.profiles.find(profile);
    if (found == files.profiles.end()) return variables;
    return [variables = std::move(variables),
            section = found->second](std::string_view name) -> std::optional<std::string> {
        auto value = variables(name);
        auto const it = std::ranges::find(endpoint_settings, name, &Replaced::variable);
        if (value || it == endpoint_settings.end() || !section.has(it->setting)) return value;
        return section.get(it->setting);
    };
}

}  // namespace

struct Session::Impl {
    Impl(Surroundings s, SessionOptions o, Log& l)
        : around(std::move(s)),
          options(std::move(o)),
          log(l),
          cached([this] { return load(); }, around.clock, around.random, l) {}

    [[nodiscard]] bool is_profile_named() const {
        return !options.profile.empty() || around.variables("AWS_PROFILE") ||
               around.variables("AWS_DEFAULT_PROFILE");
    }
    [[nodiscard]] std::string profile() const {
        return profile_name(around.variables, options.profile);
    }
    /// What needs no file to know.
    [[nodiscard]] std::string chosen_region() const {
        if (!options.region.empty()) return options.region;
        if (auto name = around.variables("AWS_REGION")) return *name;
        return around.variables("AWS_DEFAULT_REGION").value_or("");
    }
    /// What needs no network to know.
    [[nodiscard]] std::string given_region(ProfileFile const& files) const {
        if (auto chosen = chosen_region(); !chosen.empty()) return chosen;
        auto const it = files.profiles.find(profile());
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
    auto here = around;
    here.variables = with_profile(around.variables, *files, profile());
    if (options.profile.empty()) {
        auto found = co_await from_web_identity(here, region);
        if (!found || *found) co_return found;
    }
    if (is_profile_named() || files->profiles.contains(profile())) {
        auto found = co_await from_profile(here, *files, profile(), region);
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
    auto region = impl_->chosen_region();
    if (region.empty()) {
        auto const files = co_await read_profile_files(impl_->around);
        if (!files) co_return std::unexpected(files.error());
        region = impl_->given_region(*files);
    }
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

asio::awaitable<Outcome<EndpointKind>> Session::endpoint_kind() {
    auto variables = impl_->around.variables;
    bool const are_set = std::ranges::all_of(
        endpoint_settings, [&](auto const& each) { return variables(each.variable).has_value(); });
    if (!are_set) {
        auto const files = co_await read_profile_files(impl_->around);
        if (!files) {
            auto failure = files.error();
            failure.message += "; without it nobody knows whether FIPS endpoints are asked for: make "
                               "it readable, or set AWS_USE_FIPS_ENDPOINT and "
                               "AWS_USE_DUALSTACK_ENDPOINT";
            co_return std::unexpected(std::move(failure));
        }
        variables = with_profile(std::move(variables), *files, impl_->profile());
    }
    co_return aws::endpoint_kind(variables);
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
    if (url.empty()) url = configured_url(around.variables, address.host);
    if (url.empty()) {
        auto const kind = co_await session.endpoint_kind();
        if (!kind) co_return std::unexpected(kind.error());
        url = own_url(address.host, region, *kind);
    }
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
