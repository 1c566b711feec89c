#pragma once

#include "base/crypto.hpp"
#include "base/json.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kaiwa::test {

/// A key pair of an issuer, and tokens that it signs, right and wrong.
class SigningKey {
public:
    static SigningKey rsa(unsigned bits = 2048) { return SigningKey(EVP_RSA_gen(bits)); }
    static SigningKey p256() { return SigningKey(EVP_EC_gen("P-256")); }

    /// The public key as a JWK without `kid`, `use` and `alg`.
    [[nodiscard]] json::object jwk() const {
        if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA)
            return {{"kty", "RSA"}, {"n", number("n", 0)}, {"e", number("e", 0)}};
        return {{"kty", "EC"}, {"crv", "P-256"}, {"x", number("qx", 32)}, {"y", number("qy", 32)}};
    }

    /// "header.payload.signature" with `algorithm` as it should be made, whatever the header says.
    [[nodiscard]] std::string sign(std::string_view algorithm, std::string_view header,
                                   std::string_view payload) const {
        auto const signed_text = encode(header) + "." + encode(payload);
        return signed_text + "." + encode(signature(algorithm, signed_text));
    }

    /// The same signed with HMAC under `secret`.
    static std::string sign_symmetric(std::string_view secret, std::string_view header,
                                      std::string_view payload) {
        auto const signed_text = encode(header) + "." + encode(payload);
        unsigned char out[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<unsigned char const*>(signed_text.data()), signed_text.size(), out,
             &size);
        return signed_text + "." +
               encode(std::string_view(reinterpret_cast<char const*>(out), size));
    }

    [[nodiscard]] std::string public_pem() const {
        std::unique_ptr<BIO, decltype(&BIO_free)> const bio(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_PUBKEY(bio.get(), key_.get());
        char* data = nullptr;
        auto const size = BIO_get_mem_data(bio.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }

    static std::string encode(std::string_view bytes) {
        return base64url({reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size()});
    }

private:
    explicit SigningKey(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {
        if (!key) throw std::runtime_error("no key was made");
    }

    [[nodiscard]] std::string number(char const* name, int size) const {
        BIGNUM* raw = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &raw);
        std::unique_ptr<BIGNUM, decltype(&BN_free)> const value(raw, &BN_free);
        std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(raw)), '\0');
        BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(bytes.data()),
                     static_cast<int>(bytes.size()));
        return encode(bytes);
    }

    [[nodiscard]] std::string signature(std::string_view algorithm, std::string const& text) const {
        std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context(EVP_MD_CTX_new(),
                                                                              &EVP_MD_CTX_free);
        EVP_PKEY_CTX* options = nullptr;
        EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key_.get());
        if (algorithm.starts_with("PS")) {
            EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
        }
        std::string out(1024, '\0');
        auto size = out.size();
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       reinterpret_cast<unsigned char const*>(text.data()), text.size());
        out.resize(size);
        return algorithm.starts_with("ES") ? raw_ecdsa(out) : out;
    }

    /// R and S side by side, 32 bytes each (RFC 7518, 3.4).
    static std::string raw_ecdsa(std::string const& der) {
        auto const* bytes = reinterpret_cast<unsigned char const*>(der.data());
        std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> const parsed(
            d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), &ECDSA_SIG_free);
        std::string raw(64, '\0');
        auto* out = reinterpret_cast<unsigned char*>(raw.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out + 32, 32);
        return raw;
    }

    std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace kaiwa::test
