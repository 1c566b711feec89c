// Whatever is accepted as JSON survives being written and read again.
#include "base/json.hpp"
#include "fuzz_input.hpp"

using kaiwa::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    auto const value = kaiwa::parse_json(input.rest());
    if (!value) return 0;

    auto const again = kaiwa::parse_json(kaiwa::json::serialize(*value));
    require(again.has_value());
    kaiwa::JsonFields fields(*value, "the input");
    static_cast<void>(fields.optional_string("a", {.max_bytes = 10}));
    static_cast<void>(fields.optional_integer("b", -5, 5));
    static_cast<void>(fields.optional_number("c", {}));
    static_cast<void>(fields.strings("d", 3, {}));
    static_cast<void>(fields.finish());
    if (auto const* text = value->if_string()) {
        std::string quoted;
        kaiwa::append_json_string(quoted, std::string_view(*text));
        auto const read = kaiwa::parse_json(quoted);
        require(read.has_value() && *read == *value);
    }
    return 0;
}
