#pragma once

#include "store/s3/s3_blobs.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_transport.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

namespace kaiwa::store::s3 {

inline constexpr std::string_view id_text = "01234567-89ab-7cde-8f01-23456789abcd";

/// The same each time, so that names and pauses are known.
class NoRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, 0); }
};

class S3BlobsTest : public testing::Test {
protected:
    void answer(unsigned status, http::Headers headers = {}, std::vector<std::string> pieces = {},
                std::optional<Error> broken = {}) {
        services.answers.emplace_back(
            test::MemoryAnswer{status, std::move(headers), std::move(pieces), broken, false});
    }
    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> out;
        spawn(loop.get_executor(), {}, keep(std::move(task), out), [](std::exception_ptr) {});
        loop.restart();
        loop.run();
        return std::move(*out);
    }
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> task, std::optional<T>& out) {
        out.emplace(co_await std::move(task));
    }
    std::unique_ptr<chat::BlobStore> store(BucketOptions bucket = {.name = "box"}) {
        return open({.session = session,
                     .bucket = std::move(bucket),
                     .prefix = "a b/",
                     .part_bytes = 4,
                     .max_parts = 3});
    }
    std::string sent(std::size_t index) {
        auto const& request = services.requests.at(index);
        return fmt::format("{} {} {}", request.method, request.url, request.body);
    }
    void begin_upload() { answer(200, {}, {"<R><UploadId>u/1</UploadId></R>"}); }
    void take_part(std::string tag) { answer(200, {{"ETag", std::move(tag)}}); }

    asio::io_context loop{1};
    std::thread::id const loop_thread = std::this_thread::get_id();  // waits for no disk
    test::MemoryTransport services;
    test::MemoryTransport metadata;
    Workers files{"files", 1, 16};
    test::ManualClock clock;
    NoRandom random;
    NullLog log;
    std::map<std::string, std::string, std::less<>> variables{
        {"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "S"}, {"AWS_REGION", "eu-west-1"}};
    aws::Session session{
        aws::Surroundings{services, metadata, files, clock, random,
                          [this](std::string_view name) -> std::optional<std::string> {
                              if (name == "AWS_CONFIG_FILE")
                                  EXPECT_NE(std::this_thread::get_id(), loop_thread);
                              auto const it = variables.find(name);
                              if (it == variables.end()) return std::nullopt;
                              return it->second;
                          }},
        {},
        log};
    FileId const id = FileId::parse(id_text).value();
};

}  // namespace kaiwa::store::s3
