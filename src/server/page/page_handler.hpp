#pragma once

#include "http/router.hpp"

#include <filesystem>
#include <string_view>

namespace kaiwa::server {

/// Answers with the page: its files, and index.html for every path that the page itself routes.
/// Everything else fails with `not_found`. `public_url` is where people reach it; it may be empty.
[[nodiscard]] http::Handler embedded_page(std::string_view public_url);

/// The same from a folder, read anew each time; for developing the page.
[[nodiscard]] http::Handler page_in_folder(std::filesystem::path folder,
                                           std::string_view public_url);

}  // namespace kaiwa::server
