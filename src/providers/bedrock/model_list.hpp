#pragma once

#include "llm/chat_model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::providers {

/// A model of ListFoundationModels.
struct FoundationModel {
    std::string id;
    std::string name;
    bool writes_text = false;
    bool sees_images = false;
    bool on_demand = false;  ///< Can be called by its own id.
    bool streams = true;
    bool legacy = false;     ///< Its end is announced.
};

/// A profile of ListInferenceProfiles: a way to call a model, in one region or over several.
struct InferenceProfile {
    std::string id;  ///< What it is called by: the id, or the ARN of one that the account made.
    std::string name;
    std::vector<std::string> models;  ///< Ids of the models behind it.
};

struct ProfilePage {
    std::vector<InferenceProfile> profiles;
    std::string next;  ///< The token of the next page; empty at the end.
};

/// Read the answers; what is not as it should be is passed over. Nothing when it is not JSON.
[[nodiscard]] std::optional<std::vector<FoundationModel>> read_foundation_models(
    std::string_view body);
[[nodiscard]] std::optional<ProfilePage> read_profiles(std::string_view body);

/// Whether an id looks like a chat model's versioned id (`v\d+(?!.*\d[kK]$)`): "…-v1:0", but not a
/// variant for provisioned throughput such as "…-v1:0:48k".
[[nodiscard]] bool is_versioned_id(std::string_view id);

enum class ModelFilter {
    versioned,  ///< Models of their own only when `is_versioned_id()`; profiles always.
    all,
};

/// What can be talked to: profiles first, then models that can be called by their own id. What
/// writes no text is left out. A profile has the facts of the model behind it, which it is joined
/// with by the last part of `modelArn`: the rest of the ARN differs by region. Both remain, since a
/// profile may answer in another region than the model itself.
[[nodiscard]] std::vector<llm::ModelInfo> merged_models(
    std::vector<FoundationModel> const& models, std::vector<InferenceProfile> const& profiles,
    ModelFilter filter);

/// Tokens that a model's prompt and answer share, where it is known; `model` may be a profile or an
/// ARN.
[[nodiscard]] std::optional<std::int64_t> bedrock_window(std::string_view model);

}  // namespace kaiwa::providers
