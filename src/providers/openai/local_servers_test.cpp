#include "providers/openai/local_servers.hpp"

#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <map>

namespace kaiwa::providers {
namespace {

using Places = std::vector<std::string>;

TEST(LocalServers, LooksWhereOllamaHostPointsAndNeverAtItself) {
    EXPECT_EQ(local_places("", 8080), (Places{"http://127.0.0.1:11434", "http://127.0.0.1:8081",
                                              "http://127.0.0.1:8000", "http://127.0.0.1:1234"}));
    EXPECT_EQ(local_places("", 0).size(), 5u);
    EXPECT_EQ(local_places("0.0.0.0", 0).front(), "http://127.0.0.1:11434");
    EXPECT_EQ(local_places(":9", 0).front(), "http://127.0.0.1:9");
    EXPECT_EQ(local_places("box:11500", 0).front(), "http://box:11500");
    EXPECT_EQ(local_places("https://box/", 0).front(), "https://box:11434");
    EXPECT_EQ(local_places("[::1]", 0).front(), "http://[::1]:11434");
}

/// Answers by address.
class AddressedTransport final : public http::Transport {
public:
    std::map<std::string, std::string> bodies;
    asio::awaitable<Result<std::unique_ptr<http::InboundResponse>>> send(
        http::OutboundRequest request) override {
        auto const body = bodies.find(request.url);
        if (body == bodies.end()) co_return fail(Errc::unavailable, "refused", "connect");
        test::MemoryAnswer answer;
        answer.pieces.push_back(body->second);
        co_return std::make_unique<test::MemoryResponse>(std::move(answer));
    }
};

TEST(LocalServers, KnowsThemByWhatTheyAnswer) {
    AddressedTransport transport;
    NullLog log;
    transport.bodies = {
        {"http://o/v1/models", R"({"data":[{"id":"qwen3","owned_by":"library"}]})"},
        {"http://empty/v1/models", R"({"object":"list","data":null})"},
        {"http://empty/api/version", R"({"version":"0.12.0"})"},
        {"http://l/v1/models", R"({"data":[{"id":"g","owned_by":"llamacpp"}]})"},
        {"http://old/v1/models", R"({"data":[{"id":"g"}]})"},
        {"http://old/props", R"({"default_generation_settings":{"n_ctx":1}})"},
        {"http://other/v1/models", R"({"data":[{"id":"x","owned_by":"somebody"}]})"},
        {"http://page/v1/models", "<html>"}};
    auto const found =
        test::run_task(find_local_servers(transport,
                                          {"http://o", "http://empty", "http://l", "http://old",
                                           "http://other", "http://page", "http://off"},
                                          log));

    std::vector<std::string> shown;
    for (auto const& server : found) shown.push_back(server.label + ' ' + server.base_url);
    EXPECT_EQ(shown, (Places{"Ollama http://o/v1", "Ollama http://empty/v1",
                             "llama.cpp http://l/v1", "llama.cpp http://old/v1"}));
    EXPECT_EQ(found.front().models, Places{"qwen3"});
}

}  // namespace
}  // namespace kaiwa::providers
