#include "store/dynamodb/value.hpp"

#include "store/dynamodb/expression.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::dynamodb {
namespace {

Result<Value> read(std::string_view text) {
    return Value::from_json(json::parse(text));
}

}  // namespace

TEST(DynamoValue, WhatGoesInComesOutByteForByte) {
    for (std::string_view const text :
         {R"({"S":"x"})", R"({"S":""})", R"({"S":"\u0000会話"})", R"({"N":"0"})", R"({"N":"-0.5"})",
          R"({"N":"12345678901234567890123456789012345678"})", R"({"N":"1E+125"})",
          R"({"N":"9.9E-130"})", R"({"N":"1)" "00000000000000000000000000000000000000000000" R"("})",
          R"({"N":"0.)" "0000000000000000000000000000000000000000000012" R"("})", R"({"B":"AP8="})", R"({"BOOL":false})", R"({"NULL":true})",
          R"({"SS":["a","b"]})", R"({"NS":["1","2.50"]})", R"({"BS":["AA==","/w=="]})",
          R"({"L":[]})", R"({"L":[{"N":"1.0"},{"L":[{"NULL":true}]}]})", R"({"M":{}})",
          R"({"M":{"a b":{"S":"1"},"名":{"M":{"x":{"BOOL":true}}}}})"}) {
        auto const value = read(text);
        ASSERT_TRUE(value) << text << ": " << value.error().message;
        EXPECT_EQ(json::serialize(value->to_json()), json::serialize(json::parse(text))) << text;
    }
}

TEST(DynamoValue, RefusesWhatTheServiceNeverSends) {
    for (std::string_view const text :
         {R"({})", R"([])", R"("x")", R"({"S":"a","N":"1"})", R"({"S":1})", R"({"N":1})",
          R"({"N":""})", R"({"N":"x"})", R"({"N":"1e"})", R"({"N":"--1"})", R"({"N":"1 "})",
          R"({"N":"123456789012345678901234567890123456789"})", R"({"N":"NaN"})", R"({"B":"***"})",
          R"({"BOOL":"true"})", R"({"SS":[]})", R"({"SS":[1]})", R"({"NS":["x"]})",
          R"({"L":{}})", R"({"L":["x"]})", R"({"M":[]})", R"({"M":{"a":1}})", R"({"X":"a"})"}) {
        EXPECT_FALSE(read(text)) << text;
    }
    std::string deep = R"({"NULL":true})";
    for (int i = 0; i < 40; ++i) deep = R"({"L":[)" + deep + "]}";
    EXPECT_FALSE(Value::from_json(json::parse(deep, {}, {.max_depth = 200})));
}

TEST(DynamoValue, NumbersAreReadAsWhatTheyMean) {
    auto const item = *item_from_json(json::parse(
        R"({"a":{"N":"7"},"b":{"N":"7.0"},"c":{"N":"7E0"},"d":{"N":"7.5"},"e":{"S":"7"},
            "f":{"N":"9007199254740993"},"g":{"N":"1E+100"}})"));
    EXPECT_EQ(optional_integer(item, "a"), 7);
    EXPECT_EQ(optional_integer(item, "b"), 7);
    EXPECT_EQ(optional_integer(item, "c"), 7);
    EXPECT_FALSE(optional_integer(item, "d"));
    EXPECT_EQ(optional_real(item, "d"), 7.5);
    EXPECT_FALSE(optional_integer(item, "e"));
    EXPECT_EQ(optional_integer(item, "f"), 9007199254740993);
    EXPECT_FALSE(optional_integer(item, "g"));
    EXPECT_FALSE(optional_integer(item, "absent"));
}

TEST(DynamoValue, RealNumbersKeepTheirShortestText) {
    EXPECT_EQ(json::serialize(Value::real(0.7).to_json()), R"({"N":"0.7"})");
    EXPECT_EQ(json::serialize(Value::real(1).to_json()), R"({"N":"1"})");
}

TEST(DynamoExpression, NamesAndValuesAreAlwaysAliased) {
    Aliases aliases;
    Update update(aliases);
    update.set("name", "x").set_path({"metadata", "a.b"}, 1).remove("status").add("n", 2);
    auto const condition = aliases.name("name") + " = " + aliases.value("'; DROP");
    EXPECT_EQ(update.text(), "SET #n0 = :v0, #n1.#n2 = :v1 REMOVE #n3 ADD #n4 :v2");
    EXPECT_EQ(condition, "#n0 = :v3");
    json::object request;
    aliases.add_to(request);
    EXPECT_EQ(json::serialize(request.at("ExpressionAttributeNames")),
              R"({"#n0":"name","#n1":"metadata","#n2":"a.b","#n3":"status","#n4":"n"})");
    EXPECT_EQ(request.at("ExpressionAttributeValues").as_object().size(), 4u);
}

TEST(DynamoExpression, WhatIsEmptyIsNotDeclared) {
    json::object request;
    Aliases{}.add_to(request);
    EXPECT_TRUE(request.empty());
}

}  // namespace kaiwa::store::dynamodb
