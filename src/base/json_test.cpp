#include "base/json.hpp"

#include <gtest/gtest.h>

namespace kaiwa {
namespace {

TEST(ParseJson, RefusesWhatIsNotOneJsonText) {
    for (auto text : {"", "{", "[1,]", "{} {}", "{\"a\":1,}", "// no\n{}", "NaN", "\"\xff\"", "'a'",
                      "{\"a\" 1}", "\xEF\xBB\xBF{}", "1e400", "{\"a\":[-1e999]}"})
        EXPECT_EQ(parse_json(text).error().code, Errc::invalid_argument) << text;
    EXPECT_FALSE(parse_json(std::string(10'000, '[')).has_value());
    EXPECT_TRUE(parse_json("{\"a\":[1,2,{\"b\":null}]}").has_value());
}

TEST(ParseJson, RefusesAMemberThatIsNamedTwice) {
    for (auto text : {R"({"a":1,"a":2})", R"({"a":{"b":1,"c":2,"b":1}})", R"([0,{"a":1,"a":1}])",
                      R"({"a":1,"\u0061":2})"})
        EXPECT_EQ(parse_json(text).error().code, Errc::invalid_argument) << text;
    EXPECT_TRUE(parse_json(R"({"a":{"a":[{"a":1},{"a":2}]},"A":{},"":[]})").has_value());
}

TEST(AppendJsonString, EscapesWhatJsonMustEscapeAndKeepsTheRest) {
    std::string out;
    append_json_string(out, std::string_view("a\"b\\c\n\r\t\x01\x1f\0会話", 17));
    EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\\u0000会話\"");
    EXPECT_EQ(json::parse(out).as_string(), std::string_view("a\"b\\c\n\r\t\x01\x1f\0会話", 17));
}

TEST(JsonFields, ReadsWhatIsThere) {
    auto const value = json::parse(R"({"s":"x","n":0.5,"i":3,"b":true,"c":"up","l":["a","b"],"z":null})");
    JsonFields fields(value, "the body");
    EXPECT_EQ(fields.string("s", {}), "x");
    EXPECT_EQ(fields.optional_number("n", {0, 1}), 0.5);
    EXPECT_EQ(fields.optional_integer("i", 1, 5), 3);
    EXPECT_EQ(fields.optional_boolean("b"), true);
    EXPECT_EQ(fields.optional_choice("c", {"up", "down"}), "up");
    EXPECT_EQ(fields.strings("l", 2, {}), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(fields.is_null("z"));
    EXPECT_FALSE(fields.optional_string("absent", {}).has_value());
    EXPECT_TRUE(fields.finish().has_value());
}

TEST(JsonFields, SaysWhichFieldIsWrongAndWhatWasExpected) {
    auto const problem_of = [](std::string_view text, auto read) {
        auto const value = json::parse(text);
        JsonFields fields(value, "the body");
        read(fields);
        return fields.finish().error();
    };
    auto const text = [](JsonFields& f) { (void)f.string("text", {.min_bytes = 1, .max_bytes = 4}); };
    auto const number = [](JsonFields& f) { (void)f.optional_number("n", {0, 1}); };
    auto const integer = [](JsonFields& f) { (void)f.optional_integer("n", 1, 10); };

    EXPECT_EQ(problem_of("{}", text).message, "\"text\" in the body: expected text; it is missing");
    EXPECT_EQ(problem_of(R"({"text":5})", text).message, "\"text\" in the body: expected text");
    EXPECT_EQ(problem_of(R"({"text":""})", text).message,
              "\"text\" in the body: expected text that is not empty");
    EXPECT_EQ(problem_of(R"({"text":"aaaaa"})", text).message,
              "\"text\" in the body: expected at most 4 bytes");
    EXPECT_EQ(problem_of(R"({"text":"a\u0000"})", text).message,
              "\"text\" in the body: expected text without U+0000");
    EXPECT_EQ(problem_of(R"({"n":2})", number).message,
              "\"n\" in the body: expected a number from 0 to 1");
    for (auto bad : {R"({"n":-1})", R"({"n":11})", R"({"n":1.5})", R"({"n":9223372036854775808})",
                     R"({"n":"1"})", R"({"n":1e300})"})
        EXPECT_EQ(problem_of(bad, integer).message,
                  "\"n\" in the body: expected a whole number from 1 to 10")
            << bad;
    EXPECT_EQ(problem_of(R"({"text":"a","extra":1})", text).reason, "unknown_field");
    EXPECT_EQ(problem_of("[]", text).message, "the body must be a JSON object");
}

}  // namespace
}  // namespace kaiwa
