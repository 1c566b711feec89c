#include "providers/openai/chunk_reader.hpp"

namespace kaiwa::providers {

bool ChunkReader::read(std::string_view json) {
    chunk_.clear();
    if (form_.read(json, chunk_.*words_)) return true;
    if (!read_chunk(json, chunk_)) return false;
    if (chunk_.has_words_alone() && !chunk_.literal.empty()) learn(json);
    return true;
}

void ChunkReader::learn(std::string_view json) {
    words_ = chunk_.text.empty() ? &Chunk::reasoning : &Chunk::text;
    form_.learn(json, chunk_.literal);
    std::string again;
    // Words that came in several pieces are more than those of the last piece.
    if (!form_.read(json, again) || again != chunk_.*words_) form_ = {};
}

}  // namespace kaiwa::providers
