#include "auth/token_verifier.hpp"

#include "base/crypto.hpp"

#include <algorithm>

namespace kaiwa::auth {
namespace {

constexpr std::size_t min_modulus_bytes = 256;
constexpr std::size_t max_modulus_bytes = 1024;
constexpr std::size_t coordinate_bytes = 32;

std::optional<std::string> text_member(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(name);
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
}

/// The bytes of a base64url member, with their leading zeros taken off; empty when it has none.
std::string number_member(json::object const& key, std::string_view name) {
    auto bytes = decode_base64(text_member(key, name).value_or(""));
    if (!bytes) return {};
    auto const first = std::ranges::find_if(*bytes, [](char c) { return c != '\0'; });
    bytes->erase(bytes->begin(), first);
    return std::move(*bytes);
}

/// The key with its public members alone, so that nothing else of it has an effect; nothing when it
/// cannot be used to check a signature.
std::optional<std::string> usable(json::object const& key, bool& elliptic) {
    auto const kind = text_member(key, "kty");
    elliptic = kind == "EC";
    if (elliptic) {
        if (text_member(key, "crv") != "P-256") return std::nullopt;
        for (auto const* name : {"x", "y"}) {
            auto const bytes = decode_base64(text_member(key, name).value_or(""));
            if (!bytes || bytes->size() != coordinate_bytes) return std::nullopt;
        }
        return json::serialize(
            json::object{{"kty", "EC"}, {"crv", "P-256"}, {"x", key.at("x")}, {"y", key.at("y")}});
    }
    if (kind != "RSA") return std::nullopt;
    auto const modulus = number_member(key, "n");
    auto const exponent = number_member(key, "e");
    bool const long_enough = modulus.size() > min_modulus_bytes ||
                             (modulus.size() == min_modulus_bytes && (modulus[0] & 0x80) != 0);
    bool const odd = !exponent.empty() && (exponent.back() & 1) != 0;
    if (!long_enough || modulus.size() > max_modulus_bytes || !odd || exponent == "\x01" ||
        exponent.size() > 4)
        return std::nullopt;
    return json::serialize(json::object{{"kty", "RSA"}, {"n", key.at("n")}, {"e", key.at("e")}});
}

bool is_for_signing(json::object const& key) {
    if (auto const* use = key.if_contains("use"); use && *use != "sig") return false;
    auto const* operations = key.if_contains("key_ops");
    if (!operations) return true;
    if (!operations->is_array()) return false;
    auto const& list = operations->get_array();
    return std::ranges::find(list, json::value("verify")) != list.end();
}

std::optional<TokenAlgorithm> parse_algorithm(std::string_view name) {
    if (name == "RS256") return TokenAlgorithm::rs256;
    if (name == "PS256") return TokenAlgorithm::ps256;
    if (name == "ES256") return TokenAlgorithm::es256;
    return std::nullopt;
}

std::optional<KeySet::Key> read_key(json::value const& value) {
    auto const* object = value.if_object();
    if (!object || !is_for_signing(*object)) return std::nullopt;
    KeySet::Key key;
    auto jwk = usable(*object, key.elliptic);
    if (!jwk) return std::nullopt;
    key.jwk = std::move(*jwk);
    key.id = text_member(*object, "kid");
    if (object->contains("alg")) {
        key.only_for = parse_algorithm(text_member(*object, "alg").value_or(""));
        bool const fits = key.only_for && (*key.only_for == TokenAlgorithm::es256) == key.elliptic;
        if (!fits) return std::nullopt;
    }
    return key;
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view text) {
    auto const parsed = parse_json(text);
    auto const* object = parsed ? parsed->if_object() : nullptr;
    auto const* list = object ? object->if_contains("keys") : nullptr;
    if (!list || !list->is_array())
        return fail(Errc::invalid_argument, "expected a set of keys (RFC 7517)");
    KeySet set;
    for (auto const& item : list->get_array()) {
        if (set.keys_.size() == max_keys) break;
        if (auto key = read_key(item)) set.keys_.push_back(std::move(*key));
    }
    if (set.keys_.empty())
        return fail(Errc::invalid_argument, "the set has no key that signatures can be checked with");
    return set;
}

std::vector<KeySet::Key const*> KeySet::candidates(std::optional<std::string> const& id,
                                                   TokenAlgorithm algorithm) const {
    std::vector<Key const*> found;
    for (auto const& key : keys_) {
        bool const fits = key.elliptic == (algorithm == TokenAlgorithm::es256) &&
                          (!key.only_for || *key.only_for == algorithm);
        if (fits && (!id || key.id == id)) found.push_back(&key);
    }
    return found;
}

bool KeySet::has(std::string_view id) const {
    return std::ranges::any_of(keys_, [&](Key const& key) { return key.id == id; });
}

}  // namespace kaiwa::auth
