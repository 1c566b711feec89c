#pragma once

#include "auth/authenticator.hpp"
#include "auth/first_administrator.hpp"
#include "auth/user_administration.hpp"

namespace kaiwa::server {

/// Everything that says who is asking.
struct Identity {
    Identity(auth::UserStore& store, Clock const& clock, Random& random, Log& log)
        : passwords(random),
          throttle(clock),
          authenticator(store, passwords, throttle, cache, clock, random, log),
          administration(store, passwords, cache, clock, random),
          first_administrator(store, passwords, clock, random) {}

    auth::Passwords passwords;
    auth::SignInThrottle throttle;
    auth::CredentialCache cache;
    auth::Authenticator authenticator;
    auth::UserAdministration administration;
    auth::FirstAdministrator first_administrator;
};

}  // namespace kaiwa::server
