#include "auth/token_verifier.hpp"

#include "base/crypto.hpp"
#include "base/utf8.hpp"

#include <cjose/cjose.h>

#include <algorithm>
#include <cmath>

namespace kaiwa::auth {
namespace {

/// Where a rule is broken, for the tests and the log; callers hear one and the same sentence.
std::unexpected<Error> refuse(std::string_view why) {
    return fail(Errc::unauthenticated, "the token is not valid here", std::string(why));
}

struct Header {
    TokenAlgorithm algorithm{};
    std::optional<std::string> key_id;
};

struct Parts {
    std::string_view header;
    std::string_view payload;
};

bool is_base64url(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

Result<Parts> split(std::string_view token) {
    if (token.size() > TokenVerifier::max_token_bytes) return refuse("size");
    auto const first = token.find('.');
    auto const second = first == token.npos ? token.npos : token.find('.', first + 1);
    if (second == token.npos) return refuse("form");
    Parts const parts{token.substr(0, first), token.substr(first + 1, second - first - 1)};
    bool const sound = is_base64url(parts.header) && is_base64url(parts.payload) &&
                       is_base64url(token.substr(second + 1));
    if (!sound) return refuse("form");
    return parts;
}

Result<json::object> read_part(std::string_view part) {
    auto const bytes = decode_base64(part);
    auto parsed = bytes ? parse_json(*bytes) : Result<json::value>(refuse("form"));
    if (!parsed || !parsed->is_object()) return refuse("form");
    return std::move(parsed->get_object());
}

std::optional<std::string_view> text_member(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(name);
    if (!value || !value->is_string()) return std::nullopt;
    return std::string_view(value->get_string());
}

Result<Header> read_header(std::string_view part) {
    auto const object = read_part(part);
    if (!object) return std::unexpected(object.error());
    Header header;
    auto const algorithm = text_member(*object, "alg");
    if (algorithm == "RS256") header.algorithm = TokenAlgorithm::rs256;
    else if (algorithm == "PS256") header.algorithm = TokenAlgorithm::ps256;
    else if (algorithm == "ES256") header.algorithm = TokenAlgorithm::es256;
    else return refuse("alg");
    if (object->contains("crit")) return refuse("crit");
    if (auto const* id = object->if_contains("kid")) {
        if (!id->is_string()) return refuse("kid");
        header.key_id = std::string(id->get_string());
    }
    return header;
}

bool is_signed_with(std::string const& token, KeySet::Key const& key) {
    struct Release {
        void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
        void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
    };
    cjose_err error{};
    std::unique_ptr<cjose_jwk_t, Release> const jwk(
        cjose_jwk_import(key.jwk.data(), key.jwk.size(), &error));
    std::unique_ptr<cjose_jws_t, Release> const jws(
        cjose_jws_import(token.data(), token.size(), &error));
    return jwk && jws && cjose_jws_verify(jws.get(), jwk.get(), &error);
}

/// A NumericDate (RFC 7519, 2), which may have a fraction; unset when the claim is no such.
std::optional<Timestamp> time_claim(json::object const& claims, std::string_view name) {
    constexpr double last = 253'402'300'799;  // the year 9999
    auto const* value = claims.if_contains(name);
    if (!value || !value->is_number()) return std::nullopt;
    auto const seconds = value->to_number<double>();
    if (!(seconds >= 0 && seconds <= last)) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

Result<Timestamp> check_times(json::object const& claims, Timestamp now) {
    constexpr auto leeway = TokenVerifier::leeway;
    auto const expires = time_claim(claims, "exp");
    if (!expires || now >= *expires + leeway) return refuse("exp");
    for (auto const* name : {"nbf", "iat"}) {
        if (!claims.contains(name)) continue;
        auto const time = time_claim(claims, name);
        if (!time || now + leeway < *time) return refuse(name);
    }
    return *expires;
}

Result<void> check_audience(json::object const& claims, std::string const& audience) {
    if (claims.contains("token_use")) {
        auto const use = text_member(claims, "token_use");
        if (use == "access") {
            if (text_member(claims, "client_id") != audience) return refuse("client_id");
            return {};
        }
        if (use != "id") return refuse("token_use");
    }
    auto const* named = claims.if_contains("aud");
    if (!named) return refuse("aud");
    if (named->is_string()) {
        if (text_member(claims, "aud") != audience) return refuse("aud");
    } else {
        auto const* list = named->if_array();
        if (!list || std::ranges::find(*list, json::value(json::string(audience))) == list->end())
            return refuse("aud");
        if (list->size() > 1 && text_member(claims, "azp") != audience) return refuse("azp");
    }
    if (claims.contains("azp") && text_member(claims, "azp") != audience) return refuse("azp");
    return {};
}

std::string shown_name(json::object const& claims) {
    for (auto const* name : {"name", "preferred_username", "cognito:username", "username", "email"})
        if (auto const text = text_member(claims, name); text && !text->empty())
            return std::string(*text);
    return {};
}

Result<VerifiedToken> check_claims(json::object claims, TokenRules const& rules, Timestamp now) {
    if (text_member(claims, "iss") != rules.issuer) return refuse("iss");
    auto const expires = check_times(claims, now);
    if (!expires) return std::unexpected(expires.error());
    if (auto ok = check_audience(claims, rules.audience); !ok) return std::unexpected(ok.error());
    if (rules.nonce && text_member(claims, "nonce") != *rules.nonce) return refuse("nonce");
    auto const subject = text_member(claims, "sub");
    if (!subject || subject->empty() || subject->size() > TokenVerifier::max_subject_bytes)
        return refuse("sub");
    ExternalIdentity identity{rules.issuer, std::string(*subject), shown_name(claims)};
    return VerifiedToken{std::move(identity), *expires, std::move(claims)};
}

}  // namespace

asio::awaitable<Result<VerifiedToken>> TokenVerifier::verify(std::string token, TokenRules rules) {
    auto const parts = split(token);
    if (!parts) co_return std::unexpected(parts.error());
    auto const header = read_header(parts->header);
    if (!header) co_return std::unexpected(header.error());
    auto claims = read_part(parts->payload);
    if (!claims) co_return std::unexpected(claims.error());
    // What is plainly somebody else's, or of yesterday, costs no signature and no fetch.
    auto verified = check_claims(std::move(*claims), rules, clock_.now());
    if (!verified) co_return verified;

    auto keys = co_await keys_.keys(rules.issuer, KeySource::Freshness::kept);
    if (!keys) co_return std::unexpected(keys.error());
    if (header->key_id && !(*keys)->has(*header->key_id)) {
        keys = co_await keys_.keys(rules.issuer, KeySource::Freshness::fetched);
        if (!keys) co_return std::unexpected(keys.error());
    }
    auto const candidates = (*keys)->candidates(header->key_id, header->algorithm);
    bool const is_signed = std::ranges::any_of(
        candidates, [&](KeySet::Key const* key) { return is_signed_with(token, *key); });
    if (!is_signed) co_return refuse("signature");
    co_return verified;
}

}  // namespace kaiwa::auth
