// A chunk that is read by the form of the one before says what it says when it is read alone. The
// input is a chunk, a line feed, and what stands for its words in the second chunk.
#include "fuzz_input.hpp"
#include "providers/openai/chunk_reader.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace kaiwa;
    std::string_view const input(reinterpret_cast<char const*>(data), size);
    auto const first = input.substr(0, input.find('\n'));
    auto const other = input.substr(std::min(input.size(), first.size() + 1));

    providers::ChunkReader reader;
    if (!reader.read(first)) return 0;
    auto const literal = reader.chunk().literal;
    auto const at = literal.empty() ? 0 : static_cast<std::size_t>(literal.data() - first.data());
    std::string second(first);
    second.replace(at, literal.size(), other);

    providers::Chunk alone;
    auto const is_json = providers::read_chunk(second, alone);
    fuzz::require(reader.read(second) == is_json);
    if (!is_json) return 0;
    auto const& chunk = reader.chunk();
    fuzz::require(chunk.text == alone.text && chunk.reasoning == alone.reasoning);
    fuzz::require(chunk.finish == alone.finish && chunk.refused == alone.refused);
    fuzz::require(chunk.error == alone.error && chunk.tools.size() == alone.tools.size());
    fuzz::require(chunk.usage.has_value() == alone.usage.has_value());
    return 0;
}
