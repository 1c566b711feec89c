#include "aws/service_client.hpp"

#include "aws/answer.hpp"
#include "aws/crc32.hpp"
#include "aws/sigv4.hpp"
#include "base/crypto.hpp"
#include "base/wait.hpp"
#include "http/date.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <utility>

namespace kaiwa::aws {

namespace {

using Steady = std::chrono::steady_clock;
using Kind = Failure::Kind;

constexpr std::size_t max_error_bytes = std::size_t{1} << 20;
constexpr std::size_t max_json_bytes = std::size_t{32} << 20;
// A service takes five minutes either way; an answer that is late must not look like a wrong clock.
constexpr std::chrono::minutes tolerated_skew{2};

Failure unreadable(std::string message) {
    Failure failure;
    failure.kind = Kind::unreadable;
    failure.message = std::move(message);
    return failure;
}

/// Whether the bytes arrived as the service sent them, where it says so (DynamoDB).
bool is_intact(http::Headers const& headers, std::string_view body) {
    auto const expected = headers.get("x-amz-crc32");
    return expected.empty() || http::to_number(expected) == crc32(body);
}

}  // namespace

struct ServiceClient::Impl {
    struct Attempt {
        Outcome<std::unique_ptr<http::InboundResponse>> outcome;
        bool again_at_once = false;  // the reason is mended, and nothing was carried out
    };
    /// What one call has used up.
    struct Course {
        SteadyTime deadline;
        bool clock_corrected = false;
        bool credentials_renewed = false;
    };

    /// Where calls go, and what signs for there.
    struct Place {
        explicit Place(Endpoint e)
            : endpoint(std::move(e)), signer({endpoint.region, endpoint.service}) {}
        Endpoint const endpoint;
        Signer const signer;
    };

    Impl(http::Transport& t, CredentialProvider& k, Clock const& c, Random& r, FindEndpoint f,
         RetryPolicy p)
        : transport(t), provider(k), clock(c), random(r), find(std::move(f)), policy(p) {}

    asio::awaitable<Outcome<Place const*>> find_place();
    /// Found once, it stays where it is.
    [[nodiscard]] Place const* known_place() {
        std::lock_guard const lock(mutex);
        return place.get();
    }
    static Result<http::OutboundRequest> prepare(Place const& place, ServiceRequest const& request,
                                                 Credentials const& credentials, Timestamp now);
    asio::awaitable<Attempt> send_once(ServiceRequest const& request, Course& course);
    bool correct_clock(http::Headers const& headers, Timestamp used);

