#include "store/s3/bucket.hpp"

#include "base/wait.hpp"
#include "http/target.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace kaiwa::store::s3 {

namespace {
constexpr std::size_t max_answer_bytes = std::size_t{1} << 20;

/// Of a call that brings at most one part.
http::Deadlines call_deadlines() {
    http::Deadlines deadlines;
    deadlines.connect = std::chrono::seconds(5);
    deadlines.first_byte = std::chrono::seconds(60);  // joining many parts takes long
    deadlines.idle = std::chrono::seconds(20);
    deadlines.total = std::chrono::minutes(5);
    return deadlines;
}

/// Of a download, which takes as long as whoever reads it.
http::Deadlines download_deadlines() {
    http::Deadlines deadlines;
    deadlines.connect = std::chrono::seconds(5);
    deadlines.first_byte = std::chrono::seconds(30);
    deadlines.idle = std::chrono::seconds(30);
    deadlines.total = std::chrono::hours(24);
    return deadlines;
}

/// Of AWS's own addresses of S3; nothing for any other.
std::optional<aws::EndpointKind> kind_of(std::string_view url, std::string_view region) {
    for (bool const fips : {false, true}) {
        for (bool const dual_stack : {false, true}) {
            aws::EndpointKind const kind{fips, dual_stack};
            if (url == aws::own_url("s3", region, kind)) return kind;
        }
    }
    return std::nullopt;
}
}  // namespace

Bucket::Bucket(aws::Session& session, BucketOptions options)
    : session_(session), options_(std::move(options)), client_(client_in(options_.region)) {}

asio::awaitable<aws::Outcome<aws::Endpoint>> Bucket::find(std::string region) {
    aws::ServiceAddress address{
        .service = "s3", .host = "s3", .region = region, .url = options_.endpoint};
    auto found = co_await aws::find_endpoint(session_, std::move(address));
    if (!found) co_return found;
    auto const kind = kind_of(found->url, found->region);
    if (kind && kind->fips && found->region.starts_with("cn-"))
        co_return std::unexpected(aws::from_error(
            {Errc::forbidden,
             "AWS has no FIPS endpoint of S3 in China; AWS_USE_FIPS_ENDPOINT or the profile's "
             "use_fips_endpoint asks for one",
             {}}));
    if (!kind || options_.name.contains('.')) {
        found->url += "/" + options_.name;
    } else {
        found->url = fmt::format("https://{}.{}", options_.name, found->url.substr(8));
        session_.surroundings().expect(found->url);
    }
    co_return found;
}

std::shared_ptr<aws::ServiceClient> Bucket::client_in(std::string region) {
    auto const& around = session_.surroundings();
    aws::FindEndpoint where = [this, region = std::move(region)] { return find(region); };
    return std::make_shared<aws::ServiceClient>(around.services, session_.credentials(),
                                                around.clock, around.random, std::move(where));
}

std::shared_ptr<aws::ServiceClient> Bucket::client() {
    std::lock_guard const lock(mutex_);
    return client_;
}

bool Bucket::follow(aws::Failure const& failure, aws::ServiceClient const& asked) {
    auto const& region = failure.region;
    if (!aws::is_region(region) || region == asked.endpoint().region) return false;
    std::lock_guard const lock(mutex_);
    if (client_.get() == &asked) client_ = client_in(region);
    return true;
}

asio::awaitable<aws::Outcome<aws::ServiceReply>> Bucket::call(aws::ServiceRequest request) {
    request.deadlines = call_deadlines();
    auto asked = client();
    // Where the bucket is known to be, a body is held once less.
    if (answered_) co_return co_await asked->call(std::move(request), max_answer_bytes);
    auto reply = co_await asked->call(request, max_answer_bytes);
    answered_ = reply.has_value();
    if (!reply && follow(reply.error(), *asked)) {
        asked = client();
        reply = co_await asked->call(std::move(request), max_answer_bytes);
        answered_ = reply.has_value();
    }
    co_return reply;
}

asio::awaitable<aws::Outcome<std::unique_ptr<http::InboundResponse>>> Bucket::open(
    aws::ServiceRequest request) {
    request.deadlines = download_deadlines();
    aws::RetryPolicy const policy;
    for (unsigned tries = 1;; ++tries) {
        auto asked = client();
        auto response = co_await asked->open(request);
        if (!response && follow(response.error(), *asked)) {
            asked = client();
            response = co_await asked->open(request);
        }
        if (response || tries == policy.attempts || !aws::is_transient(response.error()))
            co_return response;
        auto const pause =
            aws::retry_pause(policy, response.error(), tries, session_.surroundings().random);
        bool const goes_on = co_await sleep_for(pause);
        if (!goes_on) co_return response;
    }
}

std::string key_path(std::string_view key) {
    std::string path;
    while (true) {
        auto const slash = std::min(key.find('/'), key.size());
        path.append("/").append(http::percent_encode(key.substr(0, slash)));
        if (slash == key.size()) return path;
        key.remove_prefix(slash + 1);
    }
}

Error Bucket::error_of(aws::Failure const& failure) const {
    if (failure.status == 412) return {Errc::conflict, "a file with this id is stored already", {}};
    auto error = aws::to_outage(failure, "S3", session_.log());
    if (failure.code != "NoSuchBucket") return error;
    // An absent bucket is no absent file.
    session_.log().error("no_bucket", {{"bucket", options_.name}});
    return {Errc::unavailable, "the bucket of files is not there; the server's log names it", {}};
}

}  // namespace kaiwa::store::s3
