#pragma once

#include "http/message.hpp"
#include "http/server.hpp"

#include <optional>
#include <span>
#include <string>

namespace kaiwa::http {

/// Who asked, and how, once trusted proxies are taken into account.
struct Asker {
    asio::ip::address address;
    bool secure = false;              ///< Reached by https.
    bool forwarded = false;           ///< Some forwarding field is there, believed or not.
    std::optional<std::string> host;  ///< What the believed proxy says the client asked for.
};

/// Reads X-Forwarded-For, -Proto and -Host when `peer` is one of `trusted`: the client is the
/// right-most hop that is not trusted itself. A hop that is no address ends the walk, and the hop
/// before it counts.
[[nodiscard]] Asker find_asker(Headers const& headers, asio::ip::address peer,
                               std::span<AddressRange const> trusted);

/// The IPv4 address inside an IPv4-mapped IPv6 address; any other as it is.
[[nodiscard]] asio::ip::address unmapped(asio::ip::address address);

}  // namespace kaiwa::http
