#include "base/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

namespace kaiwa {
namespace {

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

std::string encode_base64(std::span<std::uint8_t const> bytes, std::string_view alphabet) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    int held = 0;
    for (auto byte : bytes) {
        bits = bits << 8 | byte;
        held += 8;
        while (held >= 6) {
            held -= 6;
            out.push_back(alphabet[bits >> held & 63]);
        }
    }
    if (held > 0) out.push_back(alphabet[bits << (6 - held) & 63]);
    return out;
}

int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

std::uint8_t const* bytes_of(std::string_view text) {
    return reinterpret_cast<std::uint8_t const*>(text.data());
}

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher new_cipher() { return {EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free}; }

void check(int ok) {
    if (ok != 1) throw std::runtime_error("OpenSSL failed");
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
    // Looked up once: a look-up by name costs more than hashing a few bytes does.
    static EVP_MD const* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    Sha256 digest;
    check(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, method, nullptr));
    return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
    Sha256 digest;
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
             digest.data(), &size) == nullptr) {
        throw std::runtime_error("OpenSSL failed");
    }
    return digest;
}

std::string hex(std::span<std::uint8_t const> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (auto byte : bytes) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

std::string base64url(std::span<std::uint8_t const> bytes) {
    return encode_base64(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

std::string base64(std::string_view bytes) {
    auto out = encode_base64(
        {bytes_of(bytes), bytes.size()},
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    while (out.size() % 4 != 0) out.push_back('=');
    return out;
}

Result<std::string> decode_base64(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    if (text.size() % 4 == 1) return fail(Errc::invalid_argument, "expected base64");
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : text) {
        int const value = sextet(c);
        if (value < 0) return fail(Errc::invalid_argument, "expected base64");
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out.push_back(static_cast<char>(bits >> held & 0xFF));
        }
    }
    return out;
}

bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Sealer::seal(Secret const& value, std::string_view context, Random& random) const {
    auto const& plain = value.reveal();
    std::string out(nonce_bytes + plain.size() + tag_bytes, '\0');
    auto* bytes = reinterpret_cast<std::uint8_t*>(out.data());
    random.fill({bytes, nonce_bytes});

    auto cipher = new_cipher();
    int length = 0;
    check(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes));
    check(EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(context),
                            static_cast<int>(context.size())));
    check(EVP_EncryptUpdate(cipher.get(), bytes + nonce_bytes, &length, bytes_of(plain),
                            static_cast<int>(plain.size())));
    check(EVP_EncryptFinal_ex(cipher.get(), bytes + nonce_bytes + length, &length));
    check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes,
                              bytes + nonce_bytes + plain.size()));
    return out;
}

Result<Secret> Sealer::open(std::string_view sealed, std::string_view context) const {
    auto const wrong = [] {
        return fail(Errc::unauthenticated,
                    "a stored secret was sealed under another key: check KAIWA_SECRET");
    };
    if (sealed.size() < nonce_bytes + tag_bytes) return wrong();
    auto const size = sealed.size() - nonce_bytes - tag_bytes;
    std::string plain(size, '\0');
    std::string tag(sealed.substr(nonce_bytes + size));

    auto cipher = new_cipher();
    int length = 0;
    auto* out = reinterpret_cast<std::uint8_t*>(plain.data());
    check(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(),
                             bytes_of(sealed)));
    check(EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(context),
                            static_cast<int>(context.size())));
    check(EVP_DecryptUpdate(cipher.get(), out, &length, bytes_of(sealed.substr(nonce_bytes)),
                            static_cast<int>(size)));
    check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()));
    if (EVP_DecryptFinal_ex(cipher.get(), out + length, &length) != 1) return wrong();
    return Secret(std::move(plain));
}

}  // namespace kaiwa