    http::Transport& transport;
    CredentialProvider& provider;
    Clock const& clock;
    Random& random;
    FindEndpoint const find;
    RetryPolicy const policy;
    RetryBudget budget;
    std::mutex mutex;
    std::unique_ptr<Place const> place;
    std::atomic<std::int64_t> skew_ms = 0;  // what the service's clock is ahead of ours
};

ServiceClient::ServiceClient(http::Transport& transport, CredentialProvider& credentials,
                             Clock const& clock, Random& random, Endpoint endpoint,
                             RetryPolicy retry)
    : impl_(std::make_unique<Impl>(transport, credentials, clock, random, FindEndpoint(), retry)) {
    impl_->place = std::make_unique<Impl::Place>(std::move(endpoint));
}

ServiceClient::ServiceClient(http::Transport& transport, CredentialProvider& credentials,
                             Clock const& clock, Random& random, FindEndpoint find,
                             RetryPolicy retry)
    : impl_(std::make_unique<Impl>(transport, credentials, clock, random, std::move(find), retry)) {
}

ServiceClient::~ServiceClient() = default;

Endpoint const& ServiceClient::endpoint() const {
    static Endpoint const unknown;
    auto const* place = impl_->known_place();
    return place ? place->endpoint : unknown;
}

asio::awaitable<Outcome<ServiceClient::Impl::Place const*>> ServiceClient::Impl::find_place() {
    if (auto const* known = known_place()) co_return known;
    auto found = co_await find();
    if (!found) co_return std::unexpected(found.error());
    auto made = std::make_unique<Place const>(std::move(*found));
    std::lock_guard const lock(mutex);
    if (!place) place = std::move(made);
    co_return place.get();
}

Result<http::OutboundRequest> ServiceClient::Impl::prepare(Place const& place,
                                                           ServiceRequest const& request,
                                                           Credentials const& credentials,
                                                           Timestamp now) {
    http::OutboundRequest out;
    out.method = request.method;
    out.url = place.endpoint.url + request.target;
    out.headers = request.headers;
    out.body = request.body;
    out.deadlines = request.deadlines;
    auto const url = http::parse_url(out.url);
    if (!url) return std::unexpected(url.error());
    if (!credentials.bearer_token.empty()) {
        out.headers.set("Authorization", "Bearer " + credentials.bearer_token.reveal());
    } else if (!credentials.access_key_id.empty()) {
        out.headers.set("Host", url->authority);
        // Whoever sends a large body has hashed it already, piece by piece.
        std::string hash(request.headers.get("X-Amz-Content-Sha256"));
        if (hash.empty()) hash = hex(sha256(out.body));
        place.signer.sign(out.method, url->target, out.headers, hash, credentials, now);
    }
    return out;
}

bool ServiceClient::Impl::correct_clock(http::Headers const& headers, Timestamp used) {
    auto const theirs = http::parse_http_date(headers.get("date"));
    if (!theirs) return false;
    auto const wrong_by = std::chrono::abs(Timestamp(*theirs) - used);
    if (wrong_by < tolerated_skew) return false;
    skew_ms = (Timestamp(*theirs) - clock.now()).count();
    return true;
}

asio::awaitable<ServiceClient::Impl::Attempt> ServiceClient::Impl::send_once(
    ServiceRequest const& request, Course& course) {
    auto const found = co_await find_place();
    if (!found) co_return Attempt{std::unexpected(found.error())};
    auto const credentials = co_await provider.credentials();
    if (!credentials) co_return Attempt{std::unexpected(credentials.error())};
    auto const now = clock.now() + std::chrono::milliseconds(skew_ms);
    auto prepared = prepare(**found, request, *credentials, now);
    if (!prepared) co_return Attempt{std::unexpected(from_error(prepared.error()))};
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(course.deadline -
                                                                            Steady::now());
    prepared->deadlines.total = std::max(left, std::chrono::milliseconds(1));

    auto response = co_await transport.send(std::move(*prepared));
    if (!response) co_return Attempt{std::unexpected(from_error(response.error()))};
    auto const status = (*response)->status();
    if (status >= 200 && status < 300) co_return Attempt{std::move(*response)};

    auto body = co_await (*response)->read_all(max_error_bytes);
    if (!body && body.error().code == Errc::cancelled) {
        co_return Attempt{std::unexpected(from_error(body.error()))};
    }
    auto const& headers = (*response)->headers();
    auto failure = read_failure(status, headers, body.value_or(""));
    if (!body && failure.code.empty() && !is_transient(failure)) {
        // The code would have said what is wrong; a bare 400 is no proof that the request is.
        failure.kind = from_error(body.error()).kind;
        failure.message = body.error().message;
    }
    Attempt attempt{std::unexpected(failure)};
    if (may_be_clock_skew(failure) && !course.clock_corrected && correct_clock(headers, now)) {
        course.clock_corrected = true;
        attempt.again_at_once = true;
    } else if (are_credentials_expired(failure)) {
        provider.invalidate();
        attempt.again_at_once = !std::exchange(course.credentials_renewed, true);
    }
    co_return attempt;
}

asio::awaitable<Outcome<std::unique_ptr<http::InboundResponse>>> ServiceClient::open(
    ServiceRequest request) {
    Impl::Course course{Steady::now() + request.deadlines.total};
    for (;;) {
        auto attempt = co_await impl_->send_once(request, course);
        if (!attempt.again_at_once) co_return std::move(attempt.outcome);
    }
}

asio::awaitable<Outcome<ServiceReply>> ServiceClient::call(ServiceRequest request,
                                                           std::size_t max_bytes) {
    Impl::Course course{Steady::now() + request.deadlines.total};
    unsigned spent = 0;
    for (unsigned tries = 1;;) {
        auto attempt = co_await impl_->send_once(request, course);
        if (attempt.again_at_once) continue;
        Failure failure;
        if (attempt.outcome) {
            auto& response = **attempt.outcome;
            auto body = co_await response.read_all(max_bytes);
            if (body && is_intact(response.headers(), *body)) {
                impl_->budget.succeeded(spent);
                co_return ServiceReply{response.status(), response.headers(), std::move(*body)};
            }
            failure = body ? unreadable("its checksum does not fit") : from_error(body.error());
            failure.was_sent = true;
            if (!body && body.error().code == Errc::too_large) co_return std::unexpected(failure);
        } else {
            failure = std::move(attempt.outcome.error());
        }

        bool const unharmed = !failure.was_sent || is_throttling(failure);
        bool const repeatable = request.repeat == ServiceRequest::Repeat::safe || unharmed;
        auto const pause = retry_pause(impl_->policy, failure, tries, impl_->random);
        if (tries >= impl_->policy.attempts || !is_transient(failure) || !repeatable ||
            Steady::now() + pause >= course.deadline) {
            co_return std::unexpected(std::move(failure));
        }
        spent = impl_->budget.take(failure);
        if (spent == 0) co_return std::unexpected(std::move(failure));
        if (!co_await sleep_for(pause)) co_return fail(Kind::cancelled, "the call was stopped");
        ++tries;
    }
}

asio::awaitable<Outcome<json::value>> ServiceClient::call_json(std::string_view version,
                                                               std::string target, json::value body,
                                                               http::Deadlines deadlines,
                                                               ServiceRequest::Repeat repeat) {
    ServiceRequest request;
    request.headers.add("Content-Type", fmt::format("application/x-amz-json-{}", version));
    request.headers.add("X-Amz-Target", std::move(target));
    request.body = json::serialize(body);
    request.deadlines = deadlines;
    request.repeat = repeat;
    auto const reply = co_await call(std::move(request), max_json_bytes);
    if (!reply) co_return std::unexpected(reply.error());
    co_return parse_answer(reply->body);
}

http::Deadlines json_deadlines() {
    http::Deadlines deadlines;
    deadlines.connect = std::chrono::seconds(5);
    deadlines.first_byte = std::chrono::seconds(20);
    deadlines.idle = std::chrono::seconds(10);
    deadlines.total = std::chrono::seconds(60);
    return deadlines;
}

Outcome<json::value> parse_answer(std::string_view body) {
    if (body.empty()) return json::value(json::object());
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 128;  // DynamoDB's 32 levels are up to three of JSON each
    auto value = json::parse(body, error, {}, options);
    if (error) return std::unexpected(unreadable("it is not JSON: " + error.message()));
    return value;
}

}  // namespace kaiwa::aws
