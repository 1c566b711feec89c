#pragma once

#include "base/secret.hpp"
#include "server/settings.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace kaiwa::server {

/// The address to open in a browser on this machine.
[[nodiscard]] std::string local_url(boost::asio::ip::tcp::endpoint const& address);

/// Says on standard error, whatever the log's level, that the server is ready and where.
void announce_ready(Settings const& settings, boost::asio::ip::tcp::endpoint const& address);

/// Shows the one-time link that makes the first administrator. Its token is in the part of the
/// address that browsers keep to themselves.
void announce_setup(Settings const& settings, boost::asio::ip::tcp::endpoint const& address,
                    Secret const& token);

}  // namespace kaiwa::server
