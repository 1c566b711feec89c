#pragma once

#include "aws/cached_credentials.hpp"
#include "aws/endpoints.hpp"
#include "aws/service_client.hpp"
#include "aws/sources.hpp"

#include <memory>
#include <string>

namespace kaiwa::aws {

struct SessionOptions {
    std::string profile{};  ///< Empty: `AWS_PROFILE`, else "default".
    std::string region{};   ///< Empty: as `Session::region()` finds it.
};

/// Who we are in AWS and where: the credentials and the region of one profile, or of this machine.
///
/// Credentials are looked for in the environment, web identity, the profile, the container's
/// endpoint and the instance's metadata, in this order; the first place that is configured
/// decides, for better or worse. With a profile in `options` the environment's keys are not looked
/// at. Thread-safe.
class Session {
public:
    Session(Surroundings around, SessionOptions options, Log& log);
    ~Session();

    [[nodiscard]] CredentialProvider& credentials();

    /// `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's region, the instance's own; nothing is read
    /// that need not be. Fails with kind `credentials` when none says.
    asio::awaitable<Outcome<std::string>> region();

    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`; where one is not set, the profile's
    /// `use_fips_endpoint` or `use_dualstack_endpoint`. Fails with kind `credentials` when the
    /// profile's file is needed and cannot be read; one that is absent says nothing.
    asio::awaitable<Outcome<EndpointKind>> endpoint_kind();

    /// As they were given.
    [[nodiscard]] Surroundings const& surroundings() const;
    [[nodiscard]] Log& log() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One service as a configuration names it; what is empty the session finds out.
struct ServiceAddress {
    std::string service;   ///< The signing name, e.g. "bedrock".
    std::string host;      ///< The first label of its host, e.g. "bedrock-runtime".
    std::string region{};  ///< Empty: the session's.
    std::string url{};     ///< Empty: `configured_url()`, else `own_url()` of its kind.
};

/// A client of a service in the name of `session`, which outlives it.
[[nodiscard]] std::unique_ptr<ServiceClient> make_client(Session& session, ServiceAddress address,
                                                         RetryPolicy retry = {});

/// Where that service is. Tells the gate.
asio::awaitable<Outcome<Endpoint>> find_endpoint(Session& session, ServiceAddress address);

}  // namespace kaiwa::aws
