// Ranges are read of whatever a client sends: what is given out lies within the file.
#include "api/byte_range.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const file_size = std::uint64_t{1} << input.below(64);
    auto const wanted = kaiwa::api::read_range(input.rest(), file_size);
    if (auto const* range = std::get_if<kaiwa::api::ByteRange>(&wanted)) {
        kaiwa::fuzz::require(range->first <= range->last && range->last < file_size);
        kaiwa::fuzz::require(range->length() >= 1 && range->length() <= file_size);
    }
    return 0;
}
