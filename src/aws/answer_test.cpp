#include "aws/answer.hpp"

#include "aws/xml.hpp"

#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

TEST(Answer, ReadsTheCodeFromWhereverTheServicePutsIt) {
    auto const code = [](http::Headers const& headers, std::string body) {
        return read_failure(400, headers, std::move(body)).code;
    };
    EXPECT_EQ(code({{"x-amzn-ErrorType", "InvalidSignatureException:http://internal/coral/"}}, "{}"),
              "InvalidSignatureException");
    EXPECT_EQ(code({}, R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"})"),
              "ConditionalCheckFailedException");
    EXPECT_EQ(code({}, R"({"code":"ValidationException"})"), "ValidationException");
    EXPECT_EQ(code({{"x-amzn-ErrorType", "A"}}, R"({"__type":"B"})"), "A");
    EXPECT_EQ(code({}, "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code></Error>"), "NoSuchKey");
    EXPECT_EQ(code({}, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>"
                       "</Error></ErrorResponse>"),
              "InvalidIdentityToken");
    for (auto const* odd : {"", "<html><h1>Bad gateway</h1>", "[1]", "{\"__type\":5}", "{", "\xFF",
                            R"({"__type":"a b\nc"})"}) {
        EXPECT_EQ(code({}, odd), "") << odd;
    }
}

TEST(Answer, ReadsMessageRequestIdRegionAndAdvice) {
    http::Headers const headers{{"x-amz-request-id", "R1"},
                                {"x-amz-bucket-region", "eu-west-1"},
                                {"x-amz-retry-after", "1500"}};
    auto const failure = read_failure(
        301, headers, "<Error><Code>PermanentRedirect</Code><Message>a &lt;b&gt; &#x4F1A;</Message></Error>");
    EXPECT_EQ(failure.message, "a <b> \u4F1A");
    EXPECT_EQ(failure.request_id, "R1");
    EXPECT_EQ(failure.region, "eu-west-1");
    EXPECT_EQ(failure.retry_after, std::chrono::milliseconds(1'500));
    EXPECT_EQ(read_failure(400, {}, R"({"Message":"no"})").message, "no");
    EXPECT_EQ(read_failure(400, {}, "<Error><RequestId>R2</RequestId></Error>").request_id, "R2");
    EXPECT_EQ(read_failure(503, {{"Retry-After", "99999999999"}}, "").retry_after,
              std::chrono::minutes(10));
}

TEST(Answer, DropsTheRequestThatAWrongSignatureIsAnsweredWith) {
    auto const failure = read_failure(
        403, {},
        R"({"__type":"InvalidSignatureException","message":"It does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:SECRET"})");
    EXPECT_EQ(failure.message, "It does not match.");
    EXPECT_EQ(failure.body, "");
    EXPECT_FALSE(to_error(failure, "DynamoDB").message.contains("SECRET"));
}

TEST(Answer, FindsAnErrorInsideASuccess) {
    std::string const joined = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<Error><Code>InternalError</Code></Error>";
    EXPECT_EQ(failure_inside({}, joined)->code, "InternalError");
    EXPECT_FALSE(failure_inside({}, "<?xml version=\"1.0\"?><CompleteMultipartUploadResult/>"));
    EXPECT_FALSE(failure_inside({}, ""));
    EXPECT_FALSE(failure_inside({}, "<?"));
}

TEST(Answer, ClassesWhatServicesSay) {
    auto const errc = [](unsigned status, std::string code) {
        Failure failure;
        failure.status = status;
        failure.code = std::move(code);
        return to_error(failure, "x").code;
    };
    EXPECT_EQ(errc(400, "ThrottlingException"), Errc::rate_limited);
    EXPECT_EQ(errc(429, ""), Errc::rate_limited);
    EXPECT_EQ(errc(503, "SlowDown"), Errc::rate_limited);
    EXPECT_EQ(errc(503, ""), Errc::unavailable);
    EXPECT_EQ(errc(400, "ResourceNotFoundException"), Errc::not_found);
    EXPECT_EQ(errc(404, "NoSuchKey"), Errc::not_found);
    EXPECT_EQ(errc(400, "AccessDeniedException"), Errc::forbidden);
    EXPECT_EQ(errc(403, "UnrecognizedClientException"), Errc::unauthenticated);
    EXPECT_EQ(errc(403, "ExpiredTokenException"), Errc::unauthenticated);
    EXPECT_EQ(errc(400, "ConditionalCheckFailedException"), Errc::conflict);
    EXPECT_EQ(errc(400, "ValidationException"), Errc::invalid_argument);
    EXPECT_EQ(to_error(fail(Failure::Kind::credentials, "none").error(), "S3").message,
              "no AWS credentials for S3: none");
}

TEST(Xml, FindsTheFirstElementThatHoldsText) {
    EXPECT_EQ(xml_text("<a><b><Key>1</Key></b><Key>2</Key></a>", "Key"), "1");
    EXPECT_EQ(xml_text("<s:Key xmlns:s='x'>v</s:Key>", "Key"), "v");
    EXPECT_EQ(xml_text("<Key/>", "Key"), "");
    EXPECT_EQ(xml_text("<Key></Key>", "Key"), "");
    EXPECT_EQ(xml_text("<Key><In>x</In></Key>", "Key"), std::nullopt);
    EXPECT_EQ(xml_text("<Keys>x</Keys>", "Key"), std::nullopt);
    EXPECT_EQ(xml_text("<Key>x", "Key"), std::nullopt);
    EXPECT_EQ(xml_text("<Key", "Key"), std::nullopt);
    EXPECT_EQ(xml_text("<K>&amp;&quot;&apos;&#65;&#x1F600;&nope;&#0;&#xD800;&</K>", "K"),
              "&\"'A\U0001F600&nope;&#0;&#xD800;&");
    EXPECT_EQ(xml_text("<K>" + xml_escape("<a & \"b\">") + "</K>", "K"), "<a & \"b\">");
}

}  // namespace
}  // namespace kaiwa::aws
