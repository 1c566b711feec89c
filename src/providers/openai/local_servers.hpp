#pragma once

#include "base/log.hpp"
#include "base/spawn.hpp"
#include "http/transport.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::providers {

/// A model server that runs on this machine (or where `OLLAMA_HOST` points).
struct FoundServer {
    std::string label;     ///< "Ollama", "llama.cpp", "vLLM" or "LM Studio".
    std::string base_url;  ///< For a provider of kind "openai".
    std::vector<std::string> models;
};

/// The addresses that are looked at: Ollama's, and the usual ports of the others on loopback.
/// `ollama_host` is the value of that variable, or empty; `own_port` is where we listen ourselves.
[[nodiscard]] std::vector<std::string> local_places(std::string_view ollama_host,
                                                    std::uint16_t own_port);

/// Looks at all places at once, at most about two seconds. The outbound gate must allow them.
asio::awaitable<std::vector<FoundServer>> find_local_servers(http::Transport& transport,
                                                             std::vector<std::string> places,
                                                             Log& log);

}  // namespace kaiwa::providers
