#include "api/guard.hpp"
#include "api/problem.hpp"
#include "api/site.hpp"
#include "api/test_doubles.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

using test::make_request;

Site public_site() { return Site::parse("https://Chat.Example.com:443/").value(); }

http::Request with_host(std::string host) {
    return make_request("GET", "/api/session", {{"Host", std::move(host)}});
}

TEST(Site, AnswersUnderItsPublicNameAndLoopbackNamesOnly) {
    auto const site = public_site();
    EXPECT_EQ(site.public_origin, "https://chat.example.com");
    for (auto const* host : {"chat.example.com", "CHAT.example.com:443", "localhost:1", "127.0.0.1",
                             "127.8.8.8:9", "[::1]:8080", "[::1]"})
        EXPECT_TRUE(site.allows_host(with_host(host))) << host;
    for (auto const* host : {"evil.example", "chat.example.com:8443", "chat.example.com.evil.example",
                             "localhost.evil.example", "10.0.0.1", "[::2]", "", "127.0.0.1.nip.io"})
        EXPECT_FALSE(site.allows_host(with_host(host))) << host;
    auto twice = with_host("localhost");
    twice.headers.add("Host", "evil.example");
    EXPECT_FALSE(site.allows_host(twice));
}

TEST(Site, AnswersUnderNamesThatTheOperatorLists) {
    auto site = public_site();
    site.other_hosts = {"kaiwa.internal"};
    EXPECT_TRUE(site.allows_host(with_host("Kaiwa.internal:8080")));
    EXPECT_FALSE(site.allows_host(with_host("kaiwa.internal.evil.example")));
    auto const request = make_request(
        "POST", "/", {{"Host", "kaiwa.internal:8080"}, {"Origin", "http://kaiwa.internal:8080"}});
    EXPECT_TRUE(site.sent_by_page(request));
}

TEST(Site, RefusesAPublicAddressThatIsNone) {
    for (auto const* url : {"chat.example.com", "ftp://x", "https://u:p@x", "https://x/path",
                            "https://x?q", "https://"})
        EXPECT_FALSE(Site::parse(url)) << url;
}

http::Request from_origin(std::string host, std::string origin) {
    return make_request("POST", "/api/threads",
                        {{"Host", std::move(host)}, {"Origin", std::move(origin)}});
}

TEST(Site, KnowsItsOwnPageByOrigin) {
    auto const site = public_site();
    EXPECT_TRUE(site.sent_by_page(from_origin("chat.example.com", "https://chat.example.com")));
    EXPECT_TRUE(site.sent_by_page(from_origin("127.0.0.1:8080", "http://127.0.0.1:8080")));
    for (auto const* origin :
         {"http://chat.example.com", "https://chat.example.com:444", "https://evil.example", "null",
          "", "https://chat.example.com.evil.example", "https://chat.example.com/"})
        EXPECT_FALSE(site.sent_by_page(from_origin("chat.example.com", origin))) << origin;
    EXPECT_FALSE(site.sent_by_page(from_origin("127.0.0.1:8080", "http://127.0.0.1:9999")));
    EXPECT_FALSE(site.sent_by_page(from_origin("127.0.0.1:8080", "http://localhost:8080")));
}

TEST(Site, TakesTheBrowsersWordWhereThereIsNoOrigin) {
    Site const site;
    auto request = make_request("POST", "/", {{"Sec-Fetch-Site", "same-origin"}});
    EXPECT_TRUE(site.sent_by_page(request));
    for (auto const* word : {"same-site", "cross-site", "none", ""}) {
        request = make_request("POST", "/", {{"Sec-Fetch-Site", word}});
        EXPECT_FALSE(site.sent_by_page(request)) << word;
    }
    request = make_request("POST", "/", {{"Origin", "https://evil.example"},
                                         {"Sec-Fetch-Site", "same-origin"}});
    EXPECT_FALSE(site.sent_by_page(request));
}

