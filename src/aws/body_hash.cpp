#include "aws/body_hash.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace kaiwa::aws {

struct BodyHash::State {
    State() : context(::EVP_MD_CTX_new()) { begin(); }
    ~State() { ::EVP_MD_CTX_free(context); }
    State(State const&) = delete;
    State& operator=(State const&) = delete;
    void begin() const {
        if (::EVP_DigestInit_ex(context, ::EVP_sha256(), nullptr) != 1) {
            throw std::runtime_error("OpenSSL failed");
        }
    }
    EVP_MD_CTX* context;
};

BodyHash::BodyHash() : state_(std::make_unique<State>()) {}
BodyHash::~BodyHash() = default;
BodyHash::BodyHash(BodyHash&&) noexcept = default;
BodyHash& BodyHash::operator=(BodyHash&&) noexcept = default;

void BodyHash::add(std::string_view bytes) {
    ::EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string BodyHash::finish() {
    Sha256 digest;
    ::EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
    state_->begin();
    return hex(digest);
}

}  // namespace kaiwa::aws
