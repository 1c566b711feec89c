#include "lambda/event.hpp"

#include <gtest/gtest.h>

namespace kaiwa::lambda {
namespace {

std::vector<http::AddressRange> const nobody;

HttpEvent http_event(std::string_view payload,
                     std::vector<http::AddressRange> const& trusted = nobody) {
    auto event = read_event(payload, trusted);
    EXPECT_TRUE(event) << event.error().message;
    auto* http = event ? std::get_if<HttpEvent>(&*event) : nullptr;
    EXPECT_TRUE(http);
    return http ? std::move(*http) : HttpEvent{};
}

http::Request request(std::string_view payload,
                      std::vector<http::AddressRange> const& trusted = nobody) {
    auto event = http_event(payload, trusted);
    EXPECT_TRUE(event.good) << event.good.error().message;
    return std::move(event.request);
}

Error refusal(std::string_view payload) {
    auto event = http_event(payload);
    EXPECT_FALSE(event.good);
    return event.good ? Error{} : event.good.error();
}

std::string v2(std::string_view members, std::string_view context = "",
               std::string_view domain = "x.lambda-url.eu-west-1.on.aws") {
    return std::string(R"({"version":"2.0","routeKey":"$default","requestContext":{"http":)") +
           R"({"method":"POST","path":"/a b","sourceIp":"203.0.113.9"},"stage":"$default",)" +
           R"("domainName":")" + std::string(domain) + '"' + std::string(context) + "}," +
           std::string(members) + "}";
}

constexpr std::string_view plain = R"("rawPath":"/","headers":{"host":"h"})";

TEST(FunctionUrlEvent, BecomesTheRequestThatWasSent) {
    auto const event =
        http_event(v2(R"("rawPath":"/a%20b/%E4%BC%9A","rawQueryString":"x=1&x=2&y=a%2Bb+c",
        "cookies":["s=1","t=2"],"headers":{"host":"x.example","content-type":"application/json",
        "x-forwarded-for":"198.51.100.1, 203.0.113.9","x-forwarded-proto":"https","cookie":"s=1; t=2"},
        "queryStringParameters":{"x":"1,2"},"body":"eyJhIjoxfQ==","isBase64Encoded":true)"));
    EXPECT_EQ(event.shape, Shape::http_v2);
    EXPECT_EQ(event.front, Front::function_url);
    ASSERT_TRUE(event.good);
    auto const& request = event.request;
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/a b/会");
    ASSERT_EQ(request.query.size(), 3u);
    EXPECT_EQ(request.query[1], (std::pair<std::string, std::string>("x", "2")));
    EXPECT_EQ(request.parameter("y"), "a+b c");
    EXPECT_EQ(request.body, R"({"a":1})");
    EXPECT_EQ(request.headers.count("cookie"), 1u);
    EXPECT_EQ(request.cookie("t"), "2");
    EXPECT_EQ(request.peer.to_string(), "203.0.113.9");
    EXPECT_TRUE(request.secure);
    EXPECT_TRUE(request.forwarded);
    EXPECT_FALSE(request.verified_identity);
}

TEST(FunctionUrlEvent, TakesAPathThatAGatewayDecoded) {
    EXPECT_EQ(request(v2(R"("rawPath":"/a b/50%/会?","headers":{"host":"h"})")).path,
              "/a b/50%/会?");
}

TEST(FunctionUrlEvent, IsKnownWhenItsQueryCannotBeRead) {
    auto const made = request(
        v2(R"("rawPath":"/chat","rawQueryString":"a=1&input_text=%ff","headers":{"host":"h"})"));
    EXPECT_EQ(made.path, "/chat");
    ASSERT_TRUE(made.query_error.has_value());
    EXPECT_EQ(made.query_error->code, Errc::invalid_argument);
    EXPECT_EQ(made.parameter("a"), "1");
    EXPECT_EQ(made.parameter("input_text"), "");
}

TEST(HttpApiEvent, DropsItsStageFromThePathOnce) {
    auto const staged = [](std::string_view path) {
        auto text = v2(R"("rawPath":")" + std::string(path) + R"(","headers":{"host":"h"})");
        return request(text.replace(text.find("$default\",\"domain"), 8, "prod")).path;
    };
    EXPECT_EQ(staged("/prod/api/threads"), "/api/threads");
    EXPECT_EQ(staged("/prod/prod/x"), "/prod/x");
    EXPECT_EQ(staged("/prod"), "/");
    EXPECT_EQ(staged("/production/x"), "/production/x");
}

TEST(FunctionUrlEvent, KnowsWhoSignedItAndForgetsTheSignature) {
    std::string_view const signed_by =
        R"(,"authorizer":{"iam":{"userArn":"arn:aws:iam::1:user/hana"}})";
    auto const made = request(v2(
        R"("rawPath":"/","headers":{"host":"h","authorization":"AWS4-HMAC-SHA256 Credential=x"})",
        signed_by));
    EXPECT_EQ(made.verified_identity, "arn:aws:iam::1:user/hana");
    EXPECT_FALSE(made.headers.has("authorization"));
    // Where AWS checked nothing the field is the client's own.
    auto const open =
        request(v2(R"("rawPath":"/","headers":{"host":"h","authorization":"AWS4-HMAC-SHA256 x"})"));
    EXPECT_TRUE(open.headers.has("authorization"));
    EXPECT_FALSE(open.verified_identity);
}

TEST(FunctionUrlEvent, TellsThePeopleOfAnIdentityPoolApart) {
    auto const from = [](std::string_view identity) {
        auto const signed_by =
            R"(,"authorizer":{"iam":{"cognitoIdentity":)" + std::string(identity) +
            R"(,"userArn":"arn:aws:sts::1:assumed-role/pool/CognitoIdentityCredentials"}})";
        return request(
            v2(R"("rawPath":"/","headers":{"host":"h","authorization":"AWS4-HMAC-SHA256 x"})",
               signed_by));
    };
    EXPECT_EQ(from(R"({"identityId":"eu-west-1:a","identityPoolId":"p"})").verified_identity,
              "cognito-identity:eu-west-1:a");
    EXPECT_EQ(from(R"({"identityId":"eu-west-1:b"})").verified_identity,
              "cognito-identity:eu-west-1:b");
    auto const unnamed = from("null");
    EXPECT_FALSE(unnamed.verified_identity);
    EXPECT_FALSE(unnamed.headers.has("authorization"));
}

TEST(FunctionUrlEvent, BelievesForwardedFieldsOnlyBehindATrustedProxy) {
    std::string_view const members =
        R"("rawPath":"/","headers":{"host":"x.example","x-forwarded-for":"192.0.2.7, 203.0.113.9",
        "x-forwarded-host":"chat.example.com"})";
    EXPECT_EQ(request(v2(members)).peer.to_string(), "203.0.113.9");
    EXPECT_EQ(request(v2(members)).headers.get("host"), "x.example");
    std::vector<http::AddressRange> const trusted{*http::AddressRange::parse("203.0.113.0/24")};
    EXPECT_EQ(request(v2(members), trusted).peer.to_string(), "192.0.2.7");
    EXPECT_EQ(request(v2(members), trusted).headers.get("host"), "chat.example.com");
}

