#include "auth/token_verifier.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/token_maker.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kaiwa::auth {
namespace {

using kaiwa::test::run_task;
using kaiwa::test::SigningKey;

constexpr auto issuer = "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_abc";
constexpr auto client = "client-1";

SigningKey const& rsa_key() {
    static SigningKey const key = SigningKey::rsa();
    return key;
}
SigningKey const& other_rsa_key() {
    static SigningKey const key = SigningKey::rsa();
    return key;
}
SigningKey const& ec_key() {
    static SigningKey const key = SigningKey::p256();
    return key;
}

json::object with(json::object object, std::string_view name, json::value value) {
    object[name] = std::move(value);
    return object;
}
json::object without(json::object object, std::string_view name) {
    object.erase(name);
    return object;
}

class ListedKeys final : public KeySource {
public:
    asio::awaitable<Result<std::shared_ptr<KeySet const>>> keys(std::string asked,
                                                                Freshness freshness) override {
        asked_for.insert(asked);
        if (freshness == Freshness::fetched) {
            ++fetches;
            if (!after_fetch.empty()) listed = after_fetch;
        }
        if (fails) co_return fail(Errc::unavailable, "the issuer does not answer");
        auto set = KeySet::parse(json::serialize(json::object{{"keys", listed}}));
        if (!set) co_return std::unexpected(set.error());
        co_return std::make_shared<KeySet const>(std::move(*set));
    }

    json::array listed;
    json::array after_fetch;
    std::set<std::string> asked_for;
    int fetches = 0;
    bool fails = false;
};

class TokenVerifierTest : public testing::Test {
protected:
    TokenVerifierTest() {
        source.listed = {with(with(rsa_key().jwk(), "kid", "rsa-1"), "use", "sig"),
                         with(ec_key().jwk(), "kid", "ec-1")};
    }

    [[nodiscard]] std::int64_t now() const {
        return std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch())
            .count();
    }
    [[nodiscard]] json::object claims() const {
        return {{"iss", issuer},        {"sub", "sub-1"},
                {"aud", client},        {"token_use", "id"},
                {"exp", now() + 3600},  {"iat", now() - 5},
                {"nbf", now() - 5},     {"cognito:username", "hana"},
                {"email", "root@example.com"}, {"email_verified", true}};
    }
    static json::object header(std::string_view algorithm = "RS256",
                               std::string_view key_id = "rsa-1") {
        return {{"alg", algorithm}, {"kid", key_id}, {"typ", "JWT"}};
    }
    static std::string sign(json::object const& head, json::object const& body,
                            std::string_view algorithm = "RS256",
                            SigningKey const& key = rsa_key()) {
        return key.sign(algorithm, json::serialize(head), json::serialize(body));
    }
    [[nodiscard]] std::string good() const { return sign(header(), claims()); }

    Result<VerifiedToken> verify(std::string token) {
        return run_task(verifier.verify(std::move(token), rules));
    }
    /// Whether it is refused, for this reason.
    void expect_refused(std::string token, std::string_view why) {
        ++refusals;
        auto const verified = verify(std::move(token));
        ASSERT_FALSE(verified) << why;
        EXPECT_EQ(verified.error().code, Errc::unauthenticated) << why;
        EXPECT_EQ(verified.error().reason, why);
        EXPECT_EQ(verified.error().message, "the token is not valid here");
    }
    void expect_refused(json::object const& body, std::string_view why) {
        expect_refused(sign(header(), body), why);
    }

    kaiwa::test::ManualClock clock;
    ListedKeys source;
    TokenVerifier verifier{source, clock};
    TokenRules rules{issuer, client, std::nullopt};
    int refusals = 0;
};

TEST_F(TokenVerifierTest, TakesAnIdTokenOfCognito) {
    auto const verified = verify(good());
    ASSERT_TRUE(verified) << verified.error().reason;
    EXPECT_EQ(verified->identity.issuer, issuer);
    EXPECT_EQ(verified->identity.subject, "sub-1");
    EXPECT_EQ(verified->identity.name, "hana");
    EXPECT_EQ(verified->expires_at, clock.now() + std::chrono::hours(1));
}

