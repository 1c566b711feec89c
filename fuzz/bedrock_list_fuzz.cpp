// Lists of models, vectors and reasoning to be shown again: any text is read, or said to be none.
#include "fuzz_input.hpp"
#include "providers/bedrock/embedding_form.hpp"
#include "providers/bedrock/model_list.hpp"
#include "providers/bedrock/replay.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace kaiwa;
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const models = providers::read_foundation_models(text);
    auto const page = providers::read_profiles(text);
    if (models && page) {
        for (auto const filter : {providers::ModelFilter::all, providers::ModelFilter::versioned}) {
            for (auto const& model : providers::merged_models(*models, page->profiles, filter))
                fuzz::require(!model.id.empty() && !model.name.empty());
        }
    }
    if (auto const vectors = providers::read_embeddings(text, 2))
        fuzz::require(vectors->vectors.size() == 2 &&
                      vectors->vectors[0].size() == vectors->vectors[1].size());
    auto const refusal = text.substr(0, size / 2);
    auto const refused = text.substr(size / 2);
    auto const shorter = providers::shorter_text(refusal, refused);
    fuzz::require(shorter == 0 || shorter < refused.size());
    auto const blocks = providers::read_replay(text);
    if (!blocks.empty())
        fuzz::require(providers::read_replay(providers::replay_payload(blocks)) == blocks);
    return 0;
}
