#include "http/proxy.hpp"

#include <gtest/gtest.h>

#include <map>

namespace kaiwa::http {
namespace {

Result<Proxies> read(std::map<std::string, std::string, std::less<>> variables) {
    return Proxies::read([&](std::string_view name) -> std::optional<std::string> {
        auto const found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    });
}

std::string through(Proxies const& proxies, std::string_view url) {
    auto const* proxy = proxies.find(parse_url(url).value());
    if (!proxy) return "direct";
    return proxy->host + ":" + std::to_string(proxy->port) + " " + proxy->authorization.reveal();
}

TEST(Proxies, AreThoseOfTheScheme) {
    auto const none = read({}).value();
    EXPECT_EQ(through(none, "https://a.example/"), "direct");
    auto const both = read({{"HTTPS_PROXY", "http://ann:p%40ss@Proxy.example:3128/"},
                            {"HTTP_PROXY", "plain.example:8080"}})
                          .value();
    EXPECT_EQ(through(both, "https://a.example/"), "proxy.example:3128 Basic YW5uOnBAc3M=");
    EXPECT_EQ(through(both, "http://a.example/"), "plain.example:8080 ");
    auto const small = read({{"HTTPS_PROXY", "http://one"}, {"https_proxy", "http://two"}}).value();
    EXPECT_EQ(through(small, "https://a.example/"), "two:80 ");
}

TEST(Proxies, AreNotAskedForWhatNeedsNone) {
    auto const proxies =
        read({{"HTTPS_PROXY", "p:1"},
              {"NO_PROXY",
               "corp.example, .in.example,*.star.example ,10.0.0.0/8,[fd00::1]:8443,"
               "203.0.113.7,half.example:8443"}})
            .value();
    for (auto const* url :
         {"https://corp.example/", "https://a.corp.example/", "https://x.in.example/",
          "https://a.star.example/", "https://10.1.2.3/", "https://203.0.113.7/",
          "https://[fd00::1]:8443/", "https://half.example:8443/", "https://localhost/",
          "https://a.localhost/", "https://127.0.0.9/", "https://[::1]/",
          "https://169.254.169.254/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/"})
        EXPECT_EQ(through(proxies, url), "direct") << url;
    for (auto const* url :
         {"https://notcorp.example/", "https://11.0.0.1/", "https://half.example/",
          "https://[fd00::1]/", "https://corp.example.evil.test/"})
        EXPECT_EQ(through(proxies, url), "p:1 ") << url;
    auto const all = read({{"HTTPS_PROXY", "p:1"}, {"no_proxy", "*"}}).value();
    EXPECT_EQ(through(all, "https://a.example/"), "direct");
}

TEST(Proxies, ThatCannotBeAreRefusedWithoutTheirPassword) {
    for (auto const* text : {"https://p:1", "socks5://p:1", "http://", "http://p:0",
                             "http://p/path", "http://ann:canary%zz@p", "http://ann%3Ax:canary@p",
                             "http://p:1?x", "http://ann:canary@p q"}) {
        auto const proxies = read({{"HTTPS_PROXY", text}});
        ASSERT_FALSE(proxies) << text;
        EXPECT_EQ(proxies.error().message,
                  "HTTPS_PROXY: expected http://[user:password@]host[:port]");
    }
}

}  // namespace
}  // namespace kaiwa::http
