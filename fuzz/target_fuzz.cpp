// A decoded path is valid, has no parent segment, and encodes back to itself.
#include "base/utf8.hpp"
#include "fuzz_input.hpp"
#include "http/target.hpp"

using kaiwa::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    auto const target = kaiwa::http::parse_target(input.rest());
    if (target) {
        require(target->path.starts_with('/'));
        require(kaiwa::is_valid_utf8(target->path) && !target->path.contains('\0'));
        require(!(target->path + "/").contains("/../"));
        auto const again = kaiwa::http::percent_decode(kaiwa::http::percent_encode(target->path));
        require(again.has_value() && *again == target->path);
        for (auto const& [name, value] : target->query) {
            require(kaiwa::is_valid_utf8(name) && kaiwa::is_valid_utf8(value));
        }
    }
    return 0;
}
