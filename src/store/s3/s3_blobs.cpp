#include "store/s3/s3_blobs.hpp"

#include "store/s3/s3_parts.hpp"

namespace kaiwa::store::s3 {

namespace {

class S3Blobs final : public Blobs {
public:
    explicit S3Blobs(Options options) : shared_(std::make_shared<Shared>(std::move(options))) {}

    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId id) override {
        auto const loop = co_await asio::this_coro::executor;
        co_return make_writer(shared_, shared_->path_of(id), loop);
    }

    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId id, chat::BlobPart part) override {
        co_return co_await make_reader(shared_, shared_->path_of(id), part);
    }

    asio::awaitable<Result<void>> remove(FileId id) override {
        return remove_object(shared_->path_of(id));
    }

    asio::awaitable<Result<std::unique_ptr<Reader>>> open_foreign(std::string key) override {
        chat::BlobPart const all;
        co_return co_await make_reader(shared_, key_path(key), all);
    }

    asio::awaitable<Result<void>> remove_foreign(std::string key) override {
        return remove_object(key_path(key));
    }

    asio::awaitable<Result<bool>> has(chat::FileInfo file) override {
        auto path = file.foreign_key.empty() ? shared_->path_of(file.id) : key_path(file.foreign_key);
        chat::BlobPart const first{0, 1};
        auto reader = co_await make_reader(shared_, std::move(path), first);
        if (!reader && reader.error().code == Errc::not_found) co_return false;
        if (!reader && reader.error().code == Errc::invalid_argument) co_return true;  // it is empty
        if (!reader) co_return std::unexpected(reader.error());
        // A connection whose answer was read to its end takes the next call.
        auto const byte = co_await (*reader)->next();
        if (!byte) co_return std::unexpected(byte.error());
        co_return true;
    }

private:
    asio::awaitable<Result<void>> remove_object(std::string path) {
        aws::ServiceRequest request;
        request.method = "DELETE";
        request.target = std::move(path);
        auto const reply = co_await shared_->bucket.call(std::move(request));
        if (!reply && reply.error().status != 404) {
            co_return std::unexpected(shared_->bucket.error_of(reply.error()));
        }
        co_return Result<void>{};
    }

    std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<Blobs> open(Options options) {
    return std::make_unique<S3Blobs>(std::move(options));
}

}  // namespace kaiwa::store::s3
