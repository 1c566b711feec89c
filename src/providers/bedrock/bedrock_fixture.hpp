#pragma once

#include "providers/bedrock/bedrock_model.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_transport.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::providers {

using TestVariables = std::map<std::string, std::string, std::less<>>;

class TestAccount final : public BedrockAccount {
public:
    TestAccount(std::string profile, TestVariables const& variables) : variables_(variables) {
        aws::Credentials known;
        known.access_key_id = "AKID" + profile;
        known.secret_access_key = Secret("secret");
        known.session_token = Secret("token");
        credentials_ = std::make_unique<aws::StaticCredentials>(std::move(known));
    }
    aws::CredentialProvider& credentials() override { return *credentials_; }
    asio::awaitable<aws::Outcome<std::string>> region() override { co_return "eu-west-1"; }
    asio::awaitable<aws::Outcome<aws::EndpointKind>> endpoint_kind() override {
        if (variables_.contains("unreadable"))
            co_return aws::fail(aws::Failure::Kind::credentials, "the file cannot be read");
        co_return aws::endpoint_kind([this](std::string_view name) { return variable(name); });
    }
    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const override {
        auto const found = variables_.find(name);
        return found == variables_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    TestVariables const& variables_;
    std::unique_ptr<aws::StaticCredentials> credentials_;
};

/// Bedrock over a transport without a network, with an account of known keys.
class BedrockFixture : public testing::Test {
protected:
    BedrockServices services() {
        return {.transport = transport,
                .clock = clock,
                .random = random,
                .account =
                    [this](std::string const& profile) {
                        return std::make_shared<TestAccount>(profile, variables);
                    },
                .expect = [this](std::string_view url) { expected.emplace_back(url); }};
    }
    static llm::ProviderConfig in_region(std::map<std::string, std::string> options = {}) {
        llm::ProviderConfig config;
        config.name = "aws";
        config.kind = "bedrock";
        config.options = std::move(options);
        config.options.emplace("region", "us-east-1");
        return config;
    }
    void refuse(unsigned status, std::string code, std::string message,
                http::Headers headers = {}) {
        test::MemoryAnswer answer;
        answer.status = status;
        answer.headers = std::move(headers);
        answer.headers.add("x-amzn-ErrorType", code + ":http://internal/");
        answer.headers.add("x-amzn-RequestId", "req-1");
        answer.pieces.push_back(R"({"message":")" + message + "\"}");
        transport.answers.emplace_back(std::move(answer));
    }

    test::MemoryTransport transport;
    test::ManualClock clock;
    SystemRandom random;
    TestVariables variables;
    std::vector<std::string> expected;
};

}  // namespace kaiwa::providers
