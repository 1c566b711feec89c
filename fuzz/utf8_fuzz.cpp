// Repaired text is valid, valid text is left alone, and a cut never breaks a code point.
#include "base/utf8.hpp"
#include "fuzz_input.hpp"

using kaiwa::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const cut = input.below(64);
    auto const text = input.rest();
    auto const repaired = kaiwa::replace_invalid_utf8(std::string(text));
    require(kaiwa::is_valid_utf8(repaired));
    require(!kaiwa::is_valid_utf8(text) || repaired == text);

    auto const prefix = kaiwa::utf8_prefix(repaired, cut);
    require(prefix.size() <= cut && kaiwa::is_valid_utf8(prefix));
    auto const first = kaiwa::utf8_first(repaired, cut);
    require(kaiwa::is_valid_utf8(first) && kaiwa::count_code_points(first) <= cut);
    auto const unfinished = kaiwa::unfinished_utf8_suffix(text);
    require(unfinished <= 3 && unfinished <= text.size());
    if (kaiwa::is_valid_utf8(text)) {
        auto const half = text.substr(0, text.size() / 2);
        auto const whole = half.substr(0, half.size() - kaiwa::unfinished_utf8_suffix(half));
        require(kaiwa::is_valid_utf8(whole));
    }
    return 0;
}