TEST_F(TokenVerifierTest, TakesAnAccessTokenOfCognitoByItsClient) {
    auto access = without(with(claims(), "token_use", "access"), "aud");
    access["client_id"] = client;
    EXPECT_TRUE(verify(sign(header(), access)));
}

TEST_F(TokenVerifierTest, TakesEachOfTheThreeAlgorithms) {
    EXPECT_TRUE(verify(sign(header("PS256"), claims(), "PS256")));
    EXPECT_TRUE(verify(sign(header("ES256", "ec-1"), claims(), "ES256", ec_key())));
    auto const nameless = without(header("ES256"), "kid");
    EXPECT_TRUE(verify(sign(nameless, claims(), "ES256", ec_key())));
}

TEST_F(TokenVerifierTest, TakesOneOfSeveralAudiencesWhenItIsTheAuthorizedParty) {
    auto several = with(claims(), "aud", json::array{"other", client});
    several["azp"] = client;
    EXPECT_TRUE(verify(sign(header(), several)));
    EXPECT_TRUE(verify(sign(header(), with(claims(), "aud", json::array{client}))));
}

TEST_F(TokenVerifierTest, ForgivesAMinute) {
    EXPECT_TRUE(verify(sign(header(), with(claims(), "exp", now() - 59))));
    EXPECT_TRUE(verify(sign(header(), with(claims(), "nbf", now() + 59))));
    EXPECT_TRUE(verify(sign(header(), with(claims(), "iat", static_cast<double>(now()) + 59.5))));
}

TEST_F(TokenVerifierTest, FetchesKeysOnceForAKeyThatIsNotKept) {
    source.after_fetch = {with(other_rsa_key().jwk(), "kid", "rsa-2")};
    auto const token = sign(header("RS256", "rsa-2"), claims(), "RS256", other_rsa_key());
    EXPECT_TRUE(verify(token));
    EXPECT_TRUE(verify(token));
    EXPECT_EQ(source.fetches, 1);
    EXPECT_EQ(source.asked_for, std::set<std::string>{issuer}) << "never an address of a token";
}

TEST_F(TokenVerifierTest, SaysWhenTheIssuerDoesNotAnswer) {
    source.fails = true;
    EXPECT_EQ(verify(good()).error().code, Errc::unavailable);
}

TEST_F(TokenVerifierTest, TellsTokensApartHoweverTheyBegin) {
    std::string const filler(300, 'x');
    auto one = json::object{{"pad", filler}};
    for (auto const& [name, value] : claims()) one[name] = value;
    auto two = with(one, "sub", "sub-2");
    auto const first = sign(header(), one);
    auto const second = sign(header(), two);
    ASSERT_EQ(first.substr(0, 300), second.substr(0, 300));
    EXPECT_EQ(verify(first)->identity.subject, "sub-1");
    EXPECT_EQ(verify(second)->identity.subject, "sub-2");
    auto forged = first.substr(0, first.rfind('.') + 1) + second.substr(second.rfind('.') + 1);
    expect_refused(std::move(forged), "signature");
}

