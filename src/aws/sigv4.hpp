#pragma once

#include "aws/credentials.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "http/message.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

namespace kaiwa::aws {

// Signature Version 4 ("AWS Signature Version 4 for API requests", IAM User Guide). What is signed
// is the text that goes out: `target` is the request's path and query exactly as sent, encoded
// once, and nobody may encode it again afterwards.

/// How a path enters the signature.
enum class PathRule {
    normalized,  ///< Dot segments and empty ones resolved, then encoded again. All but S3.
    as_written,  ///< Encoded again, otherwise as it stands.
    s3,          ///< As it stands: a key may hold "//" and "..".
};

/// The hash line of a body that is not signed: presigned S3 addresses.
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

struct SigningScope {
    std::string region;
    std::string service;  ///< The signing name, e.g. "bedrock" for all of Bedrock.
};

/// What a signature covers. `headers` has `Host` as it is sent.
struct SignedParts {
    std::string_view method;
    std::string_view target;
    http::Headers const& headers;
    std::string_view body_sha256;  ///< Lower-case hex, or `unsigned_payload`.
};

/// The names of `headers` that are signed, lower case, sorted, joined by ';': all but those which
/// the way may change (`User-Agent`, `Connection`, …).
[[nodiscard]] std::string signed_header_names(http::Headers const& headers);

[[nodiscard]] std::string canonical_request(SignedParts const& parts, PathRule rule);

[[nodiscard]] std::string string_to_sign(std::string_view canonical_request, Timestamp time,
                                         SigningScope const& scope);

[[nodiscard]] Sha256 signing_key(Secret const& secret_access_key, Timestamp time,
                                 SigningScope const& scope);

/// Signs the requests to one service in one region. Thread-safe; keeps the day's signing key.
class Signer {
public:
    /// The rule is `s3` for the service "s3" and `normalized` for all others.
    explicit Signer(SigningScope scope);
    Signer(SigningScope scope, PathRule rule) : scope_(std::move(scope)), rule_(rule) {}

    /// Adds what a signed request carries: `X-Amz-Date`, `X-Amz-Security-Token` if there is one,
    /// `X-Amz-Content-Sha256` for S3, and `Authorization`; earlier ones are replaced.
    void sign(std::string_view method, std::string_view target, http::Headers& headers,
              std::string_view body_sha256, Credentials const& credentials, Timestamp time) const;

    /// `target` with the query that lets anybody who has it make this request for `valid` (1 s to
    /// 7 days, and not longer than the credentials live) from `time` on. Whoever uses it sends
    /// `headers` as they are.
    [[nodiscard]] std::string presign(std::string_view method, std::string_view target,
                                      http::Headers const& headers, std::string_view body_sha256,
                                      Credentials const& credentials, Timestamp time,
                                      std::chrono::seconds valid) const;

    [[nodiscard]] SigningScope const& scope() const { return scope_; }

private:
    [[nodiscard]] Sha256 key_for(Credentials const& credentials, Timestamp time) const;

    SigningScope scope_;
    PathRule rule_;
    mutable std::mutex mutex_;
    mutable std::string kept_for_;  // key id, secret's hash and day of `kept_key_`
    mutable Sha256 kept_key_{};
};

}  // namespace kaiwa::aws
