#include "server/provider_gate.hpp"

#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

asio::ip::address at(char const* text) {
    return asio::ip::make_address(text);
}

TEST(ProviderGate, LetsConfiguredHostsBeAnywhereAndOthersOnlyPublic) {
    ProviderGate gate;
    gate.set_configured({{"127.0.0.1", 9900}});
    EXPECT_TRUE(gate.allows("127.0.0.1", 9900, at("127.0.0.1")));
    EXPECT_FALSE(gate.allows("127.0.0.1", 9901, at("127.0.0.1")));
    EXPECT_TRUE(gate.allows("api.example.com", 443, at("203.0.114.1")));
    EXPECT_FALSE(gate.allows("rebound.example.com", 443, at("127.0.0.1")));
    EXPECT_FALSE(gate.allows("rebound.example.com", 443, at("::ffff:10.0.0.1")));
}

TEST(ProviderGate, KeepsEnteredHostsFromTheMachineryOfTheCloud) {
    ProviderGate gate;
    gate.set_entered({{"models.lan", 8000}, {"169.254.169.254", 80}, {"meta", 80}});
    EXPECT_TRUE(gate.allows("models.lan", 8000, at("192.168.1.9")));
    EXPECT_FALSE(gate.allows("models.lan", 8001, at("192.168.1.9")));
    for (char const* address : {"169.254.169.254", "::ffff:169.254.169.254", "fe80::1",
                                "fd00:ec2::254", "fd00:ec2::23", "64:ff9b::a9fe:a9fe",
                                "2002:a9fe:a9fe::1", "0.0.0.0", "::", "224.0.0.1"})
        EXPECT_FALSE(gate.allows("meta", 80, at(address))) << address;
    gate.set_entered({});
    EXPECT_FALSE(gate.allows("models.lan", 8000, at("192.168.1.9")));
}

TEST(ProviderGate, LetsExpectedHostsBeInThePrivateNetworkButNoMachinery) {
    ProviderGate gate;
    gate.add_expected({"bedrock-runtime.us-east-1.amazonaws.com", 443});
    EXPECT_TRUE(gate.allows("bedrock-runtime.us-east-1.amazonaws.com", 443, at("10.0.0.9")));
    EXPECT_FALSE(gate.allows("bedrock-runtime.us-east-1.amazonaws.com", 443, at("169.254.169.254")));
    EXPECT_FALSE(gate.allows("bedrock.us-east-1.amazonaws.com", 443, at("10.0.0.9")));
}

TEST(ProviderGate, ForgetsConnectionTestsInTheEnd) {
    ProviderGate gate;
    gate.add_tried({"127.0.0.1", 1});
    EXPECT_TRUE(gate.allows("127.0.0.1", 1, at("127.0.0.1")));
    for (std::uint16_t port = 2; port < 200; ++port) gate.add_tried({"127.0.0.1", port});
    EXPECT_FALSE(gate.allows("127.0.0.1", 1, at("127.0.0.1")));
}

TEST(HostAndPort, ReadsWhatAProvidersAddressNames) {
    using Pair = ProviderGate::HostAndPort;
    EXPECT_EQ(host_and_port("http://Localhost:11434/v1"), (Pair{"localhost", 11434}));
    EXPECT_EQ(host_and_port("https://api.openai.com/v1"), (Pair{"api.openai.com", 443}));
    EXPECT_EQ(host_and_port("http://10.0.0.1"), (Pair{"10.0.0.1", 80}));
    EXPECT_EQ(host_and_port(""), std::nullopt);
    EXPECT_EQ(host_and_port("ftp://x"), std::nullopt);
}

}  // namespace
}  // namespace kaiwa::server
