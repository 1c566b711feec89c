// Frames and close reasons of any bytes are read within bounds.
#include "base/utf8.hpp"
#include "fuzz_input.hpp"
#include "http/websocket_frames.hpp"

using namespace kaiwa::http;
using kaiwa::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    auto bytes = input.rest();
    for (;;) {
        auto const head = parse_frame_head(bytes);
        if (!head || !*head) break;
        require((*head)->size <= bytes.size() && (*head)->length >> 63 == 0);
        require(!(*head)->is_control() || ((*head)->final && (*head)->length <= 125));
        bytes.remove_prefix((*head)->size);
        if ((*head)->length > bytes.size()) break;
        bytes.remove_prefix(static_cast<std::size_t>((*head)->length));
    }
    auto const reason = parse_close(input.rest());
    if (reason && !input.rest().empty()) {
        require(kaiwa::is_valid_utf8(reason->text));
        auto const again = parse_close(close_payload(reason->code, reason->text));
        require(again.has_value() && again->code == reason->code);
        require(reason->text.starts_with(again->text));
    }
    return 0;
}
