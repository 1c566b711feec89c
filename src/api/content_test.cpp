#include "api/content_disposition.hpp"
#include "api/media_type.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

TEST(FileNames, ReachTheBrowserAsTheyAre) {
    EXPECT_EQ(attachment("a b\"会.png"),
              "attachment; filename=\"a b__.png\"; filename*=UTF-8''a%20b%22%E4%BC%9A.png");
    EXPECT_EQ(attachment("a\r\nX: y\x7F\\"),
              "attachment; filename=\"file\"; filename*=UTF-8''file");
    EXPECT_EQ(attachment("a\r\nX: y;%\x7F"),
              "attachment; filename=\"aX_ y__\"; filename*=UTF-8''aX%3A%20y%3B%25");
    EXPECT_LE(attachment(std::string(10'000, '"')).size(), 900u);
}

TEST(Disposition, ReadsWhatBrowsersSend) {
    auto const plain = parse_disposition("form-data; name=\"file\"; filename=\"a \\\"b\\\".png\"");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->type, "form-data");
    EXPECT_EQ(plain->name, "file");
    EXPECT_EQ(plain->filename, "a \"b\".png");

    auto const extended =
        parse_disposition("attachment; filename=x; filename*=utf-8'ja'%E4%BC%9A.png");
    ASSERT_TRUE(extended);
    EXPECT_EQ(extended->filename, "会.png");

    EXPECT_FALSE(parse_disposition(""));
    EXPECT_FALSE(parse_disposition("form-data; name=\"file"));
    EXPECT_FALSE(parse_disposition("form-data name=x"));
}

std::string const png = "\x89PNG\r\n\x1a\n0123456789";

TEST(MediaTypes, MustBeWhatTheySay) {
    std::vector<std::string> const pictures{"image/*"};
    EXPECT_EQ(decide_media_type("image/png", "", png, pictures), "image/png");
    EXPECT_EQ(decide_media_type("", "", png, pictures), "image/png");
    EXPECT_EQ(decide_media_type("application/octet-stream", "", png, pictures), "image/png");
    EXPECT_EQ(decide_media_type("Image/JPG; x=1", "", "\xFF\xD8\xFF\xE0", pictures), "image/jpeg");
    EXPECT_FALSE(decide_media_type("image/jpeg", "", png, pictures));
    EXPECT_FALSE(decide_media_type("image/png", "", "<svg onload=alert(1)>", pictures));
    EXPECT_FALSE(decide_media_type("image/svg+xml", "", "<svg/>", pictures));
    EXPECT_FALSE(decide_media_type("text/html", "", "<script>", pictures));
    EXPECT_FALSE(decide_media_type("image/png\r\nX: y", "", png, pictures));
}

TEST(MediaTypes, AreThoseOfTheNameWhereNothingElseSays) {
    std::vector<std::string> const listed{"image/*", "text/*", "application/pdf"};
    EXPECT_EQ(decide_media_type("", "notes.txt", "a", listed), "text/plain");
    EXPECT_EQ(decide_media_type("application/octet-stream", "議事録.MD", "# a", listed),
              "text/markdown");
    EXPECT_EQ(decide_media_type("application/octet-stream", "a.b.pdf", "%PDF", listed),
              "application/pdf");
    EXPECT_EQ(decide_media_type("", "notes.txt", png, listed), "image/png") << "bytes before names";
    EXPECT_EQ(decide_media_type("text/csv", "notes.txt", "a", listed), "text/csv");
    for (auto const* name : {"", "notes", "notes.", "txt", ".txt.exe", "a.svg", "a.png", "a.json"})
        EXPECT_FALSE(decide_media_type("", name, "a", listed)) << name;
}

TEST(MediaTypes, FollowTheListOfTheOperator) {
    std::vector<std::string> const listed{"text/*", "image/svg+xml", "application/pdf"};
    EXPECT_EQ(decide_media_type("text/plain;charset=utf-8", "", "a", listed), "text/plain");
    EXPECT_EQ(decide_media_type("image/svg+xml", "", "<svg/>", listed), "image/svg+xml");
    EXPECT_EQ(decide_media_type("application/pdf", "", "%PDF", listed), "application/pdf");
    EXPECT_EQ(decide_media_type("image/png", "", png, listed).error().reason, "unsupported_type");
}

TEST(MediaTypes, ARefusalNamesThePicturesThatAreTaken) {
    EXPECT_EQ(decide_media_type("image/bmp", "", "BM", {"image/*", "text/*"}).error().message,
              "files of type image/bmp are not taken, only image/png, image/jpeg, image/gif, "
              "image/webp, text/*");
    EXPECT_EQ(decide_media_type("image/bmp", "", "BM", {"text/*"}).error().message,
              "files of type image/bmp are not taken, only text/*");
}

}  // namespace
}  // namespace kaiwa::api
