#include "base/word_bytes.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace kaiwa {
namespace {

char const* find(std::string const& bytes) {
    auto const mark = [](std::uint64_t word) {
        return mark_byte(word, '"') | mark_byte(word, '\x80') | mark_below(word, ' ');
    };
    auto const is_wanted = [](char c) {
        return c == '"' || c == '\x80' || static_cast<unsigned char>(c) < ' ';
    };
    return find_marked(bytes.data(), bytes.data() + bytes.size(), mark, is_wanted);
}

TEST(WordBytes, FindTheFirstThatIsWanted) {
    for (int byte = 0; byte < 256; ++byte) {
        bool const wanted = byte < ' ' || byte == '"' || byte == 0x80;
        for (std::size_t place = 0; place < 20; ++place) {
            std::string bytes(20, '!');  // one above what is wanted
            bytes[place] = static_cast<char>(byte);
            EXPECT_EQ(find(bytes) - bytes.data(), wanted ? static_cast<long>(place) : 20) << byte;
        }
    }
}

TEST(WordBytes, FindItAmongNeighboursThatAreNearlyWanted) {
    std::mt19937 random(7);
    static constexpr std::string_view near = "!\"#\x7F\x80\x81 \x1F\x21\xA2\xFF";
    for (int round = 0; round < 100'000; ++round) {
        std::string bytes(random() % 25, '\0');
        for (auto& byte : bytes) byte = near[random() % near.size()];
        auto const first = bytes.find_first_of("\"\x80\x1F");
        auto const expected = first == bytes.npos ? bytes.size() : first;
        ASSERT_EQ(static_cast<std::size_t>(find(bytes) - bytes.data()), expected);
    }
}

}  // namespace
}  // namespace kaiwa
