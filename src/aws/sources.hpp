#pragma once

#include "aws/credentials.hpp"
#include "aws/profile_file.hpp"
#include "aws/surroundings.hpp"

#include <optional>
#include <string>

namespace kaiwa::aws {

// Each of these looks in one place. Nothing: that place is not configured here, look on. A failure
// says what was configured and why it did not work; nobody looks on after one, because the next
// place would have credentials of somebody else.

using Found = Outcome<std::optional<Credentials>>;

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_CREDENTIAL_EXPIRATION`.
[[nodiscard]] Found from_environment(Variables const& variables);

/// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` (Kubernetes service accounts).
asio::awaitable<Found> from_web_identity(Surroundings const& around, std::string region);

/// A container's endpoint: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`.
asio::awaitable<Found> from_container(Surroundings const& around);

/// The instance metadata service, version 2 only. Not being there means that this is no instance,
/// unless the hardware says that it is one and no task of ECS runs us: then the service is away.
asio::awaitable<Found> from_instance(Surroundings const& around);

/// The region that the instance is in; nothing when this is none.
asio::awaitable<Outcome<std::optional<std::string>>> region_of_instance(Surroundings const& around);

/// What AWS's shared files say together; without files it is empty.
asio::awaitable<Outcome<ProfileFile>> read_profile_files(Surroundings const& around);

/// The profile's own means: a role to assume, keys, a process, IAM Identity Center.
asio::awaitable<Found> from_profile(Surroundings const& around, ProfileFile const& files,
                                    std::string profile, std::string region);

struct RoleRequest {
    std::string role;
    std::string session_name;  ///< Empty: one is made.
    std::string external_id;
    std::string duration_seconds;
    std::string region;
    std::string source;  ///< For people.
};

/// STS AssumeRoleWithWebIdentity with the token in `token_file`, which is read each time.
asio::awaitable<Outcome<Credentials>> assume_role_with_token(Surroundings const& around,
                                                             RoleRequest request,
                                                             std::string token_file);
/// STS AssumeRole in the name of `caller`.
asio::awaitable<Outcome<Credentials>> assume_role(Surroundings const& around, RoleRequest request,
                                                  Credentials caller);

}  // namespace kaiwa::aws
