// Tokens, key sets and what issuers say of themselves: nobody without the private key makes a token
// that is taken. The key is that of RFC 7515, A.3.
#include "auth/token_verifier.hpp"
#include "fuzz_input.hpp"
#include "oidc/discovery.hpp"

#include <boost/asio/io_context.hpp>

namespace {

constexpr std::string_view keys_of_rfc =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

class FixedKeys final : public kaiwa::auth::KeySource {
public:
    kaiwa::asio::awaitable<kaiwa::Result<std::shared_ptr<kaiwa::auth::KeySet const>>> keys(
        std::string, Freshness) override {
        co_return keys_;
    }

private:
    std::shared_ptr<kaiwa::auth::KeySet const> keys_ =
        std::make_shared<kaiwa::auth::KeySet const>(kaiwa::auth::KeySet::parse(keys_of_rfc).value());
};

class FixedClock final : public kaiwa::Clock {
public:
    [[nodiscard]] kaiwa::Timestamp now() const override {
        return kaiwa::Timestamp(std::chrono::seconds(1'300'819'000));
    }
};

bool is_taken(std::string token) {
    static FixedKeys keys;
    static FixedClock const clock;
    kaiwa::auth::TokenVerifier verifier(keys, clock);
    kaiwa::asio::io_context io;
    bool taken = false;
    kaiwa::asio::co_spawn(io, verifier.verify(std::move(token), {"joe", "fuzz", std::nullopt}),
                          [&](std::exception_ptr escaped, auto verified) {
                              kaiwa::fuzz::require(!escaped);
                              taken = verified.has_value();
                          });
    io.run();
    return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    kaiwa::fuzz::require(!is_taken(std::string(text)));
    if (auto const set = kaiwa::auth::KeySet::parse(text))
        for (auto const algorithm :
             {kaiwa::auth::TokenAlgorithm::rs256, kaiwa::auth::TokenAlgorithm::es256})
            for (auto const* key : set->candidates(std::nullopt, algorithm))
                kaiwa::fuzz::require(kaiwa::parse_json(key->jwk).has_value());
    if (auto const found = kaiwa::oidc::parse_discovery(text, "https://id.example"))
        kaiwa::fuzz::require(found->jwks_uri.starts_with("https://"));
    if (kaiwa::oidc::is_issuer(text)) kaiwa::fuzz::require(text.starts_with("http"));
    return 0;
}