TEST(Site, TakesTheBrowsersWordFirstWhereAFrontMaySendItsOwnHost) {
    Site site;
    site.hosts = Site::Hosts::any;
    auto const from = [](std::string word, std::string origin) {
        return make_request("POST", "/api/session",
                            {{"Host", "abc.execute-api.eu-west-1.amazonaws.com"},
                             {"Origin", std::move(origin)},
                             {"Sec-Fetch-Site", std::move(word)}});
    };
    EXPECT_TRUE(site.sent_by_page(from("same-origin", "https://d1.cloudfront.net")));
    for (auto const* word : {"same-site", "cross-site", "none", ""})
        EXPECT_FALSE(site.sent_by_page(from(word, "https://d1.cloudfront.net"))) << word;
    auto twice = from("same-origin", "https://d1.cloudfront.net");
    twice.headers.add("Sec-Fetch-Site", "same-origin");
    EXPECT_FALSE(site.sent_by_page(twice));
    // Older browsers say the origin alone.
    auto request = from_origin("abc.lambda-url.eu-west-1.on.aws", "https://evil.example");
    EXPECT_FALSE(site.sent_by_page(request));
}

TEST(Site, UsesThePlainCookieOnLoopbackOnly) {
    auto const site = public_site();
    auto request = with_host("127.0.0.1:8080");
    EXPECT_EQ(site.cookie_name(request), "kaiwa");
    request.forwarded = true;
    EXPECT_EQ(site.cookie_name(request), "__Host-kaiwa");
    EXPECT_EQ(site.cookie_name(with_host("chat.example.com")), "__Host-kaiwa");
    auto const plain = Site::parse("http://chat.example.com").value();
    EXPECT_EQ(plain.cookie_name(with_host("chat.example.com")), "kaiwa");
}

using Kind = PresentedCredential::Kind;

TEST(Credentials, AreFoundOnce) {
    Site const site;
    auto const find = [&](http::Headers headers) {
        return find_credential(make_request("GET", "/api/session", std::move(headers)), site);
    };
    EXPECT_EQ(find({})->kind, Kind::none);
    EXPECT_EQ(find({{"Cookie", "a=b; kaiwa=t; c=d"}})->text, "t");
    EXPECT_EQ(find({{"Cookie", "kaiwa="}})->kind, Kind::none);
    EXPECT_EQ(find({{"Authorization", "bearer kw_x"}})->text, "kw_x");
    EXPECT_EQ(find({{"Authorization", "Bearer   kw_x"}})->text, "kw_x") << "RFC 9110, 11.4";
    EXPECT_EQ(find({{"Authorization", "Bearer "}})->text, "");
    EXPECT_EQ(find({{"Authorization", "Basic eA=="}}).error().code, Errc::unauthenticated);
    EXPECT_EQ(find({{"Authorization", "kw_x"}}).error().code, Errc::unauthenticated);
    EXPECT_EQ(find({{"X-Api-Key", "kw_x"}}).error().code, Errc::unauthenticated);
}

TEST(Credentials, TwoAtOnceAreRefused) {
    Site const site;
    std::vector<http::Headers> const both{
        {{"Cookie", "kaiwa=t"}, {"Authorization", "Bearer kw_x"}},
        {{"Cookie", "kaiwa=t"}, {"X-Api-Key", "kw_x"}},
        {{"Authorization", "Bearer kw_x"}, {"Authorization", "Bearer kw_y"}},
        {{"Authorization", "Bearer kw_x"}, {"X-Api-Key", "kw_x"}}};
    for (auto const& headers : both) {
        auto const found = find_credential(make_request("GET", "/api/session", headers), site);
        EXPECT_EQ(found.error().code, Errc::invalid_argument);
    }
}

TEST(JsonBody, MustSayThatItIsJson) {
    auto request = make_request("POST", "/api/threads", {{"Content-Type", "text/plain"}});
    request.body = "{}";
    EXPECT_EQ(to_problem(read_json_body(request, Needed::yes).error()).status, 415u);
    request.headers.set("Content-Type", "Application/JSON ; charset=utf-8");
    EXPECT_TRUE(read_json_body(request, Needed::yes));
    request.headers.set("Content-Encoding", "gzip");
    EXPECT_EQ(to_problem(read_json_body(request, Needed::yes).error()).status, 415u);
    request.headers.set("Content-Encoding", "identity");
    EXPECT_TRUE(read_json_body(request, Needed::yes));
    request.body = "{";
    EXPECT_EQ(read_json_body(request, Needed::yes).error().code, Errc::invalid_argument);
    request.body.clear();
    EXPECT_FALSE(read_json_body(request, Needed::yes));
    EXPECT_TRUE(read_json_body(request, Needed::no)->is_object());
}

}  // namespace
}  // namespace kaiwa::api
