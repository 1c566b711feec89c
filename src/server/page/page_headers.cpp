#include "server/page/page_headers.hpp"

namespace kaiwa::server {
namespace {

constexpr std::string_view page_policy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Diagrams are drawn in a sandboxed frame that may use inline styles and no network.
constexpr std::string_view diagram_frame = "/mermaid-frame.html";
constexpr std::string_view diagram_policy =
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'";

bool has_extension(std::string_view path) {
    return path.substr(path.rfind('/') + 1).contains('.');
}

}  // namespace

std::optional<std::string> page_file(std::string_view path, FileState state) {
    if (path == "/") return "/index.html";
    if (state == FileState::exists) return std::string(path);
    for (std::string_view const program : {"/api/", "/v1/"})
        if (path.starts_with(program) || path == program.substr(0, program.size() - 1))
            return std::nullopt;
    if (has_extension(path)) return std::nullopt;
    return "/index.html";
}

http::Headers page_headers(std::string_view file, std::string_view media_type,
                           std::string_view etag) {
    auto const is_asset = file.starts_with("/assets/");
    http::Headers headers{
        {"Content-Type", std::string(media_type)},
        {"ETag", std::string(etag)},
        {"Vary", "Accept-Encoding"},
        {"Cache-Control", is_asset ? "public, max-age=31536000, immutable" : "no-cache"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy",
         "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), "
         "display-capture=(), browsing-topics=()"},
        {"Content-Security-Policy",
         std::string(file == diagram_frame ? diagram_policy : page_policy)}};
    // The diagram's frame has an origin of its own and still loads our scripts.
    if (is_asset) headers.add("Access-Control-Allow-Origin", "*");
    return headers;
}

}  // namespace kaiwa::server
