#include "aws/credentials_json.hpp"
#include "aws/local_http.hpp"
#include "aws/sources.hpp"
#include "base/wait.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kaiwa::aws {

namespace {

constexpr std::string_view container_origin = "http://169.254.170.2";
constexpr unsigned attempts = 3;
constexpr std::chrono::milliseconds patience{2'000};

std::unexpected<Failure> refused(std::string message) {
    return fail(Failure::Kind::credentials, "the container's endpoint: " + std::move(message));
}

/// Whether credentials may come from there in the clear: from this machine, ECS or EKS.
bool is_local(std::string const& host) {
    static constexpr std::array<std::string_view, 4> known = {"localhost", "169.254.170.2",
                                                              "169.254.170.23", "fd00:ec2::23"};
    if (std::ranges::find(known, host) != known.end()) return true;
    boost::system::error_code not_address;
    auto const address = asio::ip::make_address(host, not_address);
    return !not_address && address.is_loopback();
}

struct Place {
    std::string url;
    bool is_configured = false;
};

Outcome<Place> place_of(Variables const& variables) {
    if (auto const relative = variables("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
        if (!relative->starts_with('/')) {
            return refused("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with \"/\"");
        }
        return Place{std::string(container_origin) + *relative, true};
    }
    auto const full = variables("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!full) return Place{};
    auto const url = http::parse_url(*full);
    if (!url) return refused("AWS_CONTAINER_CREDENTIALS_FULL_URI: " + url.error().message);
    if (url->scheme != http::Scheme::https && !is_local(url->host)) {
        return refused(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is refused: without https only this machine, "
            "169.254.170.2, 169.254.170.23 and [fd00:ec2::23] are asked");
    }
    return Place{*full, true};
}

/// The value of the `Authorization` field, read anew each time: EKS replaces the file.
asio::awaitable<Outcome<std::string>> authorization(Surroundings const& around) {
    auto token = around.variables("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    if (auto const file = around.variables("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        auto content = co_await read_token(around.files, *file);
        if (!content) co_return refused(content.error().message);
        token = std::move(*content);
    }
    if (!http::is_field_value(token)) {
        co_return refused("the authorization token has characters that no header may have");
    }
    co_return token;
}

}  // namespace

asio::awaitable<Found> from_container(Surroundings const& around) {
    auto const place = place_of(around.variables);
    if (!place) co_return std::unexpected(place.error());
    if (!place->is_configured) co_return std::nullopt;
    auto const token = co_await authorization(around);
    if (!token) co_return std::unexpected(token.error());

    for (unsigned attempt = 1;; ++attempt) {
        http::OutboundRequest request;
        request.url = place->url;
        request.headers.add("Accept", "application/json");
        if (!token->empty()) request.headers.add("Authorization", *token);
        auto const answer = co_await call_local(around.metadata, std::move(request), patience);
        if (answer && answer->status == 200) {
            auto credentials = parse_credentials(answer->body, CredentialsForm::container);
            if (!credentials) co_return refused("its answer: " + credentials.error().message);
            credentials->source = "the container's endpoint";
            co_return std::optional(std::move(*credentials));
        }
        if (!answer && answer.error().kind == Failure::Kind::cancelled) {
            co_return std::unexpected(answer.error());
        }
        auto const failure = answer ? refusal_of(*answer, "it") : answer.error();
        if (attempt == attempts)
            co_return std::unexpected(
                no_credentials("the container's endpoint: " + failure.message, failure));
        if (!co_await sleep_for(around.container_pause)) co_return fail(Failure::Kind::cancelled, "stopped");
    }
}

}  // namespace kaiwa::aws
