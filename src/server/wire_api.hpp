#pragma once

#include "api/services.hpp"
#include "base/replaceable.hpp"
#include "chat/prompt_builder.hpp"
#include "http/router.hpp"
#include "server/settings.hpp"
#include "server/wire_auth.hpp"
#include "server/wire_models.hpp"
#include "server/wire_store.hpp"

#include <memory>

namespace kaiwa::server {

/// The program's version, e.g. "0.1.0".
[[nodiscard]] std::string_view version();

/// What the routes tell of the configuration.
[[nodiscard]] Result<std::shared_ptr<api::Settings const>> api_settings(Settings const& settings);

/// The prompts of the present configuration.
[[nodiscard]] std::shared_ptr<chat::PromptBuilder const> make_prompts(Stores& stores,
                                                                      chat::RecentBranches& recent,
                                                                      Settings const& settings);

/// Adds what the program itself can count.
void add_program_metrics(api::Metrics& metrics, chat::TurnService& turns);

}  // namespace kaiwa::server
