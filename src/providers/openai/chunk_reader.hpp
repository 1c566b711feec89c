#pragma once

#include "providers/common/repeated_form.hpp"
#include "providers/openai/chunk.hpp"

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// Reads the chunks of one answer, each as `read_chunk()` would, but those quickly that repeat the
/// form of an earlier one.
class ChunkReader {
public:
    /// False when `json` is no JSON object.
    bool read(std::string_view json);

    [[nodiscard]] Chunk& chunk() { return chunk_; }

private:
    void learn(std::string_view json);

    Chunk chunk_;
    RepeatedForm form_;
    std::string Chunk::* words_ = &Chunk::text;  // which of them the form's string gives
};

}  // namespace kaiwa::providers
