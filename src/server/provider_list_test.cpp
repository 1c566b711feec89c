#include "server/provider_list.hpp"

#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

llm::ProviderConfig provider(std::string name, std::string base_url) {
    llm::ProviderConfig config;
    config.name = std::move(name);
    config.kind = "openai";
    config.base_url = std::move(base_url);
    return config;
}

std::vector<std::string> names(std::vector<llm::ProviderConfig> const& providers) {
    std::vector<std::string> all;
    for (auto const& each : providers) all.push_back(each.name + " " + each.base_url);
    return all;
}

using Names = std::vector<std::string>;

TEST(JoinProviders, AnswersByItselfUntilTheConfigurationNamesOne) {
    EXPECT_EQ(names(join_providers({}, {}, {})), (Names{"builtin "}));
    EXPECT_EQ(names(join_providers({}, {provider("a", "u")}, {})), (Names{"a u", "builtin "}));
    EXPECT_EQ(names(join_providers({provider("a", "u")}, {}, {})), (Names{"a u"}));
}

TEST(JoinProviders, PrefersTheConfigurationWhereNamesMeet) {
    EXPECT_EQ(names(join_providers({provider("a", "theirs")},
                                   {provider("a", "mine"), provider("b", "x")}, {})),
              (Names{"a theirs", "b x"}));
}

TEST(JoinProviders, AddsFoundServersThatNobodyNamed) {
    std::vector<providers::FoundServer> const found{{"Ollama", "http://127.0.0.1:11434/v1", {}},
                                                    {"LM Studio", "http://127.0.0.1:1234/v1", {}}};
    EXPECT_EQ(
        names(join_providers({provider("a", "u")}, {}, found)),
        (Names{"a u", "ollama http://127.0.0.1:11434/v1", "lm-studio http://127.0.0.1:1234/v1"}));
    EXPECT_EQ(names(join_providers({provider("mine", "http://127.0.0.1:11434/v1")},
                                   {provider("lm-studio", "v")}, found)),
              (Names{"mine http://127.0.0.1:11434/v1", "lm-studio v"}));
    EXPECT_EQ(join_providers({provider("a", "u")}, {}, found).back().origin,
              llm::ProviderOrigin::found);
}

}  // namespace
}  // namespace kaiwa::server
