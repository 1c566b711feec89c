#pragma once

#include "auth/first_administrator.hpp"
#include "server/settings.hpp"
#include "server/wire_aws.hpp"

#include <chrono>

namespace kaiwa::server {

/// Asks AWS for the secret that seals the stores, where the configuration says that AWS keeps it,
/// and puts it into `settings`. Before the stores are opened; no other start waits for AWS.
/// Fails with `unavailable`; with `invalid_argument` when the secret is none that seals.
asio::awaitable<Result<void>> read_sealing_secret(Settings& settings, AwsGround& aws);

/// The same for a caller without a loop. Blocks; while AWS cannot be reached, for `patience` at most.
Result<void> read_sealing_secret_now(Settings& settings, Clock const& clock, Random& random,
                                     Log& log, std::chrono::seconds patience = {});

enum class AdministratorMade {
    settled,  ///< There is one now.
    later,    ///< The store or AWS did not answer: to be tried again.
    never,    ///< What the environment says makes none.
};

/// Makes the administrator that the environment names, unless there is one; only then is AWS asked
/// for a password that it keeps. Logs what came of it.
asio::awaitable<AdministratorMade> make_administrator(auth::FirstAdministrator& administrators,
                                                      AdministratorSeed seed, AwsGround& aws,
                                                      Log& log);

}  // namespace kaiwa::server
