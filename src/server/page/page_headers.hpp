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

/// The header fields of a file of the page: what it is, how long it may be kept, and what the
/// browser may do with it. `host` is the request's Host field: whom the browser asked.
[[nodiscard]] http::Headers page_headers(std::string_view file, std::string_view media_type,
                                         std::string_view etag, std::string_view host);

}  // namespace kaiwa::server