TEST(FunctionUrlEvent, WithoutAHostHasThatOfItsDomain) {
    EXPECT_EQ(request(v2(R"("rawPath":"/","headers":null)")).headers.get("host"),
              "x.lambda-url.eu-west-1.on.aws");
}

TEST(FunctionUrlEvent, RefusesWhatOurOwnServerWouldRefuse) {
    for (std::string_view const members :
         {R"("rawPath":"/../x","headers":{"host":"h"})",
          R"("rawPath":"/%00","headers":{"host":"h"})",
          R"("rawPath":"/","headers":{"host":"h","bad name":"x"})",
          R"("rawPath":"/","headers":{"host":"h","a":"x\r\nb: y"})",
          R"("rawPath":"/","headers":{"host":"a/b"})", R"("rawPath":"x","headers":{"host":"h"})",
          R"("rawPath":"/","cookies":["a=\n"],"headers":{"host":"h"})",
          R"("rawPath":"/","body":"%%%","isBase64Encoded":true,"headers":{"host":"h"})"}) {
        SCOPED_TRACE(members);
        EXPECT_EQ(refusal(v2(members)).code, Errc::invalid_argument);
    }
    std::string many = R"("rawPath":"/","headers":{"host":"h")";
    for (int i = 0; i < 150; ++i) many += ",\"x" + std::to_string(i) + "\":\"1\"";
    EXPECT_EQ(refusal(v2(many + "}")).code, Errc::invalid_argument);
}

TEST(FunctionUrlEvent, IsForSomebodyWhenItsPathCanBeRead) {
    auto const event = http_event(v2(R"("rawPath":"/chat","rawQueryString":"input_text=x",)"
                                     R"("body":"%%%","isBase64Encoded":true,"headers":{})"));
    EXPECT_FALSE(event.good);
    EXPECT_EQ(event.request.method, "POST");
    EXPECT_EQ(event.request.path, "/chat");
    EXPECT_EQ(event.request.parameter("input_text"), "x");
    auto const nobodys = http_event(v2(R"("rawPath":"/%00","headers":{"host":"h"})"));
    EXPECT_FALSE(nobodys.good);
    EXPECT_EQ(nobodys.request.method + nobodys.request.path, "");
}

