#pragma once

#include "api/compat/caller.hpp"
#include "api/compat/routes.hpp"
#include "auth/token_verifier.hpp"
#include "base/replaceable.hpp"
#include "http/client.hpp"
#include "oidc/issuer_keys.hpp"
#include "server/settings.hpp"
#include "server/wire_api.hpp"
#include "server/wire_aws.hpp"

#include <memory>

namespace kaiwa::server {

/// The dialects of other systems, with what checks the tokens of issuers.
class Dialects {
public:
    /// What of `settings` names tables holds from now on.
    Dialects(Settings const& settings, AwsGround& aws, Clock const& clock, Random& random,
             Log& log);
    ~Dialects();

    /// Takes what may change while running: all but which dialects there are.
    void configure(Settings const& settings);
    /// What their routes and the answers to direct events work with; after `configure()`.
    [[nodiscard]] api::compat::Services services(std::shared_ptr<api::Services const> api);
    [[nodiscard]] http::Client& client() { return client_; }

private:
    struct Tables;
    std::unique_ptr<Tables> tables_;  // null where no table is named
    http::ConfiguredHostsGate gate_;
    http::Client client_;
    oidc::IssuerKeys keys_;
    auth::TokenVerifier tokens_;
    api::compat::AnonymousQuota quota_;
    Replaceable<api::compat::Settings const> told_;
};

}  // namespace kaiwa::server
