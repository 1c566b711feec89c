#include "api/upload.hpp"

#include "api/media_type.hpp"
#include "chat/file_names.hpp"

#include <fmt/format.h>

namespace kaiwa::api {

Upload::Upload(Call& call, std::string_view name, std::string declared_type)
    : call_(call), watch_(call), declared_type_(std::move(declared_type)) {
    file_.id = FileId{make_uuid7(call.services.clock, call.services.random)};
    file_.name = chat::safe_file_name(name);
}

asio::awaitable<Result<void>> Upload::write(std::string bytes) {
    if (auto allowed = co_await watch_.check(); !allowed) co_return allowed;
    auto const max = call_.settings->uploads.max_bytes;
    file_.size += bytes.size();
    if (file_.size > max)
        co_return fail(Errc::too_large, fmt::format("a file may have at most {} bytes", max));
    if (writer_) co_return co_await writer_->write(std::move(bytes));
    head_ += bytes;
    if (head_.size() < media_type_head) co_return Result<void>{};
    co_return co_await begin();
}

asio::awaitable<Result<void>> Upload::begin() {
    auto type = decide_media_type(declared_type_, file_.name, head_, call_.settings->uploads.types);
    if (!type) co_return std::unexpected(type.error());
    file_.media_type = std::move(*type);
    auto writer = co_await call_.services.blobs.create(file_.id);
    if (!writer) co_return std::unexpected(writer.error());
    writer_ = std::move(*writer);
    co_return co_await writer_->write(std::move(head_));
}

asio::awaitable<Result<chat::FileInfo>> Upload::finish() {
    if (file_.size == 0) co_return fail(Errc::invalid_argument, "the file is empty");
    if (!writer_) {
        auto begun = co_await begin();
        if (!begun) co_return std::unexpected(begun.error());
    }
    if (auto allowed = co_await watch_.check_now(); !allowed)
        co_return std::unexpected(allowed.error());
    auto committed = co_await writer_->commit();
    if (!committed) co_return std::unexpected(committed.error());
    auto recorded = co_await call_.services.chats.add_file(call_.who(), file_);
    if (!recorded) {
        (void)co_await call_.services.blobs.remove(file_.id);
        co_return std::unexpected(recorded.error());
    }
    call_.services.metrics.traffic.uploaded_bytes += file_.size;
    co_return file_;
}

}  // namespace kaiwa::api
