// Cookies, Accept and parameters are found in whatever a client sends.
#include "fuzz_input.hpp"
#include "http/message.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const cut = input.below(input.rest().size() + 1);
    auto const bytes = input.rest();
    auto const first = bytes.substr(0, std::min(cut, bytes.size()));
    auto const second = bytes.substr(first.size());

    kaiwa::http::Request request;
    for (auto const value : {first, second}) {
        request.headers.add("Cookie", std::string(value));
        request.headers.add("Accept", std::string(value));
    }
    auto const session = request.cookie("__Host-session");
    if (session) kaiwa::fuzz::require(!session->contains(';'));
    static_cast<void>(request.cookie(first));
    static_cast<void>(request.accept_weight("text/event-stream"));
    static_cast<void>(request.accept_weight(second));
    static_cast<void>(request.parameter(first));
    return 0;
}
