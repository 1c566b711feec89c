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

TEST(FileNames, KeepTheirEndingWhenTheyAreCut) {
    std::string name;
    for (int i = 0; i < 100; ++i) name += "議";
    auto const cut = safe_file_name(name + ".docx");
    EXPECT_TRUE(cut.ends_with("議.docx")) << cut;
    EXPECT_LE(cut.size(), 200u);
    EXPECT_GE(cut.size(), 198u);
    EXPECT_TRUE(safe_file_name(std::string(3000, 'x') + ".pdf").ends_with("x.pdf"));
    EXPECT_EQ(safe_file_name(std::string(196, 'x') + ".pdf"), std::string(196, 'x') + ".pdf");
    EXPECT_EQ(safe_file_name(std::string(300, 'x') + ".\u202Epdf"), std::string(200, 'x'));
    EXPECT_EQ(safe_file_name("a." + std::string(300, 'x')), "a." + std::string(198, 'x'));
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
