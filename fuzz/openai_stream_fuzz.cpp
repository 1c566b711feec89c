// An answer means the same however its bytes are cut, and is well-formed text that ends once.
// The input is the body as it is, so that the recordings are its corpus.
#include "base/utf8.hpp"
#include "fuzz_input.hpp"
#include "providers/openai/decoder.hpp"
#include "tests/support/answers.hpp"

#include <functional>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace kaiwa;
    std::string_view const body(reinterpret_cast<char const*>(data), size);
    auto const seed = std::hash<std::string_view>{}(body);
    auto const cut = body.empty() ? 0 : seed / 3 % body.size();
    auto const thinking = providers::ThinkSplitter::Start(seed % 3);
    auto const make = [&] { return std::make_unique<providers::OpenAiDecoder>(thinking); };

    auto const whole = test::decoded(make, {body});
    fuzz::require(!whole.empty() && test::is_last(whole.back()));
    for (auto const& line : whole) fuzz::require(is_valid_utf8(line));
    fuzz::require(test::decoded(make, {body.substr(0, cut), body.substr(cut)}) == whole);
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < body.size(); ++i) bytes.push_back(body.substr(i, 1));
    fuzz::require(test::decoded(make, bytes) == whole);
    return 0;
}