TEST(RestApiEvent, TakesItsMultipleValuesAndDecodedParameters) {
    auto const event =
        http_event(R"({"resource":"/{proxy+}","path":"/api/threads","httpMethod":"GET",
        "headers":{"Host":"a.execute-api.eu-west-1.amazonaws.com","Accept":"b"},
        "multiValueHeaders":{"Host":["a.execute-api.eu-west-1.amazonaws.com"],"Accept":["a","b"]},
        "queryStringParameters":{"q":"2"},"multiValueQueryStringParameters":{"q":["1+1 %","2"]},
        "pathParameters":null,"stageVariables":null,"requestContext":{"stage":"prod",
        "path":"/prod/api/threads","identity":{"sourceIp":"2001:db8::1","userArn":null}},
        "body":null,"isBase64Encoded":false})");
    EXPECT_EQ(event.shape, Shape::rest_v1);
    ASSERT_TRUE(event.good) << event.good.error().message;
    auto const& made = event.request;
    EXPECT_EQ(made.path, "/api/threads");
    EXPECT_EQ(made.headers.count("accept"), 2u);
    ASSERT_EQ(made.query.size(), 2u);
    EXPECT_EQ(made.query[0].second, "1+1 %");
    EXPECT_EQ(made.peer.to_string(), "2001:db8::1");
    EXPECT_TRUE(made.secure);
    EXPECT_EQ(made.body, "");
}

TEST(HttpApiEvent, IsToldFromAFunctionUrlAndARestApiWhichCanStream) {
    auto const front_at = [](std::string_view domain) {
        return http_event(v2(plain, "", domain)).front;
    };
    EXPECT_EQ(front_at("x.lambda-url.eu-west-1.on.aws"), Front::function_url);
    EXPECT_EQ(front_at("localhost"), Front::function_url);
    EXPECT_EQ(front_at("x.execute-api.eu-west-1.amazonaws.com"), Front::http_api);
    EXPECT_EQ(front_at("api.example.com"), Front::http_api);

    std::string const rest = R"("resource":"/","path":"/","httpMethod":"GET",
        "headers":{"Host":"h"},"requestContext":{"identity":null}})";
    EXPECT_EQ(http_event("{" + rest).front, Front::rest_api);
    EXPECT_EQ(http_event(R"({"version":"1.0",)" + rest).front, Front::http_api);
}

TEST(RestApiEvent, LivesWithMapsThatAreNull) {
    auto const made = request(R"({"resource":"/","path":"/","httpMethod":"GET","headers":null,
        "multiValueHeaders":null,"queryStringParameters":null,"multiValueQueryStringParameters":null,
        "requestContext":{"domainName":"d.example","identity":null},"body":null})");
    EXPECT_EQ(made.headers.get("host"), "d.example");
    EXPECT_TRUE(made.query.empty());
    EXPECT_TRUE(made.peer.is_unspecified());
}

// As API Gateway's console sends it, and with less than that.
TEST(RestApiEvent, TakesTheTestEventsOfAConsole) {
    auto const made = request(R"({"resource":"/{proxy+}","path":"/healthz","httpMethod":"GET",
        "headers":null,"multiValueHeaders":null,"queryStringParameters":null,
        "multiValueQueryStringParameters":null,"pathParameters":{"proxy":"healthz"},
        "stageVariables":null,"requestContext":{"resourceId":"a1","resourcePath":"/{proxy+}",
        "httpMethod":"GET","path":"/{proxy+}","protocol":"HTTP/1.1","stage":"test-invoke-stage",
        "domainPrefix":"testPrefix","requestId":"r","identity":{"cognitoIdentityPoolId":null,
        "cognitoIdentityId":null,"apiKey":"test-invoke-api-key","sourceIp":"test-invoke-source-ip",
        "userArn":"arn:aws:iam::1:root","caller":"1"},"domainName":"testPrefix.testDomainName",
        "apiId":"x"},"body":null,"isBase64Encoded":false})");
    EXPECT_EQ(made.path, "/healthz");
    EXPECT_EQ(made.headers.get("Host"), "testPrefix.testDomainName");
    EXPECT_TRUE(made.peer.is_unspecified());

    for (auto const* context : {"{}", R"({"domainName":null,"identity":null,"authorizer":null})"}) {
        auto const bare = request(std::string(R"({"path":"/healthz","httpMethod":"GET","headers":null,
            "requestContext":)") + context + "}");
        EXPECT_EQ(bare.headers.get("Host"), "function.invalid") << context;
        EXPECT_EQ(bare.path, "/healthz");
    }
}

