#include "tests/conformance/harness.hpp"

namespace kaiwa::conformance {

TEST_P(ProviderStoreTest, KeepsProvidersAndTheirKeys) {
    llm::ProviderConfig provider;
    provider.name = "local";
    provider.kind = "openai";
    provider.base_url = "http://127.0.0.1:9900/v1";
    provider.api_key = Secret("sk-秘密");
    provider.models = {"qwen*", "a\"b"};
    provider.options = {{"region", "ap-northeast-1"}};
    ASSERT_TRUE(run(harness->providers().put_provider(provider)));
    harness->reopen();
    auto found = run(harness->providers().providers());
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1u);
    auto const& kept = found->front();
    EXPECT_EQ(kept.name, provider.name);
    EXPECT_EQ(kept.kind, provider.kind);
    EXPECT_EQ(kept.base_url, provider.base_url);
    EXPECT_EQ(kept.api_key.reveal(), provider.api_key.reveal());
    EXPECT_EQ(kept.models, provider.models);
    EXPECT_EQ(kept.options, provider.options);
    EXPECT_EQ(kept.origin, llm::ProviderOrigin::store);

    provider.base_url = "http://127.0.0.1:1/v1";
    provider.api_key = Secret();
    ASSERT_TRUE(run(harness->providers().put_provider(provider)));
    found = run(harness->providers().providers());
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ(found->front().base_url, provider.base_url);
    EXPECT_TRUE(found->front().api_key.empty());

    // Where a key was that cannot be opened, none is not the same.
    provider.is_key_lost = true;
    ASSERT_TRUE(run(harness->providers().put_provider(provider)));
    found = run(harness->providers().providers());
    ASSERT_EQ(found->size(), 1u);
    EXPECT_TRUE(found->front().is_key_lost);
    EXPECT_TRUE(found->front().api_key.empty());

    ASSERT_TRUE(run(harness->providers().remove_provider("local")));
    EXPECT_EQ(run(harness->providers().remove_provider("local")).error().code, Errc::not_found);
    EXPECT_TRUE(run(harness->providers().providers())->empty());
}

}  // namespace kaiwa::conformance
