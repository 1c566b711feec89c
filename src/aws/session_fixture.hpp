#pragma once

#include "aws/session.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

namespace kaiwa::aws {

/// A machine: its variables, its files, and what its endpoints and AWS answer.
class SessionTest : public testing::Test {
protected:
    SessionTest() {
        home = std::filesystem::temp_directory_path() /
               ("kaiwa_aws_" + SystemRandom().token(9));
        std::filesystem::create_directories(home / ".aws/sso/cache");
        variables["HOME"] = home.string();
    }
    ~SessionTest() override { std::filesystem::remove_all(home); }

    void write(std::string const& path, std::string_view text) {
        std::ofstream(home / path, std::ios::binary) << text;
    }
    Session session(SessionOptions options = {}) {
        Surroundings around{services, metadata, files, clock, random,
                            [this](std::string_view name) -> std::optional<std::string> {
                                if (name == "AWS_CONFIG_FILE") readers.insert(std::this_thread::get_id());
                                auto const it = variables.find(name);
                                if (it == variables.end() || it->second.empty()) return std::nullopt;
                                return it->second;
                            },
                            [this](std::string_view url) { expected.emplace_back(url); },
                            std::chrono::milliseconds(1), home.string()};
        return Session(std::move(around), std::move(options), log);
    }
    Outcome<Credentials> look(SessionOptions options = {}) {
        auto made = session(std::move(options));
        return kaiwa::test::run_task(made.credentials().credentials());
    }
    /// The reason why there are none.
    std::string why(SessionOptions options = {}) {
        auto const found = look(std::move(options));
        if (found) return "found " + found->source;
        EXPECT_EQ(found.error().kind, Failure::Kind::credentials);
        return found.error().message;
    }
    std::string keys(std::string_view id, std::chrono::seconds life = std::chrono::hours(1)) {
        return fmt::format(R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"s","Token":"t","Expiration":"{}"}})",
                           id, to_rfc3339(clock.now() + life));
    }
    std::string sts_answer(std::string_view id) {
        return fmt::format("<R><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>s"
                           "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{}"
                           "</Expiration></Credentials></R>",
                           id, to_rfc3339(clock.now() + std::chrono::hours(1)));
    }
    void answer_as_instance(std::string_view id) {
        metadata.answer(200, "token");
        metadata.answer(200, "chat-role\n");
        metadata.answer(200, keys(id));
    }

    std::filesystem::path home;
    std::map<std::string, std::string, std::less<>> variables;
    std::set<std::thread::id> readers;  ///< Who looked for the files.
    std::vector<std::string> expected;
    kaiwa::test::MemoryTransport services;
    kaiwa::test::MemoryTransport metadata;
    Workers files{"files", 1, 16};
    kaiwa::test::ManualClock clock;
    SystemRandom random;
    NullLog log;
};

}  // namespace kaiwa::aws
