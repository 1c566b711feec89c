#include "http/client_fixture.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>

namespace kaiwa::http {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { ::EVP_PKEY_free(key); })>;
using Certificate = std::unique_ptr<X509, decltype([](X509* x) { ::X509_free(x); })>;
using ServerContext = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* c) { ::SSL_CTX_free(c); })>;
using ServerSession = std::unique_ptr<SSL, decltype([](SSL* s) { ::SSL_free(s); })>;

/// A certificate that signs itself, for the names in `san`, valid from yesterday for `days`.
Certificate make_certificate(EVP_PKEY* key, char const* san, int days) {
    Certificate made(::X509_new());
    ::X509_set_version(made.get(), 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(made.get()), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(made.get()), -86'400);
    ::X509_gmtime_adj(::X509_getm_notAfter(made.get()), 86'400L * days);
    ::X509_set_pubkey(made.get(), key);
    auto* const name = ::X509_get_subject_name(made.get());
    auto const* const text = reinterpret_cast<unsigned char const*>("a test");
    ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    ::X509_set_issuer_name(made.get(), name);
    for (auto const& [nid, value] : std::vector<std::pair<int, char const*>>{
             {NID_subject_alt_name, san}, {NID_basic_constraints, "critical,CA:TRUE"}}) {
        auto* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
        ::X509_add_ext(made.get(), extension, -1);
        ::X509_EXTENSION_free(extension);
    }
    ::X509_sign(made.get(), key, ::EVP_sha256());
    return made;
}

class TlsTest : public ClientTest {
protected:
    using Script = std::function<void(SSL*, Peer&)>;

    /// A server whose certificate is for `san`; `ca_file` trusts it.
    void serve(char const* san, Script script, int days = 1, int max_version = TLS1_3_VERSION) {
        key.reset(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
        auto const certificate = make_certificate(key.get(), san, days);
        context.reset(::SSL_CTX_new(::TLS_server_method()));
        ::SSL_CTX_use_certificate(context.get(), certificate.get());
        ::SSL_CTX_use_PrivateKey(context.get(), key.get());
        ::SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        ::SSL_CTX_set_max_proto_version(context.get(), max_version);
        ::SSL_CTX_set_security_level(context.get(), 0);
        ca_file =
            std::filesystem::temp_directory_path() / fmt::format("kaiwa-tls-{}.pem", ::getpid());
        auto* const file = ::fopen(ca_file.c_str(), "w");
        ::PEM_write_X509(file, certificate.get());
        ::fclose(file);

        server.emplace([this, script = std::move(script)](Peer& peer) {
            if (before_tls && !before_tls(peer)) return;
            ServerSession const session(::SSL_new(context.get()));
            ::SSL_set_fd(session.get(), peer.socket());
            if (::SSL_accept(session.get()) != 1) return;
            char const* const sni = ::SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
            name = sni ? sni : "";
            script(session.get(), peer);
        });
    }
    static std::string read_request(SSL* session) {
        std::string request;
        std::array<char, 4096> bytes;
        while (!request.contains("\r\n\r\n")) {
            auto const got = ::SSL_read(session, bytes.data(), static_cast<int>(bytes.size()));
            if (got <= 0) return {};
            request.append(bytes.data(), static_cast<std::size_t>(got));
        }
        return request;
    }
    static void send(SSL* session, std::string_view bytes) {
        ::SSL_write(session, bytes.data(), static_cast<int>(bytes.size()));
    }
    static void answer_all(SSL* session, Peer&) {
        while (!read_request(session).empty()) {
            send(session, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    }
    Outcome call_tls(std::string_view host) {
        ClientOptions options;
        options.ca_file = ca_file;
        if (!client) make_client(options);
        return get(fmt::format("https://{}:{}/", host, server->port()));
    }
    ~TlsTest() override {
        client.reset();
        server.reset();
        std::filesystem::remove(ca_file);
    }

    Key key;
    ServerContext context;
    std::filesystem::path ca_file;
    std::optional<ScriptedServer> server;
    std::function<bool(Peer&)> before_tls;
    std::string name;
};

/// A proxy that was asked what `asked` says and answers `answer`; then it is the server itself.
auto proxy_answering(std::string answer, std::string& asked) {
    return [answer = std::move(answer), &asked](Peer& peer) {
        asked = peer.read_request();
        peer.send(answer);
        return answer.contains(" 200 ");
    };
}

class ProxyTest : public TlsTest {
protected:
    Outcome call_by_proxy(std::string_view url, std::string_view user_info = "") {
        auto const text = fmt::format("http://{}127.0.0.1:{}", user_info, server->port());
        ClientOptions options;
        options.ca_file = ca_file;
        options.proxies =
            Proxies::read([&](std::string_view) { return std::optional(text); }).value();
        if (!client) make_client(options);
        return get(std::string(url));
    }
    std::string asked;
};

TEST_F(ProxyTest, GoesThroughATunnelToANameThatTheProxyResolvesAndKeepsIt) {
    before_tls = proxy_answering("HTTP/1.1 200 Connection established\r\n\r\n", asked);
    serve("DNS:far.test", answer_all);
    EXPECT_EQ(call_by_proxy("https://far.test/x", "ann:p%40ss@").body, "ok");
    EXPECT_EQ(asked,
              "CONNECT far.test:443 HTTP/1.1\r\nHost: far.test:443\r\n"
              "Proxy-Authorization: Basic YW5uOnBAc3M=\r\n\r\n");
    EXPECT_EQ(name, "far.test");
    EXPECT_EQ(call_by_proxy("https://far.test/y").body, "ok");
    EXPECT_EQ(server->connections(), 1);
    client.reset();
}

TEST_F(ProxyTest, ATunnelEndsAtTheServerWhoseCertificateItIs) {
    before_tls = proxy_answering("HTTP/1.1 200 OK\r\n\r\n", asked);
    serve("DNS:other.test", answer_all);
    EXPECT_EQ(call_by_proxy("https://far.test/").reason(), "tls");
}

TEST_F(ProxyTest, SaysWhatTheProxyRefused) {
    for (auto const& [answer, words] : std::vector<std::pair<std::string, std::string>>{
             {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
              "wants a user name and a password (407)"},
             {"HTTP/1.1 403 Forbidden\r\n\r\n", "lets nobody through to far.test:443"},
             {"nonsense\r\n\r\n", "does not speak HTTP"},
             {std::string(20'000, 'x'), "does not speak HTTP"},
             {"", "ended the connection"}}) {
        before_tls = proxy_answering(answer, asked);
        serve("DNS:far.test", answer_all);
        auto const outcome = call_by_proxy("https://far.test/", "ann:canary@");
        EXPECT_EQ(outcome.reason(), "connect") << answer.substr(0, 30);
        EXPECT_TRUE(outcome.error && outcome.error->message.contains(words)) << words;
        EXPECT_FALSE(outcome.error && outcome.error->message.contains("canary"));
        client.reset();
        server.reset();
    }
}

TEST_F(ProxyTest, IsAskedForTheWholeUrlOfPlainHttp) {
    server.emplace([this](Peer& peer) {
        asked = peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    EXPECT_EQ(call_by_proxy("http://far.test:81/x?y", "a:b@").body, "ok");
    EXPECT_TRUE(
        asked.starts_with("GET http://far.test:81/x?y HTTP/1.1\r\nHost: far.test:81\r\n"
                          "Proxy-Authorization: Basic YTpi\r\n"))
        << asked;
    client.reset();
}

TEST_F(ProxyTest, CarriesNoCallToAnAddressThatTheGateRefuses) {
    serve("DNS:far.test", answer_all);
    gate.closed = true;
    EXPECT_EQ(call_by_proxy("https://10.0.0.1/").code(), Errc::forbidden);
    EXPECT_EQ(server->connections(), 0);
}

TEST_F(TlsTest, VerifiesTheNameSendsItAndKeepsTheConnection) {
    serve("DNS:localhost", answer_all);
    EXPECT_EQ(call_tls("localhost").body, "ok");
    EXPECT_EQ(call_tls("localhost").body, "ok");
    EXPECT_EQ(server->connections(), 1);
    EXPECT_EQ(name, "localhost");
    client.reset();
}

TEST_F(TlsTest, VerifiesAnAddressWithoutSendingItAsAName) {
    serve("IP:127.0.0.1", answer_all);
    EXPECT_EQ(call_tls("127.0.0.1").body, "ok");
    EXPECT_EQ(name, "");
    client.reset();
}

TEST_F(TlsTest, RefusesACertificateForAnotherHost) {
    serve("DNS:example.com", answer_all);
    auto const outcome = call_tls("localhost");
    EXPECT_EQ(outcome.code(), Errc::unavailable);
    EXPECT_EQ(outcome.reason(), "tls");
    EXPECT_TRUE(outcome.error->message.contains("mismatch")) << outcome.error->message;
}

TEST_F(TlsTest, RefusesACertificateThatNobodyTrusts) {
    serve("DNS:localhost", answer_all);
    make_client({});
    auto const outcome = get(fmt::format("https://localhost:{}/", server->port()));
    EXPECT_EQ(outcome.reason(), "tls");
}

TEST_F(TlsTest, RefusesACertificateWhoseTimeIsOver) {
    serve("DNS:localhost", answer_all, 0);
    auto const outcome = call_tls("localhost");
    EXPECT_EQ(outcome.reason(), "tls");
    EXPECT_TRUE(outcome.error->message.contains("expired")) << outcome.error->message;
}

TEST_F(TlsTest, RefusesOldVersions) {
    serve("DNS:localhost", answer_all, 1, TLS1_1_VERSION);
    EXPECT_EQ(call_tls("localhost").reason(), "tls");
}

TEST_F(TlsTest, SaysThatAPlainServerSpeaksNoTls) {
    ScriptedServer plain([](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    EXPECT_EQ(get(fmt::format("https://localhost:{}/", plain.port())).reason(), "tls");
}

TEST_F(TlsTest, SaysThatTheFileOfRootsIsWrong) {
    make_client({.ca_file = "/no/such/file.pem"});
    ScriptedServer plain([](Peer&) {});
    auto const outcome = get(fmt::format("https://localhost:{}/", plain.port()));
    EXPECT_EQ(outcome.reason(), "tls");
    EXPECT_TRUE(outcome.error->message.contains("/no/such/file.pem"));
}

TEST_F(TlsTest, TakesABodyUntilCloseForWholeOnlyWhenTheServerSaidGoodbye) {
    serve("DNS:localhost", [](SSL* session, Peer&) {
        read_request(session);
        send(session, "HTTP/1.1 200 OK\r\n\r\nwhole");
        ::SSL_shutdown(session);
    });
    EXPECT_EQ(call_tls("localhost").body, "whole");
    EXPECT_FALSE(call_tls("localhost").error.has_value());
    client.reset();
    server.reset();

    serve("DNS:localhost", [](SSL* session, Peer&) {
        read_request(session);
        send(session, "HTTP/1.1 200 OK\r\n\r\nhalf");
    });
    auto const cut = call_tls("localhost");
    EXPECT_EQ(cut.body, "half");
    EXPECT_EQ(cut.reason(), "broken");
}

TEST_F(TlsTest, CarriesLargeBodiesBothWays) {
    std::string const large(3'000'000, 'x');
    serve("DNS:localhost", [&](SSL* session, Peer&) {
        std::string request = read_request(session);
        std::array<char, 65536> bytes;
        while (request.size() < large.size()) {
            auto const got = ::SSL_read(session, bytes.data(), static_cast<int>(bytes.size()));
            if (got <= 0) return;
            request.append(bytes.data(), static_cast<std::size_t>(got));
        }
        send(session, fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", large.size()));
        send(session, large);
    });
    make_client({.ca_file = ca_file});
    OutboundRequest put;
    put.method = "PUT";
    put.url = fmt::format("https://localhost:{}/", server->port());
    put.body = large;
    EXPECT_EQ(call(put).body, large);
}

}  // namespace
}  // namespace kaiwa::http
