#include "server/page/page_headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace kaiwa::server {
namespace {

constexpr std::string_view page_policy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

constexpr std::string_view diagram_frame = "/mermaid-frame.html";

/// A host name or IPv4 address and perhaps a port, as a policy can name it (CSP 3, 2.3.1).
bool is_host_source(std::string_view host) {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
    return !host.empty() && host.find_first_not_of(letters) == host.npos;
}

/// Diagrams are drawn in a sandboxed frame that may use inline styles and no network. The frame has
/// no origin, and in WebKit 'self' is then nobody: our scripts are named by our host as well, whose
/// http:// stands for https, too.
std::string diagram_policy(OwnHosts const& hosts) {
    std::string ours;
    std::vector<std::string_view> named;
    for (std::string_view const host : {hosts.asked, hosts.known, std::string_view(hosts.told)}) {
        if (!is_host_source(host) || std::ranges::find(named, host) != named.end()) continue;
        named.push_back(host);
        ours += fmt::format(" http://{}", host);
    }
    return fmt::format(
        "default-src 'none'; script-src 'self'{}; style-src 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'self'",
        ours);
}

bool has_extension(std::string_view path) {
    return path.substr(path.rfind('/') + 1).contains('.');
}

}  // namespace

std::string told_host(http::Request const& request) {
    bool const is_own_frame = request.headers.get("Sec-Fetch-Site") == "same-origin" &&
                              request.headers.get("Sec-Fetch-Dest") == "iframe";
    return std::string(is_own_frame ? request.parameter("host").value_or("") : "");
}

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
                           std::string_view etag, OwnHosts const& hosts) {
    auto const is_asset = file.starts_with("/assets/");
    auto const is_frame = file == diagram_frame;
    http::Headers headers{
        {"Content-Type", std::string(media_type)},
        {"ETag", std::string(etag)},
        {"Vary", is_frame ? "Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Dest" : "Accept-Encoding"},
        {"Cache-Control", is_asset ? "public, max-age=31536000, immutable" : "no-cache"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy",
         "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), "
         "display-capture=(), browsing-topics=()"},
        {"Content-Security-Policy",
         is_frame ? diagram_policy(hosts) : std::string(page_policy)}};
    // The diagram's frame has an origin of its own and still loads our scripts.
    if (is_asset) headers.add("Access-Control-Allow-Origin", "*");
    return headers;
}

}  // namespace kaiwa::server
