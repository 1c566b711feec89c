#include "lambda/answer_json.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"

#include <gtest/gtest.h>

namespace kaiwa::lambda {
namespace {

http::ResponseHead example() {
    return {201,
            {{"Content-Type", "application/json"},
             {"Vary", "Origin"},
             {"Vary", "Accept"},
             {"Content-Length", "7"},
             {"Set-Cookie", "a=1; Path=/"},
             {"Set-Cookie", "b=2; Path=/"}}};
}

json::object parsed(std::string const& text) {
    auto value = parse_json(text);
    EXPECT_TRUE(value) << text;
    return value ? value->as_object() : json::object();
}

TEST(AnswerJson, ForPayloadTwoJoinsFieldsAndListsCookies) {
    auto const out = parsed(answer_json(Shape::http_v2, example(), R"({"a":1})"));
    EXPECT_EQ(out.at("statusCode").as_int64(), 201);
    EXPECT_EQ(out.at("headers").at("vary").as_string(), "Origin, Accept");
    EXPECT_FALSE(out.at("headers").as_object().contains("set-cookie"));
    EXPECT_FALSE(out.at("headers").as_object().contains("content-length"));
    EXPECT_EQ(out.at("cookies").as_array().size(), 2u);
    EXPECT_EQ(out.at("body").as_string(), R"({"a":1})");
    EXPECT_FALSE(out.at("isBase64Encoded").as_bool());
}

TEST(AnswerJson, ForRestApisHasAllValues) {
    auto const out = parsed(answer_json(Shape::rest_v1, example(), "{}"));
    EXPECT_EQ(out.at("multiValueHeaders").at("set-cookie").as_array().size(), 2u);
    EXPECT_FALSE(out.contains("cookies"));
}

TEST(AnswerJson, ForBalancersAnswersInTheKindOfTheRequest) {
    auto const multi = parsed(answer_json(Shape::balancer_multi, example(), "{}"));
    EXPECT_EQ(multi.at("statusDescription").as_string(), "201 Created");
    EXPECT_EQ(multi.at("multiValueHeaders").at("set-cookie").as_array().size(), 2u);
    auto const single = parsed(answer_json(Shape::balancer, example(), "{}"));
    auto const& fields = single.at("headers").as_object();
    EXPECT_EQ(fields.at("set-cookie").as_string(), "a=1; Path=/");
    EXPECT_EQ(fields.at("Set-cookie").as_string(), "b=2; Path=/");
    EXPECT_FALSE(single.contains("multiValueHeaders"));
}

TEST(AnswerJson, SendsWhatIsNoTextAsBase64) {
    std::string const picture("\x89PNG\0\xff", 6);
    http::ResponseHead const head{200, {{"Content-Type", "image/png"}}};
    auto const out = parsed(answer_json(Shape::http_v2, head, picture));
    EXPECT_TRUE(out.at("isBase64Encoded").as_bool());
    EXPECT_EQ(decode_base64(std::string(out.at("body").as_string())).value(), picture);

    http::ResponseHead const packed{
        200, {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Encoding", "br"}}};
    EXPECT_TRUE(parsed(answer_json(Shape::http_v2, packed, "abc")).at("isBase64Encoded").as_bool());
    http::ResponseHead const page{200, {{"Content-Type", "Text/HTML; charset=utf-8"}}};
    EXPECT_FALSE(parsed(answer_json(Shape::http_v2, page, "会")).at("isBase64Encoded").as_bool());
    EXPECT_TRUE(parsed(answer_json(Shape::http_v2, page, "\xff")).at("isBase64Encoded").as_bool());
}

TEST(AnswerJson, WithoutABodyIsStillWhole) {
    auto const out = parsed(answer_json(Shape::http_v2, {204, {}}, ""));
    EXPECT_EQ(out.at("body").as_string(), "");
    EXPECT_TRUE(out.at("headers").as_object().contains("content-type"));
}

TEST(StreamPrelude, HasTheHeadWithoutABody) {
    auto const out = parsed(stream_prelude(example()));
    EXPECT_EQ(out.at("statusCode").as_int64(), 201);
    EXPECT_EQ(out.at("headers").at("content-type").as_string(), "application/json");
    EXPECT_EQ(out.at("cookies").as_array().size(), 2u);
    EXPECT_FALSE(out.contains("body"));
    EXPECT_TRUE(parsed(stream_prelude({200, {}})).at("cookies").as_array().empty());
}

}  // namespace
}  // namespace kaiwa::lambda
