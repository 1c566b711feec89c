#include "aws/credentials_json.hpp"
#include "aws/endpoints.hpp"
#include "aws/local_http.hpp"
#include "aws/sources.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

namespace kaiwa::aws {

namespace {

constexpr std::chrono::milliseconds patience{1'000};
constexpr std::string_view credentials_path = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view region_path = "/latest/meta-data/placement/region";

/// Where the service is; empty when it must not be asked.
std::string base_url(Variables const& variables) {
    if (variables("AWS_EC2_METADATA_DISABLED") == "true") return {};
    auto url = variables("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("");
    if (url.empty()) {
        auto const mode = variables("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("");
        url = http::same_word(mode, "ipv6") ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    }
    while (url.ends_with('/')) url.pop_back();
    return url;
}

/// A session with the service: its token opens each path.
class Session {
public:
    Session(http::Transport& transport, std::string base)
        : transport_(transport), base_(std::move(base)) {}

    enum class Begun { yes, refused, unreachable };
    /// Version 2 only: without a token nothing is asked, since version 1 answers to anybody who
    /// can make us send a GET.
    asio::awaitable<Begun> begin() {
        http::OutboundRequest request;
        request.method = "PUT";
        request.url = base_ + "/latest/api/token";
        request.headers.add("x-aws-ec2-metadata-token-ttl-seconds", "21600");
        auto answer = co_await call_local(transport_, std::move(request), patience);
        if (!answer || answer->status >= 500) co_return Begun::unreachable;
        bool const good = answer->status == 200 && !answer->body.empty() &&
                          http::is_field_value(answer->body);
        if (good) token_ = Secret(std::move(answer->body));
        co_return good ? Begun::yes : Begun::refused;
    }
    asio::awaitable<Outcome<LocalAnswer>> get(std::string path) {
        http::OutboundRequest request;
        request.url = base_ + path;
        request.headers.add("x-aws-ec2-metadata-token", token_.reveal());
        co_return co_await call_local(transport_, std::move(request), patience);
    }

private:
    http::Transport& transport_;
    std::string base_;
    Secret token_;
};

bool is_role_name(std::string_view name) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("+=,.@_-").contains(c);
    };
    return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, allowed);
}

/// Whether the hardware is Amazon's, which it tells to containers, too.
asio::awaitable<bool> is_amazons(Surroundings const& around) {
    auto const vendor = co_await read_token(around.files, around.hardware + "/sys_vendor");
    co_return vendor.value_or("") == "Amazon EC2";
}

/// Whether we are a task on Fargate, where Amazon's hardware has no metadata service; a task on an
/// instance may use the instance's.
bool is_on_fargate(Variables const& variables) {
    return variables("AWS_EXECUTION_ENV") == "AWS_ECS_FARGATE";
}

/// Opens `session`: false when there is no service to ask.
asio::awaitable<Outcome<bool>> begin(Session& session, Surroundings const& around) {
    auto const begun = co_await session.begin();
    if (begun != Session::Begun::unreachable) co_return begun == Session::Begun::yes;
    bool const stopped = co_await stop_requested();
    if (stopped) co_return fail(Failure::Kind::cancelled, "stopped");
    if (auto const named = around.variables("AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
        auto away = fail(
            Failure::Kind::credentials,
            fmt::format("AWS_EC2_METADATA_SERVICE_ENDPOINT names {}, which does not answer", *named));
        away.error().source_is_away = true;
        co_return away;
    }
    if (is_on_fargate(around.variables)) co_return false;
    bool const is_expected = co_await is_amazons(around);
    if (!is_expected) co_return false;
    auto away = fail(Failure::Kind::credentials,
                     "this EC2 instance's metadata service does not answer: in a container it needs "
                     "a hop limit of 2; where it is not to be asked, set "
                     "AWS_EC2_METADATA_DISABLED=true");
    away.error().source_is_away = true;
    co_return away;
}

}  // namespace

asio::awaitable<Found> from_instance(Surroundings const& around) {
    auto base = base_url(around.variables);
    if (base.empty()) co_return std::nullopt;
    Session session(around.metadata, std::move(base));
    auto const answers = co_await begin(session, around);
    if (!answers) co_return std::unexpected(answers.error());
    if (!*answers) co_return std::nullopt;
    auto const names = co_await session.get(std::string(credentials_path));
    if (!names || names->status != 200) co_return std::nullopt;
    auto const role = http::trim(std::string_view(names->body).substr(0, names->body.find('\n')));
    if (!is_role_name(role)) co_return std::nullopt;
    auto const answer = co_await session.get(fmt::format("{}{}", credentials_path, role));
    if (!answer || answer->status != 200) co_return std::nullopt;
    auto credentials = parse_credentials(answer->body, CredentialsForm::instance);
    if (!credentials) co_return std::nullopt;
    credentials->source = fmt::format("the instance's role {}", role);
    co_return std::optional(std::move(*credentials));
}

asio::awaitable<Outcome<std::optional<std::string>>> region_of_instance(
    Surroundings const& around) {
    auto base = base_url(around.variables);
    if (base.empty()) co_return std::nullopt;
    Session session(around.metadata, std::move(base));
    auto const answers = co_await begin(session, around);
    if (!answers) co_return std::unexpected(answers.error());
    if (!*answers) co_return std::nullopt;
    auto const answer = co_await session.get(std::string(region_path));
    if (!answer || answer->status != 200) co_return std::nullopt;
    auto const region = http::trim(answer->body);
    if (!is_region(region)) co_return std::nullopt;
    co_return std::optional<std::string>(region);
}

}  // namespace kaiwa::aws
