#include "chat/file_names.hpp"

#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

TEST(FileNames, KeepNothingOfAPathOrOfHiddenCharacters) {
    EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
    EXPECT_EQ(safe_file_name("C:\\Users\\a\\b.png"), "b.png");
    EXPECT_EQ(safe_file_name("/"), "file");
    EXPECT_EQ(safe_file_name(".."), "file");
    EXPECT_EQ(safe_file_name("a\r\nSet-Cookie: x.png"), "aSet-Cookie: x.png");
    EXPECT_EQ(safe_file_name("invoice\u202Egnp.exe"), "invoicegnp.exe");
    EXPECT_EQ(safe_file_name("会話.png"), "会話.png");
    EXPECT_TRUE(is_valid_utf8(safe_file_name("bad\xFF\xFE.png")));
    EXPECT_LE(safe_file_name(std::string(4096, 'x')).size(), 200u);
    EXPECT_EQ(safe_file_name(std::string("a\0b", 3)), "ab");
}

TEST(MediaTypes, OfOtherProgramsAreBareOrNone) {
    EXPECT_EQ(safe_media_type("image/png"), "image/png");
    EXPECT_EQ(safe_media_type("Text/CSV ; charset=utf-8"), "text/csv");
    for (auto const* none : {"", "png", "image/", "/png", "a/b/c", "image/png\r\nX: y", "text/\x7F",
                             "image/\"png\"", "テキスト/plain"})
        EXPECT_EQ(safe_media_type(none), any_media_type) << none;
    EXPECT_EQ(safe_media_type("a/" + std::string(10'000, 'b')), any_media_type);
}

}  // namespace
}  // namespace kaiwa::chat
