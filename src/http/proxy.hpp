#pragma once

#include "base/secret.hpp"
#include "http/server.hpp"
#include "http/url.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::http {

/// A proxy that outbound calls go through: https in a tunnel (CONNECT, RFC 9110, 9.3.6), http by
/// asking the proxy itself for the whole URL (RFC 9112, 3.2.2).
struct Proxy {
    std::string host;
    std::uint16_t port = 0;
    Secret authorization;  ///< Of `Proxy-Authorization`; empty: none.
};

/// Which calls go through which proxy, as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in
/// capitals or small letters (which win). A value.
///
/// A proxy is `http://[user:password@]host[:port]` or `host:port`. `NO_PROXY` is a list of names,
/// which stand for what is below them too, addresses, ranges such as 10.0.0.0/8, each perhaps with
/// `:port`, or `*`. This machine itself and link-local addresses are never reached by a proxy.
class Proxies {
public:
    using Variables = std::function<std::optional<std::string>(std::string_view name)>;

    /// None.
    Proxies() = default;
    /// Fails with `invalid_argument`, naming the variable, never its value.
    static Result<Proxies> read(Variables const& variables);

    /// The proxy of a call, or null. Lives as long as this.
    [[nodiscard]] Proxy const* find(Url const& url) const;

private:
    struct Exception {
        std::string name;                   ///< Empty: any.
        std::optional<AddressRange> range;  ///< Instead of a name.
        std::uint16_t port = 0;             ///< 0: any.
    };
    static Exception read_exception(std::string_view text);
    [[nodiscard]] bool is_exempt(Url const& url) const;

    std::optional<Proxy> for_https_;
    std::optional<Proxy> for_http_;
    std::vector<Exception> exceptions_;
};

}  // namespace kaiwa::http
