#include "server/page/page_headers.hpp"

#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

TEST(PageFile, IsTheIndexForPathsThatThePageRoutes) {
    for (char const* path : {"/", "/setup", "/c/0195", "/admin/users", "/apiary", "/v1beta"})
        EXPECT_EQ(page_file(path, FileState::absent), "/index.html") << path;
}

TEST(PageFile, IsNothingForOtherProgramsAndMissingFiles) {
    for (char const* path :
         {"/api", "/api/nothing", "/v1/models", "/v1", "/assets/old-1234.js", "/favicon.ico"})
        EXPECT_EQ(page_file(path, FileState::absent), std::nullopt) << path;
    EXPECT_EQ(page_file("/assets/new-1234.js", FileState::exists), "/assets/new-1234.js");
}

TEST(PageHeaders, LetAssetsBeKeptForeverAndAskAgainForTheRest) {
    auto const asset = page_headers("/assets/index-1.js", "text/javascript", "\"1\"", {"x:1", ""});
    EXPECT_TRUE(asset.get("Cache-Control").contains("immutable"));
    EXPECT_EQ(asset.get("Access-Control-Allow-Origin"), "*");
    auto const index = page_headers("/index.html", "text/html", "\"2\"", {"x:1", ""});
    EXPECT_EQ(index.get("Cache-Control"), "no-cache");
    EXPECT_FALSE(index.has("Access-Control-Allow-Origin"));
}

TEST(PageHeaders, AllowInlineStylesOnlyInTheDiagramFrame) {
    auto const index = page_headers("/index.html", "text/html", "\"2\"", {"x:1", ""});
    EXPECT_FALSE(index.get("Content-Security-Policy").contains("unsafe-inline"));
    EXPECT_FALSE(index.get("Content-Security-Policy").contains("data:"));
    EXPECT_TRUE(
        index.get("Content-Security-Policy").contains("require-trusted-types-for 'script'"));
    auto const frame = page_headers("/mermaid-frame.html", "text/html", "\"3\"", {"x:1", ""});
    EXPECT_TRUE(
        frame.get("Content-Security-Policy").starts_with("default-src 'none'; script-src 'self'"));
    EXPECT_TRUE(frame.get("Content-Security-Policy").ends_with("frame-ancestors 'self'"));
    // Whose frame it is decides which host its policy names.
    EXPECT_EQ(frame.get("Vary"), "Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Dest");
    EXPECT_EQ(index.get("Vary"), "Accept-Encoding");
}

TEST(PageHeaders, NameTheHostForAFrameWithoutAnOriginAndNothingElse) {
    auto const scripts = [](std::string_view host, std::string_view known = {},
                            std::string told = {}) {
        auto const headers =
            page_headers("/mermaid-frame.html", "text/html", "\"3\"", {host, known, told});
        std::string const policy(headers.get("Content-Security-Policy"));
        auto const begin = policy.find("script-src ");
        return policy.substr(begin, policy.find(';', begin) - begin);
    };
    EXPECT_EQ(scripts("chat.example.com"), "script-src 'self' http://chat.example.com");
    EXPECT_EQ(scripts("127.0.0.1:8080"), "script-src 'self' http://127.0.0.1:8080");
    EXPECT_EQ(scripts("a:1", "b"), "script-src 'self' http://a:1 http://b");
    EXPECT_EQ(scripts("b", "b"), "script-src 'self' http://b");
    EXPECT_EQ(scripts("", "b"), "script-src 'self' http://b");
    EXPECT_EQ(scripts("a", "b", "c:2"), "script-src 'self' http://a http://b http://c:2");
    EXPECT_EQ(scripts("a", "", "a"), "script-src 'self' http://a");
    EXPECT_EQ(scripts("a", "", "x; img-src"), "script-src 'self' http://a");
    for (auto const* other : {"", "[::1]:8080", "x;img-src", "x'", "*", "x\"", "a*b", "例え.jp"})
        EXPECT_EQ(scripts(other), "script-src 'self'") << other;
}

TEST(PageHeaders, BelieveAHostInTheQueryOfOurOwnFrameOnly) {
    auto const told = [](std::string site, std::string dest) {
        http::Request request;
        request.query.emplace_back("host", "chat.example.com");
        request.headers = {{"Sec-Fetch-Site", std::move(site)}, {"Sec-Fetch-Dest", std::move(dest)}};
        return told_host(request);
    };
    EXPECT_EQ(told("same-origin", "iframe"), "chat.example.com");
    for (auto const* site : {"cross-site", "same-site", "none", ""})
        EXPECT_EQ(told(site, "iframe"), "") << site;
    for (auto const* dest : {"document", "script", "empty", ""})
        EXPECT_EQ(told("same-origin", dest), "") << dest;
    EXPECT_EQ(told_host(http::Request{}), "");
}

}  // namespace
}  // namespace kaiwa::server
