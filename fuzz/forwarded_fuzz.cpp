// An untrusted peer is itself whatever it claims; a trusted one never breaks the walk.
#include "fuzz_input.hpp"
#include "http/forwarded.hpp"

#include <array>

using namespace kaiwa::http;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    static constexpr std::array<char const*, 5> names = {
        "X-Forwarded-For", "x-forwarded-for", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"};
    Headers headers;
    auto rest = input.rest();
    for (std::size_t i = 0; !rest.empty(); ++i) {
        auto const end = std::min(rest.find('\n'), rest.size());
        headers.add(names[i % names.size()], std::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    static std::vector<AddressRange> const trusted = {AddressRange::parse("10.0.0.0/8").value(),
                                                      AddressRange::parse("fd00::/8").value()};
    auto const proxy = kaiwa::asio::ip::make_address("10.0.0.1");
    auto const stranger = kaiwa::asio::ip::make_address("192.0.2.1");

    static_cast<void>(find_asker(headers, proxy, trusted));
    auto const asker = find_asker(headers, stranger, trusted);
    kaiwa::fuzz::require(asker.address == stranger && !asker.secure && !asker.host);
    auto const range = AddressRange::parse(input.rest());
    if (range) kaiwa::fuzz::require(range->contains(range->address));
    return 0;
}