TEST_F(TokenVerifierTest, RefusesEveryOtherToken) {
    auto const token = good();
    auto const first_dot = token.find('.');
    auto const last_dot = token.rfind('.');
    auto const payload = token.substr(first_dot + 1, last_dot - first_dot - 1);

    // Its form.
    for (std::string const& text :
         {std::string(), std::string("x"), std::string(".."), std::string("a.b"), "Bearer " + token,
          token + ".", token + "." + payload, token + "=", " " + token, token.substr(0, last_dot),
          token.substr(0, last_dot + 1), "." + payload + token.substr(last_dot),
          token.substr(0, first_dot) + ".!" + token.substr(last_dot),
          SigningKey::encode("[]") + token.substr(first_dot),
          SigningKey::encode("{") + token.substr(first_dot),
          SigningKey::encode("{\"alg\":\"RS256\"\xFF}") + token.substr(first_dot)})
        expect_refused(text, "form");
    expect_refused(rsa_key().sign("RS256", json::serialize(header()), "null"), "form");
    expect_refused(rsa_key().sign("RS256", json::serialize(header()), "\"text\""), "form");
    expect_refused(sign(header(), with(claims(), "pad", json::string(16'384, 'x'))), "size");

    // Its algorithm.
    for (json::value const& algorithm :
         {json::value("none"), json::value("None"), json::value("nOnE"), json::value(""),
          json::value("HS256"), json::value("HS384"), json::value("RS1"), json::value("RS512"),
          json::value("ES384"), json::value("EdDSA"), json::value("rs256"), json::value(nullptr),
          json::value(json::array{"RS256"}), json::value(256)})
        expect_refused(sign(with(header(), "alg", algorithm), claims()), "alg");
    expect_refused(sign(without(header(), "alg"), claims()), "alg");
    expect_refused(SigningKey::encode(R"({"alg":"none"})") + "." + payload + ".AA", "alg");
    auto const confused = SigningKey::sign_symmetric(
        rsa_key().public_pem(), json::serialize(header("HS256")), json::serialize(claims()));
    expect_refused(confused, "alg");
    auto const relabelled = SigningKey::sign_symmetric(
        rsa_key().public_pem(), json::serialize(header()), json::serialize(claims()));
    expect_refused(relabelled, "signature");

    // Its header.
    expect_refused(sign(with(header(), "crit", json::array{"b64"}), claims()), "crit");
    expect_refused(sign(with(header(), "crit", json::array{}), claims()), "crit");
    expect_refused(sign(with(header(), "kid", 7), claims()), "kid");
    expect_refused(sign(with(header(), "kid", nullptr), claims()), "kid");

    // Its signature.
    expect_refused(sign(header(), claims(), "RS256", other_rsa_key()), "signature");
    expect_refused(sign(without(header(), "kid"), claims(), "RS256", other_rsa_key()), "signature");
    expect_refused(sign(header("RS256", "nobody's"), claims()), "signature");
    expect_refused(sign(header("RS256", "ec-1"), claims()), "signature");
    expect_refused(sign(header("ES256", "rsa-1"), claims(), "ES256", ec_key()), "signature");
    expect_refused(sign(header("ES256", "ec-1"), claims()), "signature");
    expect_refused(sign(header("PS256"), claims(), "RS256"), "signature");
    expect_refused(sign(header("RS256"), claims(), "PS256"), "signature");
    for (auto const* name : {"jku", "x5u", "jwk", "x5c"}) {
        auto own = header();
        own[name] = name == std::string_view("jwk")
                        ? json::value(with(other_rsa_key().jwk(), "kid", "rsa-1"))
                        : json::value("https://evil.example/keys");
        expect_refused(sign(own, claims(), "RS256", other_rsa_key()), "signature");
    }
    auto flipped = token;
    flipped[last_dot + 10] = flipped[last_dot + 10] == 'A' ? 'B' : 'A';
    expect_refused(flipped, "signature");
    auto const zeros = ec_key().sign("ES256", json::serialize(header("ES256", "ec-1")),
                                     json::serialize(claims()));
    expect_refused(zeros.substr(0, zeros.rfind('.') + 1) + std::string(86, 'A'), "signature");
    auto const swapped = sign(header(), with(claims(), "sub", "admin"));
    expect_refused(token.substr(0, first_dot) +
                       swapped.substr(swapped.find('.'), swapped.rfind('.') - swapped.find('.')) +
                       token.substr(last_dot),
                   "signature");

    // Whose it is, and for whom.
    for (json::value const& other :
         {json::value(std::string(issuer) + "/"), json::value("https://evil.example"),
          json::value(""), json::value(nullptr), json::value(json::array{issuer})})
        expect_refused(with(claims(), "iss", other), "iss");
    expect_refused(without(claims(), "iss"), "iss");
    for (json::value const& other :
         {json::value("client-2"), json::value("client-1 "), json::value(""), json::value(nullptr),
          json::value(json::array{}), json::value(json::array{"client-2"}), json::value(7)})
        expect_refused(with(claims(), "aud", other), "aud");
    expect_refused(without(claims(), "aud"), "aud");
    expect_refused(with(claims(), "aud", json::array{"client-2", client}), "azp");
    expect_refused(with(claims(), "azp", "client-2"), "azp");
    for (auto const* use : {"", "refresh", "ID"})
        expect_refused(with(claims(), "token_use", use), "token_use");
    expect_refused(with(claims(), "token_use", nullptr), "token_use");
    expect_refused(with(claims(), "token_use", "access"), "client_id");
    expect_refused(with(with(claims(), "token_use", "access"), "client_id", "client-2"), "client_id");

    // Its time.
    for (json::value const& time :
         {json::value(now() - 60), json::value(0), json::value(-1), json::value("4102444800"),
          json::value(nullptr), json::value(1e300)})
        expect_refused(with(claims(), "exp", time), "exp");
    expect_refused(without(claims(), "exp"), "exp");
    expect_refused(with(claims(), "nbf", now() + 61), "nbf");
    expect_refused(with(claims(), "nbf", "now"), "nbf");
    expect_refused(with(claims(), "iat", now() + 61), "iat");
    expect_refused(with(claims(), "iat", nullptr), "iat");

    // Who it is.
    for (json::value const& subject :
         {json::value(""), json::value(nullptr), json::value(7), json::value(std::string(256, 'x'))})
        expect_refused(with(claims(), "sub", subject), "sub");
    expect_refused(without(claims(), "sub"), "sub");
    rules.nonce = "n-1";
    expect_refused(token, "nonce");
    expect_refused(with(claims(), "nonce", "n-2"), "nonce");

    EXPECT_GE(refusals, 90);
    EXPECT_LE(source.fetches, 1) << "only an unknown key is worth a fetch";
}

TEST(KeySet, LeavesOutWhatNoSignatureMayBeCheckedWith) {
    auto const set_of = [](json::value key) {
        return KeySet::parse(json::serialize(json::object{{"keys", json::array{std::move(key)}}}));
    };
    ASSERT_TRUE(set_of(rsa_key().jwk()));
    ASSERT_TRUE(set_of(with(rsa_key().jwk(), "key_ops", json::array{"verify"})));
    for (json::value const& wrong :
         {json::value(with(rsa_key().jwk(), "use", "enc")), json::value(with(rsa_key().jwk(), "use", nullptr)),
          json::value(with(rsa_key().jwk(), "key_ops", json::array{"encrypt"})),
          json::value(with(rsa_key().jwk(), "alg", "HS256")),
          json::value(with(rsa_key().jwk(), "alg", "ES256")),
          json::value(with(rsa_key().jwk(), "e", "AQ")), json::value(with(rsa_key().jwk(), "e", "")),
          json::value(with(rsa_key().jwk(), "n", "AQAB")), json::value(without(rsa_key().jwk(), "n")),
          json::value(with(ec_key().jwk(), "crv", "P-521")), json::value(with(ec_key().jwk(), "x", "AQAB")),
          json::value(SigningKey::rsa(1024).jwk()),
          json::value(json::object{{"kty", "oct"}, {"k", "c2VjcmV0"}}), json::value("key"),
          json::value(nullptr)}) {
        auto const set = set_of(wrong);
        ASSERT_FALSE(set) << json::serialize(wrong);
        EXPECT_EQ(set.error().code, Errc::invalid_argument);
    }
    for (auto const* text : {"", "{", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})"})
        EXPECT_FALSE(KeySet::parse(text)) << text;
}

TEST(KeySet, UsesPublicMembersAlone) {
    auto key = rsa_key().jwk();
    key["d"] = "AQAB";
    key["x5u"] = "https://evil.example";
    auto const set = KeySet::parse(json::serialize(json::object{{"keys", json::array{key}}}));
    ASSERT_TRUE(set);
    auto const candidates = set->candidates(std::nullopt, TokenAlgorithm::rs256);
    ASSERT_EQ(candidates.size(), 1u);
    EXPECT_EQ(parse_json(candidates[0]->jwk)->get_object().size(), 3u);
}

}  // namespace
}  // namespace kaiwa::auth
