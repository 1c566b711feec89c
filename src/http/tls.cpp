#include "http/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace kaiwa::http {

namespace {

// OpenSSL's own socket BIO raises SIGPIPE when the peer is gone; this one does not.

int socket_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio)));
}

int finish(BIO* bio, ssize_t moved, int retry_flag) {
    BIO_clear_retry_flags(bio);
    if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        ::BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
    }
    return static_cast<int>(moved);
}

int bio_write(BIO* bio, char const* bytes, int size) {
    auto const sent =
        ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
    return finish(bio, sent, BIO_FLAGS_WRITE);
}

int bio_read(BIO* bio, char* bytes, int size) {
    auto const got = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT);
    return finish(bio, got, BIO_FLAGS_READ);
}

long bio_control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// The oldest error that OpenSSL queued on this thread, in its words.
std::string queued_error() {
    auto const code = ::ERR_get_error();
    if (code == 0) return "the connection ended";
    char const* const reason = ::ERR_reason_error_string(code);
    return reason ? reason : fmt::format("error {}", code);
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::make(std::string const& ca_file) {
    auto* const context = ::SSL_CTX_new(::TLS_client_method());
    auto* const method =
        ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kaiwa socket");
    std::shared_ptr<TlsContext> made(new TlsContext(context, method));
    if (!context || !method) return fail(Errc::unavailable, "TLS cannot be set up", "tls");

    ::BIO_meth_set_write(method, bio_write);
    ::BIO_meth_set_read(method, bio_read);
    ::BIO_meth_set_ctrl(method, bio_control);
    ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    ::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ::SSL_CTX_set_default_verify_paths(context);
    if (!ca_file.empty() &&
        ::SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
        ::ERR_clear_error();
        return fail(Errc::unavailable,
                    fmt::format("{} has no certificates to trust; give a PEM file", ca_file),
                    "tls");
    }
    return made;
}

TlsContext::~TlsContext() {
    ::SSL_CTX_free(context_);
    ::BIO_meth_free(method_);
}

Result<TlsSession> TlsContext::start(int socket, std::string const& host) {
    TlsSession session(::SSL_new(context_));
    auto* const ssl = session.ssl_.get();
    auto* const bio = ssl ? ::BIO_new(method_) : nullptr;
    if (!bio) return fail(Errc::unavailable, "a TLS session cannot be set up", "tls");
    ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    ::BIO_set_init(bio, 1);
    ::SSL_set_bio(ssl, bio, bio);
    ::SSL_set_connect_state(ssl);

    static constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    ::SSL_set_alpn_protos(ssl, protocols, sizeof protocols);
    bool checked = false;
    if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), host.c_str()) == 1) {
        checked = true;  // an address has no server name indication (RFC 6066, 3)
    } else {
        ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        checked = ::SSL_set1_host(ssl, host.c_str()) == 1 &&
                  SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    }
    ::ERR_clear_error();
    if (!checked) return fail(Errc::invalid_argument, "the host cannot be verified by TLS");
    return session;
}

IoResult TlsSession::outcome(int result, std::size_t bytes) {
    switch (::SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_NONE:
            return {IoState::done, bytes};
        case SSL_ERROR_WANT_READ:
            waits_for_writing_ = false;
            return {IoState::would_block, 0};
        case SSL_ERROR_WANT_WRITE:
            waits_for_writing_ = true;
            return {IoState::would_block, 0};
        case SSL_ERROR_ZERO_RETURN:
            return {IoState::ended, 0};
        default:
            break;
    }
    auto const verified = ::SSL_get_verify_result(ssl_.get());
    failure_ = verified == X509_V_OK ? queued_error() : ::X509_verify_cert_error_string(verified);
    ::ERR_clear_error();
    return {IoState::broken, 0};
}

IoResult TlsSession::handshake_now() {
    ::ERR_clear_error();
    return outcome(::SSL_do_handshake(ssl_.get()), 0);
}

IoResult TlsSession::receive_now(std::span<char> into) {
    ::ERR_clear_error();
    std::size_t got = 0;
    auto const result = ::SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    return outcome(result, got);
}

IoResult TlsSession::send_now(std::string_view bytes) {
    ::ERR_clear_error();
    std::size_t sent = 0;
    auto const result = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    return outcome(result, sent);
}

}  // namespace kaiwa::http
