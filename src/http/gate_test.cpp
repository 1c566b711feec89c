#include "http/client_fixture.hpp"
#include "http/url.hpp"

namespace kaiwa::http {

namespace {

TEST(ConfiguredHostsGate, KnowsWhatIsNotThePublicInternet) {
    ConfiguredHostsGate const gate;
    for (char const* text : {"0.0.0.0",
                             "0.1.2.3",
                             "10.0.0.1",
                             "10.255.255.255",
                             "100.64.0.1",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.255.254",
                             "169.254.0.1",
                             "169.254.169.254",
                             "169.254.170.2",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.8",
                             "192.0.2.1",
                             "192.31.196.1",
                             "192.52.193.1",
                             "192.88.99.1",
                             "192.168.0.1",
                             "192.168.255.255",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::2",
                             "::127.0.0.1",
                             "::8.8.8.8",
                             "::ffff:127.0.0.1",
                             "::ffff:a9fe:a9fe",
                             "::ffff:10.0.0.1",
                             "::ffff:0:7f00:1",
                             "64:ff9b::7f00:1",
                             "64:ff9b::10.0.0.1",
                             "64:ff9b:1::8.8.8.8",
                             "100::1",
                             "2001::1",
                             "2001:2::1",
                             "2001:10::1",
                             "2001:20::1",
                             "2001:1ff:ffff::1",
                             "2001:db8::1",
                             "2002:7f00:1::",
                             "2002:a9fe:a9fe::1",
                             "2002:c0a8:101::",
                             "3fff::1",
                             "3fff:fff::1",
                             "4000::1",
                             "5f00::1",
                             "fc00::1",
                             "fd00:ec2::254",
                             "fe80::1",
                             "febf::1",
                             "fec0::1",
                             "ff02::1",
                             "ffff::1",
                             "1000::1"}) {
        EXPECT_FALSE(gate.allows("x", 443, asio::ip::make_address(text))) << text;
    }
    for (char const* text :
         {"1.1.1.1",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",
          "100.63.255.255",  "100.128.0.0",     "126.255.255.255", "128.0.0.0",
          "169.253.255.255", "169.255.0.0",     "172.15.255.255",  "172.32.0.0",
          "192.0.1.0",       "192.167.255.255", "192.169.0.0",     "198.17.255.255",
          "198.20.0.0",      "223.255.255.255", "2001:200::1",     "2001:4860:4860::8888",
          "2606:4700::1111", "2a00::1",         "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8",
          "2002:808:808::1", "3ffe::1"}) {
        EXPECT_TRUE(gate.allows("x", 443, asio::ip::make_address(text))) << text;
    }
}

TEST(ConfiguredHostsGate, LetsTheConfiguredHostAndPortThroughAndNoOther) {
    ConfiguredHostsGate gate;
    gate.set_hosts({{"LocalHost", 11434}, {"[::1]", 8080}});
    auto const loopback = asio::ip::make_address("127.0.0.1");
    EXPECT_TRUE(gate.allows("localhost", 11434, loopback));
    EXPECT_TRUE(gate.allows("LOCALHOST", 11434, loopback));
    EXPECT_TRUE(gate.allows("::1", 8080, asio::ip::make_address("::1")));
    EXPECT_FALSE(gate.allows("localhost", 11435, loopback));
    EXPECT_FALSE(gate.allows("localhost.", 11434, loopback));
    EXPECT_FALSE(gate.allows("127.0.0.1", 11434, loopback));
    gate.set_hosts({});
    EXPECT_FALSE(gate.allows("localhost", 11434, loopback));
}

/// URLs that lead, or pretend to lead elsewhere but lead, to this machine or to a network that is
/// not public; `port` is where a listener waits for the first mistake.
std::vector<std::string> hostile_urls(std::uint16_t port) {
    std::vector<std::string> const hosts = {
        // loopback and unspecified, spelled in every way that some parser understands
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.127.127.127",
        "127.255.255.254",
        "0",
        "0.0.0.0",
        "0.0",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "0x7f.0x0.0x0.0x1",
        "0177.0.0.1",
        "0177.1",
        "017700000001",
        "00000177.1",
        "127.0.0.01",
        "127.0.0.1.",
        "127.0.0.0x1",
        "4294967295",
        "0x7f.0.1",
        "0300.0250.1.1",
        "3232235777",
        "0xc0a80101",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "ip6-localhost",
        "ip6-loopback",
        "%6c%6f%63%61%6c%68%6f%73%74",
        "127%2e0%2e0%2e1",
        "127.0.0.1%00",
        "127.0.0.1%20",
        "127.0.0.1%09",
        "localhost%00.example.com",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[0000::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[::ffff:0:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::127.0.0.1]",
        "[2002:7f00:1::]",
        "[2002:7f00:0001::1]",
        "[2001:0:7f00:1::]",
        "[::1%25lo]",
        "[::1%lo]",
        "[::1%251]",
        "[v1.::1]",
        "[127.0.0.1]",
        "[localhost]",
        "[]",
        "[::1",
        "::1]",
        "[[::1]]",
        "[::1]]",
        // metadata services and container credentials
        "169.254.169.254",
        "169.254.169.254.",
        "169.254.43518",
        "169.16689662",
        "2852039166",
        "0xa9fea9fe",
        "0xA9.0xFE.0xA9.0xFE",
        "0251.0376.0251.0376",
        "0251.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "[fd00:ec2::254]",
        "[fd00:ec2::23]",
        "[fe80::a9fe:a9fe]",
        "100.100.100.200",
        "192.0.0.192",
        // private and special networks
        "10.0.0.1",
        "10.1",
        "0xa.1",
        "012.1",
        "167772161",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.0.1",
        "192.168.1",
        "0xC0A80001",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "240.0.0.1",
        "[fc00::1]",
        "[fdff::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[ff01::1]",
        "[2001:db8::1]",
        "[100::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:192.168.1.1]",
        "[2002:c0a8:101::1]",
        "[64:ff9b::c0a8:101]",
        "[5f00::1]",
        "[3fff::1]",
        // look-alikes
        "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1",
        "127\xE3\x80\x82"
        "0\xE3\x80\x82"
        "0\xE3\x80\x82"
        "1",
        "\xE2\x93\x9B\xE2\x93\x9E\xE2\x93\x92"
        "alhost",
        "loc\xC3\xA0"
        "lhost",
        "127.0.0.1\xE2\x80\x8B",
        "xn--localhost-.",
        "127.0.0.1\\example.com",
        "example.com\\@127.0.0.1",
        "",
        ".",
        "..",
        "-",
        "_",
        "*",
        "a b",
        "127.0.0.1 ",
        " 127.0.0.1",
        "127.0.0.1\t",
        "127.0.0.1\r\n",
        "127.0.0.1\n.example.com",
        "$(hostname)",
        "{127.0.0.1}",
        "127.0.0.1,example.com",
        "127.0.0.1;example.com",
        "127.0.0.1'",
        "\"",
        "<script>",
        "a|b",
        "a^b",
        "a`b`",
        "!",
        "~",
        "127.0.0.1!",
    };
    std::vector<std::string> urls;
    for (auto const& host : hosts) {
        urls.push_back(fmt::format("http://{}:{}/", host, port));
        urls.push_back(fmt::format("https://{}:{}/latest/meta-data/", host, port));
        urls.push_back(fmt::format("HTTP://{}:{}?x", host, port));
    }
    for (std::string const text : {"http://user@127.0.0.1:{}/",
                                   "http://user:pass@127.0.0.1:{}/",
                                   "http://:@127.0.0.1:{}/",
                                   "http://@127.0.0.1:{}/",
                                   "http://example.com@127.0.0.1:{}/",
                                   "http://127.0.0.1:{}@example.com/",
                                   "http://example.com#@127.0.0.1:{}/",
                                   "http://example.com\\@127.0.0.1:{}/",
                                   "http:\\\\127.0.0.1:{}/",
                                   "http:/127.0.0.1:{}/",
                                   "http:127.0.0.1:{}/",
                                   "http:///127.0.0.1:{}/",
                                   "http:////127.0.0.1:{}/",
                                   "//127.0.0.1:{}/",
                                   "/127.0.0.1:{}/",
                                   "127.0.0.1:{}",
                                   "http//127.0.0.1:{}",
                                   "http://127.0.0.1:{}#",
                                   "http://127.0.0.1:{}/#f",
                                   "http://127.0.0.1:{}\r\nHost: x",
                                   "http://127.0.0.1:{}/ HTTP/1.1\r\n\r\nGET /x",
                                   "http://127.0.0.1:{}/\r\n",
                                   " http://127.0.0.1:{}/",
                                   "\thttp://127.0.0.1:{}/",
                                   "http ://127.0.0.1:{}/",
                                   "ht\ntp://127.0.0.1:{}/",
                                   "file:///etc/passwd?{}",
                                   "file://127.0.0.1:{}/etc/passwd",
                                   "gopher://127.0.0.1:{}/_x",
                                   "dict://127.0.0.1:{}/x",
                                   "ftp://127.0.0.1:{}/",
                                   "ldap://127.0.0.1:{}/",
                                   "unix:/run/x.sock:{}",
                                   "ws://127.0.0.1:{}/",
                                   "data:text/plain,{}",
                                   "javascript:alert({})",
                                   "jar:http://127.0.0.1:{}!/",
                                   "netdoc://127.0.0.1:{}/",
                                   "tftp://127.0.0.1:{}/",
                                   "blob:http://127.0.0.1:{}/",
                                   "view-source:http://127.0.0.1:{}/",
                                   "http://127.0.0.1:0{}a/",
                                   "http://127.0.0.1:+{}/",
                                   "http://127.0.0.1:-{}/",
                                   "http://127.0.0.1: {}/",
                                   "http://127.0.0.1:{}:80/",
                                   "http://127.0.0.1:99999{}/",
                                   "http://127.0.0.1:0/{}",
                                   "http://127.0.0.1:/{}",
                                   "http://127.0.0.1:%31{}/",
                                   "a:?{}",
                                   "http:?{}",
                                   "https:#{}",
                                   "http:{}",
                                   "http://?{}",
                                   "http://#{}",
                                   "http://:{}/",
                                   "https://[::1]:{}x/"}) {
        urls.push_back(fmt::format(fmt::runtime(text), port));
    }
    urls.push_back("");
    urls.push_back(std::string("http://127.0.0.1\0.example.com/", 30));
    urls.push_back("http://127.0.0.1/" + std::string(9000, 'a'));
    return urls;
}

TEST_F(ClientTest, ConnectsToNothingForHostileUrls) {
    ScriptedServer sink([](Peer&) {});
    ConfiguredHostsGate const closed;
    Client guarded(closed, {}, log);
    auto const urls = hostile_urls(sink.port());
    ASSERT_GE(urls.size(), 300u);
    for (auto const& url : urls) {
        Outcome outcome;
        OutboundRequest request;
        request.url = url;
        request.deadlines.connect = std::chrono::seconds(2);
        loops.run(call_into(guarded, std::move(request), outcome));
        ASSERT_TRUE(outcome.error.has_value()) << url;
        bool const refused = outcome.code() == Errc::invalid_argument ||
                             outcome.code() == Errc::forbidden || outcome.reason() == "resolve";
        EXPECT_TRUE(refused) << url << ": " << outcome.error->message;
    }
    EXPECT_EQ(sink.connections(), 0);
}

TEST(Url, IsTakenApartAsItStands) {
    auto url = parse_url("HTTPS://API.Example.com:8443/v1/%E4%BC%9A?a=b&c").value();
    EXPECT_EQ(url, (Url{Scheme::https, "api.example.com", 8443, "api.example.com:8443",
                        "/v1/%E4%BC%9A?a=b&c"}));
    EXPECT_EQ(parse_url("http://x").value(), (Url{Scheme::http, "x", 80, "x", "/"}));
    EXPECT_EQ(parse_url("http://x?q").value().target, "/?q");
    EXPECT_EQ(parse_url("https://x:443/").value().authority, "x");
    for (auto const* text : {"http://127.0.0.1.example.com/", "http://10.0.0.1x"}) {
        EXPECT_FALSE(parse_url(text)) << text << ": not the address that it begins with";
    }
    EXPECT_EQ(parse_url("http://[2001:DB8::1]:80/").value(),
              (Url{Scheme::http, "2001:db8::1", 80, "[2001:db8::1]", "/"}));
    EXPECT_EQ(parse_url("http://bucket_a.s3.amazonaws.com/a//../b").value().target, "/a//../b")
        << "paths are sent as they are";
}

}  // namespace
}  // namespace kaiwa::http
