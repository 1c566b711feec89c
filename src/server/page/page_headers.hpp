#pragma once

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::server {

enum class FileState { exists, absent };

/// Which file of the page a path means: itself, "/index.html" for paths that the page routes, or
/// nothing (another program's path, or a file that is not there).
[[nodiscard]] std::optional<std::string> page_file(std::string_view path, FileState state);

/// Whom a browser may have asked, with a port where it needs one; each may be empty.
struct OwnHosts {
    std::string_view asked;   ///< The request's Host field.
    std::string_view known;   ///< Of the configured public address: a proxy may have another name.
    std::string told{};       ///< What the page has in the browser's address line: `told_host()`.
};

/// The `host` of the query, for a frame that our own page made: the browser itself says so, and no
/// link or other site can. Behind a proxy that hides its name nobody else knows it.
[[nodiscard]] std::string told_host(http::Request const& request);

/// The header fields of a file of the page: what it is, how long it may be kept, and what the
/// browser may do with it.
[[nodiscard]] http::Headers page_headers(std::string_view file, std::string_view media_type,
                                         std::string_view etag, OwnHosts const& hosts);

}  // namespace kaiwa::server
