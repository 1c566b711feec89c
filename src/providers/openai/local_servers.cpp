#include "providers/openai/local_servers.hpp"

#include "base/json.hpp"
#include "base/task_group.hpp"
#include "providers/openai/model_list.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace kaiwa::providers {
namespace {

constexpr std::size_t max_bytes = std::size_t{1} << 20;

/// What an address answers, if it answers 200 quickly.
asio::awaitable<std::optional<std::string>> ask(http::Transport& transport, std::string url) {
    http::OutboundRequest request;
    request.url = std::move(url);
    request.deadlines.connect = std::chrono::milliseconds(500);
    request.deadlines.first_byte = std::chrono::milliseconds(1'000);
    request.deadlines.idle = std::chrono::milliseconds(500);
    request.deadlines.total = std::chrono::milliseconds(2'000);
    auto response = co_await transport.send(std::move(request));
    if (!response || (*response)->status() != 200) co_return std::nullopt;
    auto body = co_await (*response)->read_all(max_bytes);
    if (!body) co_return std::nullopt;
    co_return std::move(*body);
}

bool has_member(std::optional<std::string> const& body, std::string_view name) {
    auto const value = body ? parse_json(*body) : fail(Errc::not_found, "no answer");
    return value && value->is_object() && value->get_object().contains(name);
}

std::string label_of(std::string_view owner) {
    if (owner == "llamacpp") return "llama.cpp";
    if (owner == "vllm") return "vLLM";
    if (owner == "library") return "Ollama";
    if (owner == "organization_owner") return "LM Studio";
    return {};
}

asio::awaitable<std::optional<FoundServer>> look_at(http::Transport& transport, std::string root) {
    auto const listed = co_await ask(transport, root + "/v1/models");
    if (!listed) co_return std::nullopt;
    auto const list = read_model_list(*listed);
    if (!list) co_return std::nullopt;
    FoundServer found;
    found.base_url = root + "/v1";
    for (auto const& model : list->models) found.models.push_back(model.id);
    found.label = label_of(list->owner);
    if (found.label.empty()) {  // an Ollama without models, and older builds of llama.cpp
        auto const version = co_await ask(transport, root + "/api/version");
        if (has_member(version, "version")) found.label = "Ollama";
    }
    if (found.label.empty()) {
        auto const props = co_await ask(transport, root + "/props");
        if (has_member(props, "default_generation_settings")) found.label = "llama.cpp";
    }
    if (found.label.empty()) co_return std::nullopt;  // something else, perhaps one of ours
    co_return found;
}

/// Results of tasks that may outlive whoever waits for them.
struct Results {
    std::vector<std::optional<FoundServer>> servers;
};

asio::awaitable<void> look_and_note(http::Transport& transport, std::string root,
                                    std::shared_ptr<Results> results, std::size_t place) {
    results->servers[place] = co_await look_at(transport, std::move(root));
}

}  // namespace

std::vector<std::string> local_places(std::string_view ollama_host, std::uint16_t own_port) {
    std::string ollama(ollama_host);
    while (ollama.ends_with('/')) ollama.pop_back();
    if (!ollama.contains("://")) ollama.insert(0, "http://");
    auto const host_at = ollama.find("://") + 3;
    auto host = ollama.substr(host_at);
    if (host.empty() || host.starts_with(':')) host.insert(0, "127.0.0.1");
    // The address that a server binds to listen everywhere is reached on loopback.
    if (host.starts_with("0.0.0.0")) host.replace(0, 7, "127.0.0.1");
    if (auto const colon = host.rfind(':'); colon == host.npos || host.ends_with(']'))
        host += ":11434";

    std::vector<std::string> places = {ollama.substr(0, host_at) + host};
    for (int const port : {8080, 8081, 8000, 1234}) {
        if (port != own_port) places.push_back(fmt::format("http://127.0.0.1:{}", port));
    }
    return places;
}

asio::awaitable<std::vector<FoundServer>> find_local_servers(http::Transport& transport,
                                                             std::vector<std::string> places,
                                                             Log& log) {
    auto const loop = co_await asio::this_coro::executor;
    TaskGroup looks(loop, log);
    auto results = std::make_shared<Results>();
    results->servers.resize(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        looks.start("look_for_model_server",
                    look_and_note(transport, std::move(places[i]), results, i));
    }
    co_await looks.join(std::chrono::seconds(6));
    looks.stop();
    co_await looks.join(std::chrono::seconds(1));
    std::vector<FoundServer> found;
    for (auto& server : results->servers) {
        if (server) found.push_back(std::move(*server));
    }
    co_return found;
}

}  // namespace kaiwa::providers