TEST(RestApiEvent, TakesNoHostThatIsNone) {
    for (auto const* domain : {"d\\u007f.example", "d\\r\\nx: y", "a b"}) {
        auto const event =
            std::string(R"({"resource":"/","path":"/","httpMethod":"GET","headers":null,
            "requestContext":{"domainName":")") + domain + R"(","identity":null}})";
        EXPECT_EQ(refusal(event).code, Errc::invalid_argument) << domain;
    }
}

TEST(RestApiEvent, KnowsWhoSignedIt) {
    auto const made = request(R"({"resource":"/","path":"/","httpMethod":"GET",
        "headers":{"Host":"h","Authorization":"AWS4-HMAC-SHA256 x"},
        "requestContext":{"identity":{"sourceIp":"192.0.2.1","userArn":"arn:aws:iam::1:role/r"}}})");
    EXPECT_EQ(made.verified_identity, "arn:aws:iam::1:role/r");
    EXPECT_FALSE(made.headers.has("Authorization"));
}

TEST(RestApiEvent, TellsThePeopleOfAnIdentityPoolApart) {
    auto const from = [](std::string_view identity) {
        return request(
            R"({"resource":"/","path":"/","httpMethod":"GET","headers":{"Host":"h"},
            "requestContext":{"identity":{"sourceIp":"192.0.2.1","cognitoIdentityId":)" +
            std::string(identity) +
            R"(,"userArn":"arn:aws:sts::1:assumed-role/p/CognitoIdentityCredentials"}}})");
    };
    EXPECT_EQ(from(R"("eu-west-1:a")").verified_identity, "cognito-identity:eu-west-1:a");
    EXPECT_FALSE(from("null").verified_identity);
}

std::string balancer(std::string_view fields) {
    return R"({"requestContext":{"elb":{"targetGroupArn":"arn:x"}},"httpMethod":"GET",)" +
           std::string(R"("path":"/a%20b","body":"","isBase64Encoded":false,)") +
           std::string(fields) + "}";
}

TEST(BalancerEvent, DecodesItsParametersAndTakesTheHopThatTheBalancerWrote) {
    auto const single = http_event(balancer(
        R"("queryStringParameters":{"q":"a%20b+c"},"headers":{"host":"h","x-forwarded-proto":"https",
        "x-forwarded-for":"198.51.100.1, 203.0.113.9:4711"})"));
    EXPECT_EQ(single.shape, Shape::balancer);
    ASSERT_TRUE(single.good) << single.good.error().message;
    EXPECT_EQ(single.request.parameter("q"), "a b c");
    EXPECT_EQ(single.request.path, "/a b");
    EXPECT_EQ(single.request.peer.to_string(), "203.0.113.9");
    EXPECT_TRUE(single.request.secure);

    auto const multi = http_event(balancer(
        R"("multiValueQueryStringParameters":{"q":["1","2"]},
        "multiValueHeaders":{"host":["h"],"x-forwarded-proto":["http"],"x-forwarded-for":["192.0.2.1"]})"));
    EXPECT_EQ(multi.shape, Shape::balancer_multi);
    ASSERT_TRUE(multi.good);
    EXPECT_EQ(multi.request.query.size(), 2u);
    EXPECT_FALSE(multi.request.secure);
}

TEST(Event, ThatRunsATurnNamesItsGeneration) {
    std::string_view const id = "01890a5d-ac96-774b-bcce-b302099a8057";
    auto const event =
        read_event(R"({"kaiwa":"run","generation":")" + std::string(id) + R"("})", nobody);
    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<RunEvent>(*event).generation.text(), id);
    EXPECT_TRUE(std::holds_alternative<CleanEvent>(*read_event(R"({"kaiwa":"clean"})", {})));
    EXPECT_FALSE(read_event(R"({"kaiwa":"run"})", nobody));
    EXPECT_FALSE(read_event(R"({"kaiwa":"stop","generation":"x"})", nobody));
}

TEST(Event, OfSomebodyWhoInvokesTheFunctionIsHandedOnWhole) {
    auto const event = read_event(R"({"input_text":"こんにちは","session_id":""})", nobody);
    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<DirectEvent>(*event).payload.at("input_text").as_string(), "こんにちは");
}

TEST(Event, ThatIsNothingOfOursIsRefused) {
    EXPECT_EQ(read_event("", nobody).error().code, Errc::invalid_argument);
    EXPECT_EQ(read_event("[1]", nobody).error().code, Errc::invalid_argument);
    EXPECT_EQ(read_event("{", nobody).error().code, Errc::invalid_argument);
    auto const socket = read_event(
        R"({"requestContext":{"connectionId":"x=","eventType":"CONNECT"},"isBase64Encoded":false})",
        nobody);
    EXPECT_EQ(socket.error().code, Errc::unsupported);
}

TEST(Event, HasItsPlainForms) {
    EXPECT_EQ(request(v2(plain)).path, "/");
}

}  // namespace
}  // namespace kaiwa::lambda
