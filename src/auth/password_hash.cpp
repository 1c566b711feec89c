#include "auth/password_hash.hpp"

#include "base/crypto.hpp"

#include <argon2.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace kaiwa::auth {
namespace {

constexpr std::uint32_t passes = 2;
constexpr std::uint32_t memory_kib = 64 * 1024;
constexpr std::uint32_t lanes = 1;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;
constexpr std::uint32_t most_memory_kib = 256 * 1024;
constexpr std::uint32_t most_passes = 16;

constexpr std::string_view argon2id_prefix = "$argon2id$v=19$";
constexpr std::string_view sha256_prefix = "sha256:";

std::string our_prefix() {
    return fmt::format("{}m={},t={},p={}$", argon2id_prefix, memory_kib, passes, lanes);
}

/// The cost that an encoded hash asks for, or nothing when it is no argon2id string we would run.
bool is_affordable(std::string_view encoded) {
    if (!encoded.starts_with(argon2id_prefix) || encoded.size() > 512) return false;
    encoded.remove_prefix(argon2id_prefix.size());
    auto const number = [&](std::string_view name) -> std::optional<std::uint32_t> {
        if (!encoded.starts_with(name)) return std::nullopt;
        encoded.remove_prefix(name.size());
        std::uint32_t value = 0;
        auto const [end, error] =
            std::from_chars(encoded.data(), encoded.data() + encoded.size(), value);
        if (error != std::errc{}) return std::nullopt;
        encoded.remove_prefix(static_cast<std::size_t>(end - encoded.data()));
        return value;
    };
    auto const memory = number("m=");
    auto const time = number(",t=");
    return memory && time && *memory <= most_memory_kib && *time <= most_passes;
}

/// Spends what a real comparison costs.
void compare_with_nothing(Secret const& password) {
    std::array<std::uint8_t, salt_bytes> const salt{};
    std::array<std::uint8_t, hash_bytes> hash{};
    auto const& text = password.reveal();
    argon2id_hash_raw(passes, memory_kib, lanes, text.data(), text.size(), salt.data(), salt.size(),
                      hash.data(), hash.size());
}

std::optional<std::string> imported_sha256(std::string_view stored) {
    if (stored.starts_with(sha256_prefix)) stored.remove_prefix(sha256_prefix.size());
    auto const is_hex = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    if (stored.size() != 64 || !std::ranges::all_of(stored, is_hex)) return std::nullopt;
    std::string lower(stored);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

}  // namespace

Result<std::string> hash_password(Secret const& password, Random& random) {
    std::array<std::uint8_t, salt_bytes> salt;
    random.fill(salt);
    std::string encoded(
        argon2_encodedlen(passes, memory_kib, lanes, salt_bytes, hash_bytes, Argon2_id), '\0');
    auto const& text = password.reveal();
    auto const code =
        argon2id_hash_encoded(passes, memory_kib, lanes, text.data(), text.size(), salt.data(),
                              salt.size(), hash_bytes, encoded.data(), encoded.size());
    if (code == ARGON2_MEMORY_ALLOCATION_ERROR)
        return fail(Errc::unavailable, "not enough memory to hash a password");
    if (code != ARGON2_OK) return fail(Errc::internal, argon2_error_message(code));
    encoded.resize(encoded.find('\0'));
    return encoded;
}

PasswordMatch match_password(Secret const& password, std::string_view stored) {
    auto const& text = password.reveal();
    if (is_affordable(stored)) {
        std::string const encoded(stored);
        if (argon2id_verify(encoded.c_str(), text.data(), text.size()) != ARGON2_OK)
            return PasswordMatch::no;
        return stored.starts_with(our_prefix()) ? PasswordMatch::yes : PasswordMatch::outdated;
    }
    auto const imported = imported_sha256(stored);
    if (imported && same_secret(hex(sha256(text)), *imported)) return PasswordMatch::outdated;
    compare_with_nothing(password);
    return PasswordMatch::no;
}

}  // namespace kaiwa::auth
