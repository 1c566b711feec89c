#pragma once

#include "http/socket_io.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace kaiwa::http {

struct SslDeleter {
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
};

/// One TLS session on a connected socket, which somebody else owns and closes. It works on the
/// socket directly and keeps no buffers while nothing arrives.
class TlsSession {
public:
    /// Goes on with the handshake: `done` when it is through.
    [[nodiscard]] IoResult handshake_now();
    [[nodiscard]] IoResult receive_now(std::span<char> into);
    [[nodiscard]] IoResult send_now(std::string_view bytes);

    /// What a call that would block waits for.
    [[nodiscard]] bool waits_for_writing() const { return waits_for_writing_; }
    /// Why the last call was `broken`.
    [[nodiscard]] std::string const& failure() const { return failure_; }

private:
    friend class TlsContext;
    explicit TlsSession(SSL* ssl) : ssl_(ssl) {}
    IoResult outcome(int result, std::size_t bytes);

    std::unique_ptr<SSL, SslDeleter> ssl_;
    bool waits_for_writing_ = false;
    std::string failure_;
};

/// What the TLS sessions of a client share: TLS 1.2 and up, the trusted roots. Thread-safe.
class TlsContext {
public:
    /// Trusts the system's roots and those in the file `ca_file`, unless that is empty.
    /// Fails with `unavailable`, reason "tls", when the file has none.
    static Result<std::shared_ptr<TlsContext>> make(std::string const& ca_file);
    ~TlsContext();
    TlsContext(TlsContext const&) = delete;
    TlsContext& operator=(TlsContext const&) = delete;

    /// A session that accepts only a certificate for `host`, a name or an address.
    [[nodiscard]] Result<TlsSession> start(int socket, std::string const& host);

private:
    TlsContext(SSL_CTX* context, BIO_METHOD* method) : context_(context), method_(method) {}

    SSL_CTX* context_;
    BIO_METHOD* method_;
};

}  // namespace kaiwa::http
