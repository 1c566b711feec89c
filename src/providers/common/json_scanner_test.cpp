#include "providers/common/json_scanner.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

std::string read_string(std::string_view text) {
    JsonScanner json(text);
    std::string out;
    return json.string(out) && json.at_end() ? out : "broken";
}

TEST(JsonScanner, ReadsEveryEscape) {
    EXPECT_EQ(read_string(R"("a\"\\\/\b\f\n\r\t\u3042\ud83d\ude00")"), "a\"\\/\b\f\n\r\tあ😀");
    EXPECT_EQ(read_string(R"("\ud83dx")"), "\xED\xA0\xBDx");
    EXPECT_EQ(read_string(R"("\u0000")"), std::string(1, '\0'));
    for (auto const* text : {R"("\x")", R"("\u12")", R"("\u12g4")", R"("a)", R"("a\)", "\""}) {
        EXPECT_EQ(read_string(text), "broken") << text;
    }
}

TEST(JsonScanner, FindsTheEndOfAStringWhereverItIsAndWhateverStandsBesideIt) {
    // What differs from a quote or a backslash by one, or by its highest bit.
    for (char const beside : {'\x01', '\x21', '\x23', '\x5b', '\x5d', '\x80', '\xa2', '\xdc', '\xff'}) {
        for (std::size_t before = 0; before < 40; ++before) {
            for (std::size_t const behind : {0UZ, 1UZ, 7UZ, 8UZ, 20UZ}) {
                std::string const plain(before, beside);
                std::string const rest(behind, beside);
                EXPECT_EQ(read_string('"' + plain + '"'), plain);
                EXPECT_EQ(read_string('"' + plain + "\\n" + rest + '"'), plain + '\n' + rest);
                EXPECT_EQ(read_string('"' + plain + "\\\"" + rest + '"'), plain + '"' + rest);
                EXPECT_EQ(read_string('"' + plain), "broken");
            }
        }
    }
}

TEST(JsonScanner, FindsMembersAndSkipsTheRest) {
    std::string_view const text =
        R"({"a":{"b":[1,{"c":"}]"}],"d":-1.5e3},"n":42,"t":true,"s":"x"})";
    JsonScanner json(text);
    std::string_view name;
    std::string s;
    std::optional<std::int64_t> n;
    ASSERT_TRUE(json.begin_object());
    while (json.next_member(name)) {
        if (name == "n") {
            n = json.integer();
        } else if (name == "s") {
            json.string(s);
        } else {
            json.skip();
        }
    }
    EXPECT_FALSE(json.broken());
    EXPECT_TRUE(json.at_end());
    EXPECT_EQ(n, 42);
    EXPECT_EQ(s, "x");
}

TEST(JsonScanner, TellsWholeObjectsFromCutOnes) {
    std::string const text = R"({"a":[1,{"b":"c\"}"}],"d":null})";
    EXPECT_TRUE(is_whole_json_object(text));
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_FALSE(is_whole_json_object(text.substr(0, size))) << size;
    }
    EXPECT_FALSE(is_whole_json_object(text + "}"));
    EXPECT_FALSE(is_whole_json_object("[]"));
    EXPECT_FALSE(is_whole_json_object(std::string(1'000'000, '{')));
}

TEST(JsonScanner, NumbersThatAreTooLargeAreNone) {
    EXPECT_EQ(JsonScanner("9.0").integer(), 9);
    EXPECT_EQ(JsonScanner("-1").integer(), -1);
    EXPECT_EQ(JsonScanner("1e400").integer(), std::nullopt);
    EXPECT_EQ(JsonScanner("99999999999999999999").integer(), std::nullopt);
    EXPECT_EQ(JsonScanner("\"1\"").integer(), std::nullopt);
}

}  // namespace
}  // namespace kaiwa::providers
