#pragma once

#include "api/services.hpp"
#include "auth/credential_cache.hpp"
#include "base/json.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>

namespace kaiwa::api {

enum class Access {
    anyone,         ///< Signing in, setting up, health.
    signed_in,      ///< Any principal.
    administrator,
};

/// What a request brought to say who sends it.
struct PresentedCredential {
    enum class Kind { none, cookie, bearer } kind = Kind::none;
    std::string text;
};

/// Finds the credential in cookies and headers. Fails with `invalid_argument` when there are two,
/// so that no part of the way ever sees another caller than the next; with `unauthenticated` when
/// it is of a kind that nothing here takes.
[[nodiscard]] Result<PresentedCredential> find_credential(http::Request const& request,
                                                          Site const& site);

/// Lets a request pass or says why not: `misdirected` (the Host is not ours), `bad_origin` (a
/// change by cookie that our page did not send), `unauthenticated`, `forbidden`. Nobody is looked
/// up for `Access::anyone`: the caller stays unset.
asio::awaitable<Result<std::optional<auth::Caller>>> let_in(Services const& services,
                                                            Settings const& settings,
                                                            http::Request const& request,
                                                            Access access);

/// The same for what takes any Host, and never fails with `misdirected`.
asio::awaitable<Result<std::optional<auth::Caller>>> let_in_under_any_host(
    Services const& services, Settings const& settings, http::Request const& request,
    Access access);

/// Refuses a body in a content coding (RFC 9110, 8.4), which nobody here undoes: reason
/// "unsupported_type".
[[nodiscard]] Result<void> refuse_coding(http::Request const& request);

/// The JSON body. `Needed::no` also takes no body at all, as an empty object.
/// Fails with reason "unsupported_type" unless it says that it is JSON, or `invalid_argument`.
enum class Needed { yes, no };
[[nodiscard]] Result<json::value> read_json_body(http::Request const& request, Needed needed);

/// "text/plain" of "Text/Plain; charset=utf-8".
[[nodiscard]] std::string bare_media_type(std::string_view content_type);

}  // namespace kaiwa::api
