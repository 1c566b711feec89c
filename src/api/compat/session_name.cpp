#include "api/compat/session_name.hpp"

#include <algorithm>

namespace kaiwa::api::compat {
namespace {

constexpr std::string_view session_cookie = "kaiwa-lambda-url";

bool fits_header(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

void choose_session(Asked& asked, Settings const& settings, http::Request const& request) {
    bool const at_root = asked.shape == Shape::root || asked.shape == Shape::output_text;
    if (!at_root || asked.session_id || asked.continuation) return;
    auto const cookie = request.cookie(session_cookie);
    if (settings.has(Dialect::lambda_url) && cookie && is_session_id(*cookie)) {
        asked.session_id = std::string(*cookie);
        asked.named_by = Asked::NamedBy::cookie;
    } else if (asked.dialect == Dialect::private_rag) {
        asked.session_id = "default_session";
    }
}

void tell_session(Conversation const& conversation, Dialect dialect, http::Request const& request,
                  http::Headers& headers) {
    if (fits_header(conversation.shown_id)) headers.set("X-Session-Id", conversation.shown_id);
    bool const browser_keeps_it =
        dialect == Dialect::lambda_url && conversation.issued == Conversation::Issued::yes;
    if (!browser_keeps_it) return;
    auto cookie = std::string(session_cookie) + "=" + conversation.session_id +
                  "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax";
    if (request.secure) cookie += "; Secure";
    headers.set("Set-Cookie", std::move(cookie));
}

}  // namespace kaiwa::api::compat
