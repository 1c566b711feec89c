#pragma once

#include "chat/chat_store.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace kaiwa::conformance {

/// Says what is to be removed, and refuses some of it.
class RecordingBlobs final : public chat::BlobStore {
public:
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return fail(Errc::unavailable, "nothing is written here");
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId, chat::BlobPart) override {
        co_return fail(Errc::not_found, "nothing is here");
    }
    asio::awaitable<Result<void>> remove(FileId id) override {
        if (meanwhile) {
            auto const act = std::exchange(meanwhile, {});
            co_await act();
        }
        co_return take(id.text());
    }
    asio::awaitable<Result<void>> remove_foreign(std::string key) override {
        co_return take(std::move(key));
    }

    std::vector<std::string> removed;
    std::vector<std::string> tried;  ///< What was refused.
    std::string refused = "none";    ///< Begins the names of what may not be removed.
    /// What somebody does while one of our own files goes; once.
    std::function<asio::awaitable<void>()> meanwhile;

private:
    Result<void> take(std::string name) {
        if (name.starts_with(refused)) {
            tried.push_back(std::move(name));
            return fail(Errc::unavailable, "S3 answered AccessDenied");
        }
        removed.push_back(std::move(name));
        return {};
    }
};

}  // namespace kaiwa::conformance
