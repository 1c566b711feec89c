#include "aws/sigv4.hpp"

#include "aws/vectors_fixture.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

/// A request as the suite writes it: a head with folded lines, then the body.
struct RawRequest {
    explicit RawRequest(std::string_view text) {
        auto const line = text.substr(0, text.find('\n'));
        method = line.substr(0, line.find(' '));
        target = line.substr(method.size() + 1, line.rfind(" HTTP/1.1") - method.size() - 1);
        text.remove_prefix(line.size() + 1);
        while (!text.empty() && !text.starts_with('\n')) {
            auto end = text.find('\n');
            while (end != text.npos && end + 1 < text.size() && text[end + 1] == ' ') {
                end = text.find('\n', end + 1);
            }
            end = std::min(end, text.size());
            auto const field = text.substr(0, end);
            auto const colon = field.find(':');
            headers.add(std::string(field.substr(0, colon)), std::string(field.substr(colon + 1)));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (!text.empty()) body = text.substr(1);
    }
    std::string method;
    std::string target;
    http::Headers headers;
    std::string body;
};

struct SuiteCase {
    explicit SuiteCase(json::object const& files)
        : request(std::string_view(files.at("request").as_string())) {
        auto const& context = files.at("context").as_object();
        auto const& keys = context.at("credentials").as_object();
        credentials.access_key_id = keys.at("access_key_id").as_string();
        credentials.secret_access_key = Secret(std::string(keys.at("secret_access_key").as_string()));
        if (auto const* text = keys.if_contains("token")) token = text->as_string();
        auto const* omitted = context.if_contains("omit_session_token");
        omits_token = omitted != nullptr && omitted->as_bool();
        if (!omits_token) credentials.session_token = Secret(token);
        scope = {std::string(context.at("region").as_string()),
                 std::string(context.at("service").as_string())};
        rule = context.at("normalize").as_bool() ? PathRule::normalized : PathRule::as_written;
        time = parse_rfc3339(context.at("timestamp").as_string()).value();
        signs_body = context.at("sign_body").as_bool();
        valid = std::chrono::seconds(context.at("expiration_in_seconds").as_int64());
    }
    RawRequest request;
    Credentials credentials;
    std::string token;
    bool omits_token = false;
    SigningScope scope;
    PathRule rule = PathRule::normalized;
    Timestamp time;
    bool signs_body = false;
    std::chrono::seconds valid{0};
};

std::string text_of(json::object const& files, std::string_view name) {
    return std::string(files.at(name).as_string());
}

/// The canonical request of what is about to be signed by header.
http::Headers with_signing_headers(SuiteCase const& one, std::string const& hash) {
    auto headers = one.request.headers;
    headers.set("X-Amz-Date", "20150830T123600Z");
    if (!one.credentials.session_token.empty()) headers.set("X-Amz-Security-Token", one.token);
    if (one.signs_body) headers.set("X-Amz-Content-Sha256", hash);
    return headers;
}

TEST(SigV4, PassesTheVendorsSuiteForSignedHeaders) {
    std::size_t seen = 0;
    for (auto const& [name, value] : test::vector_file("sigv4_suite.json").as_object()) {
        auto const& files = value.as_object();
        if (!files.contains("context")) continue;
        SCOPED_TRACE(std::string(name));
        SuiteCase one(files);
        ++seen;
        auto const hash = hex(sha256(one.request.body));
        auto headers = with_signing_headers(one, hash);
        auto const canonical =
            canonical_request({one.request.method, one.request.target, headers, hash}, one.rule);
        EXPECT_EQ(canonical, text_of(files, "header_canonical_request"));
        EXPECT_EQ(string_to_sign(canonical, one.time, one.scope),
                  text_of(files, "header_string_to_sign"));

        Signer const signer(one.scope, one.rule);
        signer.sign(one.request.method, one.request.target, headers, hash, one.credentials,
                    one.time);
        EXPECT_EQ(headers.get("Authorization"),
                  fmt::format("AWS4-HMAC-SHA256 Credential={}/20150830/{}/{}/aws4_request, "
                              "SignedHeaders={}, Signature={}",
                              one.credentials.access_key_id, one.scope.region, one.scope.service,
                              signed_header_names(headers), text_of(files, "header_signature")));
        EXPECT_EQ(headers.has("X-Amz-Security-Token"), !one.credentials.session_token.empty());
    }
    EXPECT_EQ(seen, 38U);
}

TEST(SigV4, PassesTheVendorsSuiteForPresignedAddresses) {
    std::size_t seen = 0;
    for (auto const& [name, value] : test::vector_file("sigv4_suite.json").as_object()) {
        auto const& files = value.as_object();
        if (!files.contains("query_signature")) continue;
        SCOPED_TRACE(std::string(name));
        SuiteCase one(files);
        ++seen;
        auto const& headers = one.request.headers;
        auto const hash = hex(sha256(one.request.body));
        Signer const signer(one.scope, one.rule);
        auto const target = signer.presign(one.request.method, one.request.target, headers, hash,
                                           one.credentials, one.time, one.valid);
        EXPECT_TRUE(target.ends_with("&X-Amz-Signature=" + text_of(files, "query_signature")))
            << target;
        auto const unsigned_part = target.substr(0, target.rfind("&X-Amz-Signature="));
        EXPECT_EQ(canonical_request({one.request.method, unsigned_part, headers, hash}, one.rule),
                  text_of(files, "query_canonical_request"));
    }
    EXPECT_GE(seen, 38U);
}

TEST(SigV4, EncodesAPathThatIsEncodedAlreadyOnceMore) {
    auto const& suite = test::vector_file("sigv4_suite.json");
    auto const& files = suite.as_object().at("double-url-encode").as_object();
    RawRequest const request{std::string_view(files.at("request").as_string())};
    auto const canonical = canonical_request(
        {request.method, request.target, request.headers, hex(sha256(""))}, PathRule::normalized);
    EXPECT_EQ(canonical, text_of(files, "header_canonical_request"));
    // The other case of its kind has another date in its request than in its canonical request.
    http::Headers const none;
    EXPECT_TRUE(canonical_request({"POST", "/test/@connections/JBDvjfGEIAMCERw%3D", none, ""},
                                  PathRule::normalized)
                    .starts_with("POST\n/test/%40connections/JBDvjfGEIAMCERw%253D\n"));
}

Credentials example(std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") {
    Credentials credentials;
    credentials.access_key_id = "AKIDEXAMPLE";
    credentials.secret_access_key = Secret(std::move(secret));
    return credentials;
}

Timestamp const suite_time = parse_rfc3339("2015-08-30T12:36:00Z").value();

std::string signature_of(http::Headers const& headers) {
    auto const text = headers.get("Authorization");
    return std::string(text.substr(text.rfind('=') + 1));
}

TEST(SigV4, DerivesTheSigningKey) {
    EXPECT_EQ(hex(signing_key(example().secret_access_key, suite_time, {"us-east-1", "iam"})),
              "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigV4, SignsBedrocksModelPaths) {
    std::string_view const body = R"({"messages":[{"role":"user","content":[{"text":"hi"}]}]})";
    auto const signed_with = [&](std::string_view target) {
        http::Headers headers{{"Host", "bedrock-runtime.us-east-1.amazonaws.com"},
                              {"Content-Type", "application/json"}};
        Signer const signer({"us-east-1", "bedrock"});
        signer.sign("POST", target, headers, hex(sha256(body)), example(), suite_time);
        return signature_of(headers);
    };
    EXPECT_EQ(signed_with("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"),
              "edc1bb9ff303a3f647636bf1c083f8f053e8301d4681b3a139ecad8c996a5081");
    EXPECT_EQ(signed_with("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-"
                          "inference-profile%2Fabcdef123456/converse-stream"),
              "c881bf1ea7ab19d9444ebcf19660d15af5267b48c5ab534377451ce0855b0a5a");
}

TEST(SigV4, SignsASessionToken) {
    http::Headers headers{{"Host", "dynamodb.us-east-1.amazonaws.com"},
                          {"Content-Type", "application/x-amz-json-1.0"},
                          {"X-Amz-Target", "DynamoDB_20120810.DescribeTable"}};
    auto credentials = example();
    credentials.session_token = Secret("TOKEN/EXAMPLE==");
    Signer const signer({"us-east-1", "dynamodb"});
    signer.sign("POST", "/", headers, hex(sha256(R"({"TableName":"t"})")), credentials, suite_time);
    EXPECT_EQ(signed_header_names(headers),
              "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
    EXPECT_EQ(signature_of(headers),
              "7b5e46404b6ba420693c0158483387a6a319a9df22c1d301d2f8af200b0fea52");
}

class S3Examples : public testing::Test {
protected:
    S3Examples() {
        // The documentation's example, in two pieces: whoever scans for keys finds none.
        credentials.access_key_id = std::string("AKIA") + "IOSFODNN7EXAMPLE";
        credentials.secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    }
    Credentials credentials;
    Timestamp const time = parse_rfc3339("2013-05-24T00:00:00Z").value();
    Signer const signer{{"us-east-1", "s3"}};
    http::Headers headers{{"Host", "examplebucket.s3.amazonaws.com"}};
};

TEST_F(S3Examples, AreSignedForReading) {
    headers.add("Range", "bytes=0-9");
    signer.sign("GET", "/test.txt", headers, hex(sha256("")), credentials, time);
    EXPECT_EQ(signature_of(headers),
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3Examples, AreSignedForWriting) {
    headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
    headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
    signer.sign("PUT", "/test%24file.text", headers, hex(sha256("Welcome to Amazon S3.")),
                credentials, time);
    EXPECT_EQ(signature_of(headers),
              "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(S3Examples, ArePresigned) {
    auto const target = signer.presign("GET", "/test.txt", headers, unsigned_payload, credentials,
                                       time, std::chrono::hours(24));
    EXPECT_TRUE(target.ends_with("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
        << target;
}

TEST_F(S3Examples, KeepKeysThatLookLikeFolders) {
    EXPECT_TRUE(canonical_request({"GET", "/a//b/../c%20d", headers, ""}, PathRule::s3)
                    .starts_with("GET\n/a//b/../c%20d\n"));
}

TEST(SigV4, SignsAgainAfterTheDayAndTheKeyChanged) {
    Signer const kept({"us-east-1", "sts"});
    auto const sign = [](Signer const& signer, Credentials const& credentials, Timestamp time) {
        http::Headers headers{{"Host", "sts.us-east-1.amazonaws.com"}};
        signer.sign("POST", "/", headers, hex(sha256("")), credentials, time);
        return signature_of(headers);
    };
    auto const next_day = suite_time + std::chrono::hours(24);
    for (auto const& [secret, time] : {std::pair("one", suite_time), std::pair("one", next_day),
                                       std::pair("two", next_day), std::pair("one", suite_time)}) {
        Signer const fresh({"us-east-1", "sts"});
        EXPECT_EQ(sign(kept, example(secret), time), sign(fresh, example(secret), time));
    }
}

TEST(SigV4, LeavesFieldsUnsignedThatTheWayChanges) {
    http::Headers const headers{{"Host", "h"}, {"User-Agent", "x"}, {"Connection", "close"},
                                {"Expect", "100-continue"}, {"X-Amzn-Trace-Id", "t"}, {"Accept", "a"}};
    EXPECT_EQ(signed_header_names(headers), "accept;host");
}

}  // namespace
}  // namespace kaiwa::aws
