#include "http/text.hpp"
#include "store/s3/s3_parts.hpp"

#include <fmt/format.h>

#include <utility>

namespace kaiwa::store::s3 {

namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr unsigned max_resumes = 3;

using Response = std::unique_ptr<http::InboundResponse>;

/// What is left of `part` once `at` bytes of it are there, as the field `Range`.
std::string range_of(chat::BlobPart part, std::uint64_t at) {
    auto const first = part.first + at;
    bool const is_bounded = part.length < chat::BlobPart::to_the_end - part.first;
    return is_bounded ? fmt::format("bytes={}-{}", first, part.first + part.length - 1)
                      : fmt::format("bytes={}-", first);
}

/// Whether S3 answers with bytes from `first` on.
bool begins_at(http::InboundResponse const& response, std::uint64_t first) {
    auto const range = response.headers().get("content-range");
    return response.status() == 206 && range.starts_with(fmt::format("bytes {}-", first));
}

class S3Reader final : public chat::BlobStore::Reader {
public:
    S3Reader(std::shared_ptr<Shared> shared, std::string path, chat::BlobPart part,
             Response response, std::uint64_t size)
        : shared_(std::move(shared)),
          path_(std::move(path)),
          part_(part),
          response_(std::move(response)),
          tag_(response_->headers().get("etag")),
          size_(size) {}

    [[nodiscard]] std::uint64_t size() const override { return size_; }

    asio::awaitable<Result<std::string>> next() override {
        while (rest_.empty()) {
            if (at_ == size_) co_return std::string();
            auto bytes = co_await response_->read_some();
            if (bytes && !bytes->empty() && bytes->size() <= size_ - at_) {
                rest_ = *bytes;
                at_ += rest_.size();
                break;
            }
            if (!bytes && bytes.error().code == Errc::cancelled) {
                co_return std::unexpected(bytes.error());
            }
            auto resumed = co_await resume();
            if (!resumed) co_return std::unexpected(resumed.error());
        }
        std::string piece(rest_.substr(0, piece_bytes));
        rest_.remove_prefix(piece.size());
        co_return piece;
    }

private:
    asio::awaitable<Result<void>> resume() {
        if (resumes_++ == max_resumes || tag_.empty()) {
            co_return fail(Errc::unavailable, "S3 broke off in the middle of a file");
        }
        aws::ServiceRequest request;
        request.method = "GET";
        request.target = path_;
        request.headers.add("Range", range_of(part_, at_));
        request.headers.add("If-Match", tag_);
        auto response = co_await shared_->bucket.open(std::move(request));
        if (!response) co_return std::unexpected(shared_->bucket.error_of(response.error()));
        if (!begins_at(**response, part_.first + at_)) {
            co_return fail(Errc::unavailable, "S3 does not go on where it broke off");
        }
        response_ = std::move(*response);
        co_return Result<void>{};
    }

    std::shared_ptr<Shared> shared_;
    std::string path_;
    chat::BlobPart const part_;
    Response response_;
    std::string tag_;
    std::uint64_t size_;
    std::uint64_t at_ = 0;   // of the part's bytes, those that arrived
    std::string_view rest_;  // of the last read, not given out yet
    unsigned resumes_ = 0;
};

}  // namespace

asio::awaitable<Result<std::unique_ptr<chat::BlobStore::Reader>>> make_reader(
    std::shared_ptr<Shared> shared, std::string path, chat::BlobPart part) {
    aws::ServiceRequest request;
    request.method = "GET";
    request.target = path;
    if (!part.is_all()) request.headers.add("Range", range_of(part, 0));
    auto response = co_await shared->bucket.open(std::move(request));
    if (!response && !part.is_all() && response.error().status == 416)
        co_return fail(Errc::invalid_argument, "the part begins behind the end of the file");
    if (!response) co_return std::unexpected(shared->bucket.error_of(response.error()));
    if (!part.is_all() && !begins_at(**response, part.first))
        co_return fail(Errc::unavailable, "S3 gives another part of a file than was asked for");
    auto const size = http::to_number((*response)->headers().get("content-length"));
    if (!size) co_return fail(Errc::unavailable, "S3 does not say how large a file is");
    if (*size > part.length)
        co_return fail(Errc::unavailable, "S3 gives more of a file than was asked for");
    co_return std::make_unique<S3Reader>(std::move(shared), std::move(path), part,
                                         std::move(*response), *size);
}

}  // namespace kaiwa::store::s3
