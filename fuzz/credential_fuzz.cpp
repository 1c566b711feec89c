// Who a request says it is, whether its Host is ours and whether our page sent it: a foreign name
// never passes, two credentials never do.
#include "api/guard.hpp"
#include "api/site.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using Kind = kaiwa::api::PresentedCredential::Kind;
    kaiwa::fuzz::Input input(data, size);
    auto const cut = input.below(input.rest().size() + 1);
    auto const bytes = input.rest();
    auto const first = bytes.substr(0, std::min(cut, bytes.size()));
    auto const second = bytes.substr(first.size());

    auto const site = kaiwa::api::Site::parse("https://chat.example.com").value();
    kaiwa::http::Request request;
    request.method = "POST";
    request.headers.add("Host", std::string(first));
    request.headers.add("Origin", std::string(second));
    if (site.allows_host(request)) {
        kaiwa::fuzz::require(kaiwa::api::is_loopback_name(first) || site.is_public(request));
        if (site.sent_by_page(request)) kaiwa::fuzz::require(second.contains("://"));
    }
    static_cast<void>(kaiwa::api::is_local(request));

    kaiwa::http::Request with_both;
    with_both.headers.add("Host", "chat.example.com");
    with_both.headers.add("Authorization", std::string(first));
    with_both.headers.add("Cookie", std::string(second));
    auto const found = kaiwa::api::find_credential(with_both, site);
    auto const cookie = with_both.cookie("__Host-kaiwa");
    if (cookie && !cookie->empty()) kaiwa::fuzz::require(!found);
    if (found) kaiwa::fuzz::require(found->kind == Kind::bearer);
    static_cast<void>(kaiwa::api::Site::parse(first));
    return 0;
}
