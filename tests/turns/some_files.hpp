#pragma once

#include "chat/chat_store.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace kaiwa::chat {

/// Files as long as a test says; those it does not name are gone.
class SomeFiles final : public BlobStore {
public:
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return fail(Errc::internal, "not here");
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId id, BlobPart) override {
        auto const found = bytes.find(id);
        if (found == bytes.end()) co_return fail(Errc::not_found, "there is no such file");
        co_return std::make_unique<Whole>(found->second);
    }
    asio::awaitable<Result<void>> remove(FileId) override { co_return Result<void>{}; }

    std::map<FileId, std::string> bytes;

private:
    class Whole final : public Reader {
    public:
        explicit Whole(std::string all) : all_(std::move(all)) {}
        std::uint64_t size() const override { return all_.size(); }
        asio::awaitable<Result<std::string>> next() override { co_return std::exchange(all_, {}); }

    private:
        std::string all_;
    };
};

}  // namespace kaiwa::chat
