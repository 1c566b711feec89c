#include "aws/service_client.hpp"

#include "aws/crc32.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

using Kind = Failure::Kind;

/// No pause is longer than nothing.
class NoRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, 0); }
};

class CountingProvider final : public CredentialProvider {
public:
    asio::awaitable<Outcome<Credentials>> credentials() override {
        ++asked;
        if (failure) co_return std::unexpected(*failure);
        Credentials given;
        given.access_key_id = fmt::format("KEY{}", invalidated);
        given.secret_access_key = Secret("secret");
        given.bearer_token = Secret(bearer);
        co_return given;
    }
    void invalidate() override { ++invalidated; }
    int asked = 0;
    int invalidated = 0;
    std::string bearer;
    std::optional<Failure> failure;
};

class ServiceClientTest : public testing::Test {
protected:
    ServiceClient client_of(RetryPolicy policy = {}) {
        return {transport, provider, clock, random,
                {"dynamodb", "eu-west-1", "https://dynamodb.eu-west-1.amazonaws.com"}, policy};
    }
    Outcome<ServiceReply> call(ServiceRequest request = {}) {
        return test::run_task(client.call(std::move(request), 1'000));
    }
    Outcome<json::value> call_json(json::value body = json::object()) {
        return test::run_task(client.call_json("1.0", "DynamoDB_20120810.GetItem", std::move(body)));
    }
    void answer(unsigned status, http::Headers headers, std::string body) {
        kaiwa::test::MemoryAnswer given;
        given.status = status;
        given.headers = std::move(headers);
        given.pieces = {std::move(body)};
        transport.answers.emplace_back(std::move(given));
    }
    void throttle() { answer(400, {}, R"({"__type":"x#ThrottlingException"})"); }
    std::string signed_at(std::size_t index) {
        return std::string(transport.requests.at(index).headers.get("X-Amz-Date"));
    }

    kaiwa::test::MemoryTransport transport;
    kaiwa::test::ManualClock clock;
    NoRandom random;
    CountingProvider provider;
    ServiceClient client = client_of({3, std::chrono::milliseconds(1), std::chrono::milliseconds(1),
                                      std::chrono::milliseconds(1)});
};

TEST_F(ServiceClientTest, SignsWhatItSends) {
    answer(200, {}, R"({"Item":{"a":{"N":"1"}}})");
    auto const item = call_json(json::object{{"TableName", "t"}});
    EXPECT_EQ(item->at("Item").at("a").at("N"), "1");
    auto const& sent = transport.requests.at(0);
    EXPECT_EQ(sent.url, "https://dynamodb.eu-west-1.amazonaws.com/");
    EXPECT_EQ(sent.body, R"({"TableName":"t"})");
    EXPECT_EQ(sent.headers.get("Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(sent.headers.get("Host"), "dynamodb.eu-west-1.amazonaws.com");
    auto const authorization = sent.headers.get("Authorization");
    EXPECT_TRUE(authorization.starts_with("AWS4-HMAC-SHA256 Credential=KEY0/20270115/eu-west-1/"
                                          "dynamodb/aws4_request, SignedHeaders=content-type;host;"
                                          "x-amz-date;x-amz-target, Signature="))
        << authorization;
}

TEST_F(ServiceClientTest, SendsABearerTokenInsteadOfASignature) {
    provider.bearer = "bedrock-key";
    answer(200, {}, "{}");
    ASSERT_TRUE(call_json());
    EXPECT_EQ(transport.requests.at(0).headers.get("Authorization"), "Bearer bedrock-key");
    EXPECT_FALSE(transport.requests.at(0).headers.has("X-Amz-Date"));
}

TEST_F(ServiceClientTest, SendsNothingSignedWithoutCredentials) {
    StaticCredentials none;
    ServiceClient open(transport, none, clock, random, {"sts", "eu-west-1", "https://sts"});
    answer(200, {}, "");
    ASSERT_TRUE(test::run_task(open.call({}, 10)));
    EXPECT_FALSE(transport.requests.at(0).headers.has("Authorization"));
}

TEST_F(ServiceClientTest, SignsTheTargetBehindAnEndpointsPath) {
    ServiceClient behind(transport, provider, clock, random,
                         {"bedrock", "eu-west-1", "http://proxy:8080/aws"});
    answer(200, {}, "");
    ServiceRequest request;
    request.target = "/model/a%3A0/converse";
    ASSERT_TRUE(test::run_task(behind.call(std::move(request), 10)));
    EXPECT_EQ(transport.requests.at(0).url, "http://proxy:8080/aws/model/a%3A0/converse");
    EXPECT_EQ(transport.requests.at(0).headers.get("Host"), "proxy:8080");
}

TEST_F(ServiceClientTest, TriesAgainAfterThrottlingAndServerErrors) {
    throttle();
    answer(503, {}, "");
    answer(200, {}, "{}");
    EXPECT_TRUE(call_json());
    EXPECT_EQ(transport.requests.size(), 3U);
}

TEST_F(ServiceClientTest, GivesUpAfterItsAttempts) {
    for (int i = 0; i < 4; ++i) throttle();
    EXPECT_EQ(call_json().error().code, "ThrottlingException");
    EXPECT_EQ(transport.requests.size(), 3U);
}

TEST_F(ServiceClientTest, DoesNotRepeatWhatTheServiceRefused) {
    answer(400, {{"x-amzn-RequestId", "R"}}, R"({"__type":"x#ValidationException","message":"no"})");
    auto const refused = call_json();
    EXPECT_EQ(refused.error().code, "ValidationException");
    EXPECT_EQ(refused.error().status, 400U);
    EXPECT_EQ(to_error(refused.error(), "DynamoDB").message,
              "DynamoDB answered ValidationException: no (request R)");
    EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(ServiceClientTest, RepeatsAnUnsafeCallOnlyWhenItWasNotCarriedOut) {
    ServiceRequest unsafe;
    unsafe.repeat = ServiceRequest::Repeat::unsafe;
    transport.answers.emplace_back(fail(Errc::unavailable, "reset", "broken"));
    EXPECT_EQ(call(unsafe).error().kind, Kind::network);
    answer(500, {}, "");
    EXPECT_EQ(call(unsafe).error().status, 500U);
    EXPECT_EQ(transport.requests.size(), 2U);

    transport.answers.emplace_back(fail(Errc::unavailable, "no route", "connect"));
    throttle();
    answer(200, {}, "");
    EXPECT_TRUE(call(unsafe));
    EXPECT_EQ(transport.requests.size(), 5U);
}

TEST_F(ServiceClientTest, DoesNotAskAGateTwiceThatRefused) {
    transport.answers.emplace_back(fail(Errc::forbidden, "not configured"));
    EXPECT_EQ(call().error().kind, Kind::network);
    EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(ServiceClientTest, StopsRetryingWhenTheSharedBudgetIsSpent) {
    for (int call_count = 0; call_count < 50; ++call_count) {
        for (int i = 0; i < 3; ++i) answer(500, {}, "");
        EXPECT_FALSE(call());
        transport.answers.clear();
    }
    // 500 tokens pay for 100 retries: 50 calls of 3 attempts each.
    EXPECT_EQ(transport.requests.size(), 150U);
    answer(500, {}, "");
    EXPECT_FALSE(call());
    EXPECT_EQ(transport.requests.size(), 151U);
}

TEST_F(ServiceClientTest, CorrectsItsClockOnceAndKeepsTheCorrection) {
    auto const skewed = [this] {
        answer(403, {{"Date", "Fri, 15 Jan 2027 09:00:00 GMT"}},
               R"({"__type":"InvalidSignatureException","message":"Signature expired: …"})");
    };
    skewed();
    answer(200, {}, "");
    ASSERT_TRUE(call());
    EXPECT_EQ(signed_at(0), "20270115T080000Z");
    EXPECT_EQ(signed_at(1), "20270115T090000Z");
    answer(200, {}, "");
    ASSERT_TRUE(call());
    EXPECT_EQ(signed_at(2), "20270115T090000Z");
    // The clocks agree now: the signature is wrong for another reason.
    skewed();
    EXPECT_EQ(call().error().code, "InvalidSignatureException");
    EXPECT_EQ(transport.requests.size(), 4U);
}

TEST_F(ServiceClientTest, AsksForNewCredentialsOnceWhenTheyExpired) {
    auto const expired = [this] { answer(400, {}, R"({"__type":"ExpiredTokenException"})"); };
    expired();
    answer(200, {}, "");
    ASSERT_TRUE(call());
    EXPECT_TRUE(transport.requests.at(1).headers.get("Authorization").contains("KEY1"));
    expired();
    expired();
    EXPECT_EQ(call().error().code, "ExpiredTokenException");
    EXPECT_EQ(provider.invalidated, 3);
    EXPECT_EQ(transport.requests.size(), 4U);
}

TEST_F(ServiceClientTest, WritesAgainWhatMetATransactionUnderWay) {
    answer(400, {}, R"({"__type":"x#TransactionConflictException","message":"ongoing"})");
    answer(200, {}, "{}");
    EXPECT_TRUE(call_json());
    EXPECT_EQ(transport.requests.size(), 2U);
}

TEST_F(ServiceClientTest, SaysWhyThereAreNoCredentials) {
    provider.failure = fail(Kind::credentials, "the profile dev is nowhere").error();
    EXPECT_EQ(call().error().kind, Kind::credentials);
    EXPECT_TRUE(transport.requests.empty());
}

TEST_F(ServiceClientTest, TriesAgainWhenAnAnswerCameDamaged) {
    answer(200, {{"x-amz-crc32", "1"}}, "{}");
    answer(200, {{"x-amz-crc32", std::to_string(crc32("{}"))}}, "{}");
    EXPECT_TRUE(call_json());
    for (int i = 0; i < 3; ++i) answer(200, {{"x-amz-crc32", "1"}}, "{}");
    EXPECT_EQ(call_json().error().kind, Kind::unreadable);
}

TEST_F(ServiceClientTest, TriesAgainWhenTheReasonOfAnErrorWasCutOff) {
    auto const cut = [this](http::Headers headers) {
        kaiwa::test::MemoryAnswer given;
        given.status = 400;
        given.headers = std::move(headers);
        given.pieces = {R"({"__type":"com.amazonaws.dyn)"};
        given.broken = Error{Errc::unavailable, "the connection broke", "broken"};
        transport.answers.emplace_back(std::move(given));
    };
    cut({});
    answer(200, {}, "{}");
    EXPECT_TRUE(call_json());
    for (int i = 0; i < 3; ++i) cut({});
    auto const failure = call_json().error();
    EXPECT_EQ(to_error(failure, "DynamoDB").code, Errc::unavailable);
    EXPECT_EQ(failure.status, 400U);
    EXPECT_TRUE(failure.was_sent);
    // Where the head says the code, that is enough.
    cut({{"x-amzn-ErrorType", "ValidationException"}});
    EXPECT_EQ(call_json().error().code, "ValidationException");
    EXPECT_EQ(transport.requests.size(), 6U);
}

TEST_F(ServiceClientTest, RefusesATooLargeOrUnreadableAnswer) {
    answer(200, {}, std::string(1'001, 'x'));
    EXPECT_EQ(call().error().kind, Kind::unreadable);
    answer(200, {}, "<html>");
    EXPECT_EQ(call_json().error().kind, Kind::unreadable);
    answer(200, {}, "");
    EXPECT_TRUE(call_json()->as_object().empty());
}

TEST_F(ServiceClientTest, OpensAStreamWithoutRetries) {
    answer(200, {}, "bytes");
    auto stream = test::run_task(client.open({}));
    EXPECT_EQ(test::run_task((*stream)->read_all(10)).value(), "bytes");
    throttle();
    EXPECT_EQ(test::run_task(client.open({})).error().code, "ThrottlingException");
    EXPECT_EQ(transport.requests.size(), 2U);
}

TEST_F(ServiceClientTest, HonoursTheServicesAdviceWithinLimits) {
    auto const pause = [this](std::chrono::milliseconds advice) {
        Failure failure;
        failure.status = 503;
        failure.retry_after = advice;
        return retry_pause({}, failure, 1, random);
    };
    EXPECT_EQ(pause(std::chrono::milliseconds(700)), std::chrono::milliseconds(700));
    EXPECT_EQ(pause(std::chrono::minutes(2)), std::chrono::seconds(5));
}

TEST_F(ServiceClientTest, PausesLongerWithEveryTryButNeverOverTheLimit) {
    SystemRandom real;
    Failure failure;
    failure.status = 503;
    for (unsigned attempt = 1; attempt < 40; ++attempt) {
        auto const most = std::min(50.0 * std::pow(2, attempt - 1), 20'000.0);
        EXPECT_LE(retry_pause({}, failure, attempt, real).count(), most);
    }
}

}  // namespace
}  // namespace kaiwa::aws
