#pragma once

#include "aws/session.hpp"
#include "base/spawn.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace kaiwa::store::s3 {

struct BucketOptions {
    std::string name;
    std::string region{};  ///< Empty: the session's.
    std::string
        endpoint{};  ///< Empty: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, the region's own.
};

/// Signed calls of one bucket, wherever it is: when S3 says that the bucket is in another region,
/// the call is made there, and all later ones. A bucket behind an endpoint of its own, or with a
/// dot in its name, is addressed by path, else by host. Thread-safe.
class Bucket {
public:
    /// `session` outlives it.
    Bucket(aws::Session& session, BucketOptions options);

    /// A call with at most one part as its body, at most five minutes.
    asio::awaitable<aws::Outcome<aws::ServiceReply>> call(aws::ServiceRequest request);
    /// A download, at most a day. What fails before its head came is tried again, as calls are.
    asio::awaitable<aws::Outcome<std::unique_ptr<http::InboundResponse>>> open(
        aws::ServiceRequest request);

    [[nodiscard]] std::string const& name() const { return options_.name; }

    /// What a caller of the store sees: `aws::to_outage()`, `conflict` where an object is in the
    /// way.
    [[nodiscard]] Error error_of(aws::Failure const& failure) const;

private:
    std::shared_ptr<aws::ServiceClient> client_in(std::string region);
    std::shared_ptr<aws::ServiceClient> client();
    /// Turns to the region that the failure names; false when that is no news.
    bool follow(aws::Failure const& failure, aws::ServiceClient const& asked);
    asio::awaitable<aws::Outcome<aws::Endpoint>> find(std::string region);

    aws::Session& session_;
    BucketOptions const options_;
    std::mutex mutex_;
    std::shared_ptr<aws::ServiceClient> client_;
    std::atomic<bool> answered_ = false;  // where it is, is known
};

/// A key as a path of the wire: encoded once, slashes kept.
[[nodiscard]] std::string key_path(std::string_view key);

}  // namespace kaiwa::store::s3
