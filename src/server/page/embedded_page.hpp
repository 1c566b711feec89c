#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace kaiwa::server {

/// One file of the page as the program carries it.
struct EmbeddedFile {
    enum class Encoding { identity, brotli };

    std::string_view path;  ///< "/index.html".
    std::string_view media_type;
    std::string_view etag;  ///< With its quotes.
    std::string_view body;  ///< Encoded.
    std::size_t size = 0;   ///< Decoded.
    Encoding encoding = Encoding::identity;
};

/// All files, sorted by path.
[[nodiscard]] std::span<EmbeddedFile const> embedded_files();

}  // namespace kaiwa::server
