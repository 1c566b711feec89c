// A URL that is accepted means what its parts say, and nothing more.
#include "fuzz_input.hpp"
#include "http/url.hpp"

using kaiwa::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    auto const url = kaiwa::http::parse_url(input.rest());
    if (!url) return 0;

    require(!url->host.empty() && url->port != 0);
    require(url->host.find_first_of("@/\\?#% []\r\n") == std::string::npos);
    require(url->target.starts_with('/'));
    require(url->target.find_first_of(" \r\n#") == std::string::npos);
    auto const scheme = url->scheme == kaiwa::http::Scheme::https ? "https://" : "http://";
    auto const again = kaiwa::http::parse_url(scheme + url->authority + url->target);
    require(again.has_value() && *again == *url);
    return 0;
}
