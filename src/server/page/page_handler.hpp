#pragma once

#include "http/router.hpp"

#include <filesystem>

namespace kaiwa::server {

/// Answers with the page: its files, and index.html for every path that the page itself routes.
/// Everything else fails with `not_found`.
[[nodiscard]] http::Handler embedded_page();

/// The same from a folder, read anew each time; for developing the page.
[[nodiscard]] http::Handler page_in_folder(std::filesystem::path folder);

}  // namespace kaiwa::server
