#include "aws/sources.hpp"

namespace kaiwa::aws {

Found from_environment(Variables const& variables) {
    auto const key_id = variables("AWS_ACCESS_KEY_ID");
    auto const secret = variables("AWS_SECRET_ACCESS_KEY");
    if (!key_id && !secret) return std::nullopt;
    if (!key_id || !secret) {
        return fail(Failure::Kind::credentials,
                    std::string("the environment has ") +
                        (key_id ? "AWS_ACCESS_KEY_ID but no AWS_SECRET_ACCESS_KEY"
                                : "AWS_SECRET_ACCESS_KEY but no AWS_ACCESS_KEY_ID"));
    }
    Credentials credentials;
    credentials.access_key_id = *key_id;
    credentials.secret_access_key = Secret(*secret);
    auto token = variables("AWS_SESSION_TOKEN");
    if (!token) token = variables("AWS_SECURITY_TOKEN");
    credentials.session_token = Secret(token.value_or(""));
    if (auto const end = variables("AWS_CREDENTIAL_EXPIRATION")) {
        auto const time = parse_rfc3339(*end);
        if (!time) {
            return fail(Failure::Kind::credentials,
                        "AWS_CREDENTIAL_EXPIRATION in the environment is no time");
        }
        credentials.expires_at = *time;
    }
    credentials.source = "the environment";
    return credentials;
}

}  // namespace kaiwa::aws
