#pragma once

#include "aws/credentials.hpp"

#include <string_view>

namespace kaiwa::aws {

/// Who wrote the JSON that holds credentials; each has its own names for the same things.
enum class CredentialsForm {
    process,   ///< What a `credential_process` prints.
    container, ///< ECS and EKS.
    instance,  ///< The instance metadata service, which can also say with 200 that it has none.
    sso,       ///< IAM Identity Center's portal.
};

/// Fails with `invalid_argument`, saying which part is missing and never quoting a value.
[[nodiscard]] Result<Credentials> parse_credentials(std::string_view text, CredentialsForm form);

}  // namespace kaiwa::aws
