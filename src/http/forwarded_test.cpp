#include "http/forwarded.hpp"

#include <gtest/gtest.h>

namespace kaiwa::http {

namespace {

asio::ip::address address(char const* text) {
    return asio::ip::make_address(text);
}

std::vector<AddressRange> const proxies = {AddressRange::parse("10.0.0.0/8").value(),
                                           AddressRange::parse("fd00::/8").value()};

Asker ask(Headers headers, char const* peer = "10.0.0.1") {
    return find_asker(headers, address(peer), proxies);
}

TEST(AddressRange, HoldsWhatItsPrefixSays) {
    auto const range = AddressRange::parse("192.168.4.0/22").value();
    EXPECT_TRUE(range.contains(address("192.168.7.255")));
    EXPECT_TRUE(range.contains(address("::ffff:192.168.5.1")));
    EXPECT_FALSE(range.contains(address("192.168.8.0")));
    EXPECT_FALSE(range.contains(address("::1")));
    EXPECT_TRUE(AddressRange::parse("::1").value().contains(address("::1")));
    EXPECT_FALSE(AddressRange::parse("::1").value().contains(address("::2")));
    EXPECT_TRUE(AddressRange::parse("0.0.0.0/0").value().contains(address("8.8.8.8")));
    EXPECT_TRUE(AddressRange::parse("2001:db8::/33").value().contains(address("2001:db8:7fff::1")));
    EXPECT_FALSE(
        AddressRange::parse("2001:db8::/33").value().contains(address("2001:db8:8000::1")));
    for (char const* text : {"", "x", "1.2.3.4/33", "::1/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3/8",
                             "1.2.3.4/8/8", "/8"}) {
        EXPECT_FALSE(AddressRange::parse(text).has_value()) << text;
    }
}

TEST(Asker, IsThePeerWhenTheProxyIsNotTrusted) {
    auto const asker = ask({{"X-Forwarded-For", "8.8.8.8"},
                            {"X-Forwarded-Proto", "https"},
                            {"X-Forwarded-Host", "evil"}},
                           "11.0.0.1");
    EXPECT_EQ(asker.address, address("11.0.0.1"));
    EXPECT_FALSE(asker.secure);
    EXPECT_FALSE(asker.host.has_value());
    EXPECT_TRUE(asker.forwarded);
}

TEST(Asker, IsTheRightMostHopThatIsNotTrusted) {
    EXPECT_EQ(ask({{"X-Forwarded-For", "1.1.1.1, 8.8.8.8, 10.2.2.2"}}).address, address("8.8.8.8"));
    EXPECT_EQ(ask({{"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "8.8.8.8"}}).address,
              address("8.8.8.8"));
    EXPECT_EQ(ask({{"X-Forwarded-For", "8.8.8.8:1234"}}).address, address("8.8.8.8"));
    EXPECT_EQ(ask({{"X-Forwarded-For", "[2001:db8::1]:443"}}).address, address("2001:db8::1"));
    EXPECT_EQ(ask({{"X-Forwarded-For", "2001:db8::1"}}).address, address("2001:db8::1"));
    EXPECT_EQ(ask({{"X-Forwarded-For", "::ffff:9.9.9.9"}}).address, address("9.9.9.9"));
    EXPECT_EQ(ask({{"X-Forwarded-For", "8.8.8.8"}}, "::ffff:10.0.0.1").address, address("8.8.8.8"));
    EXPECT_EQ(ask({{"X-Forwarded-For", "10.3.3.3, 10.2.2.2"}}).address, address("10.3.3.3"));
}

TEST(Asker, SurvivesAnyForwardedForAndIgnoresJunk) {
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "10.0.0.1,";
    for (std::string const& junk :
         {std::string(), std::string(","), std::string(",,,"), std::string("junk"), many,
          std::string("fe80::1%eth0"), std::string("[::1"), std::string("]"),
          std::string("999.1.1.1"), std::string("8.8.8.8, junk"), std::string(100'000, 'x'),
          std::string("127.1"), std::string("0x7f000001"), std::string(":"), std::string("[]")}) {
        EXPECT_EQ(ask({{"X-Forwarded-For", junk}}).address, address("10.0.0.1"))
            << junk.substr(0, 40);
    }
    EXPECT_EQ(ask({{"X-Forwarded-For", "junk, 10.5.5.5"}}).address, address("10.5.5.5"));
}

TEST(Asker, KnowsTheSchemeAndTheHostThatTheProxySaw) {
    auto const asker =
        ask({{"X-Forwarded-Proto", "http, HTTPS"}, {"X-Forwarded-Host", "chat.example.com"}});
    EXPECT_TRUE(asker.secure);
    EXPECT_EQ(asker.host, "chat.example.com");
    EXPECT_FALSE(ask({{"X-Forwarded-Proto", "https, http"}}).secure);
    EXPECT_FALSE(ask({{"X-Forwarded-Host", "a b"}}).host.has_value());
    EXPECT_FALSE(ask({{"X-Forwarded-Host", "user@evil"}}).host.has_value());
}

TEST(Asker, IsForwardedWithAnyForwardingField) {
    EXPECT_FALSE(ask({{"Host", "x"}}).forwarded);
    EXPECT_TRUE(ask({{"Forwarded", "for=1.1.1.1"}}).forwarded);
    EXPECT_TRUE(ask({{"X-Real-IP", ""}}).forwarded);
}

}  // namespace
}  // namespace kaiwa::http
