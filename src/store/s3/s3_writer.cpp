#include "aws/answer.hpp"
#include "aws/body_hash.hpp"
#include "aws/xml.hpp"
#include "http/target.hpp"
#include "store/s3/s3_parts.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace kaiwa::store::s3 {

namespace {

constexpr std::size_t max_id_bytes = 1024;
/// Says which writer an object is of.
constexpr char const* writer_field = "x-amz-meta-kaiwa-writer";

Error broken(std::string message) {
    return {Errc::unavailable, "S3: " + std::move(message), {}};
}

/// The bytes of one part while it grows and is sent, within what all writers together may hold.
class Part {
public:
    explicit Part(Shared& shared) : shared_(shared) {}
    Part(Part const&) = delete;
    Part& operator=(Part const&) = delete;
    ~Part() { let_go(); }

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    /// False when that is too much.
    [[nodiscard]] bool add(std::string_view piece) {
        if (shared_.held_bytes.fetch_add(piece.size()) + piece.size() > shared_.max_held_bytes) {
            shared_.held_bytes -= piece.size();
            return false;
        }
        held_ += piece.size();
        bytes_ += piece;
        return true;
    }
    /// For the call that sends them, which holds them until `let_go()`.
    [[nodiscard]] std::string take() { return std::exchange(bytes_, {}); }
    void let_go() { shared_.held_bytes -= std::exchange(held_, 0); }

private:
    Shared& shared_;
    std::string bytes_;
    std::size_t held_ = 0;
};

/// Takes back the parts of an upload that nobody will finish.
asio::awaitable<void> abort_upload(std::shared_ptr<Shared> shared, std::string target) {
    aws::ServiceRequest request;
    request.method = "DELETE";
    request.target = std::move(target);
    (void)co_await shared->bucket.call(std::move(request));
}

class S3Writer final : public chat::BlobStore::Writer {
public:
    S3Writer(std::shared_ptr<Shared> shared, std::string path, asio::any_io_executor loop)
        : shared_(std::move(shared)),
          path_(std::move(path)),
          loop_(std::move(loop)),
          name_(shared_->random.token(16)),
          part_(*shared_) {}
    S3Writer(S3Writer const&) = delete;
    S3Writer& operator=(S3Writer const&) = delete;

    ~S3Writer() override {
        if (upload_.empty() || finished_) return;
        // Somebody who waits for nothing more lets go of this; the parts cost until they are gone.
        auto target = fmt::format("{}?uploadId={}", path_, upload_);
        spawn(loop_, {}, abort_upload(shared_, std::move(target)), [](std::exception_ptr) {});
    }

    asio::awaitable<Result<void>> write(std::string bytes) override {
        std::string_view rest = bytes;
        while (!rest.empty()) {
            if (part_.size() == shared_->part_bytes) {
                auto sent = co_await send_part();
                if (!sent) co_return sent;
            }
            auto const piece = rest.substr(0, shared_->part_bytes - part_.size());
            if (!part_.add(piece))
                co_return fail(Errc::unavailable, "too many files are on their way to S3");
            hash_.add(piece);
            rest.remove_prefix(piece.size());
        }
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> commit() override {
        if (upload_.empty()) co_return co_await put_whole();
        if (part_.size() > 0) {
            auto sent = co_await send_part();
            if (!sent) co_return sent;
        }
        co_return co_await complete();
    }

private:
    aws::ServiceRequest request(std::string method, std::string target) {
        aws::ServiceRequest made;
        made.method = std::move(method);
        made.target = std::move(target);
        return made;
    }

    asio::awaitable<Result<void>> put_whole() {
        auto put = request("PUT", path_);
        put.headers.add("Content-Type", "application/octet-stream");
        put.headers.add("If-None-Match", "*");
        put.headers.add(writer_field, name_);
        put.body = part_.take();
        put.headers.add("X-Amz-Content-Sha256", hash_.finish());
        auto const reply = co_await shared_->bucket.call(std::move(put));
        part_.let_go();
        if (!reply && !co_await is_there(reply.error()))
            co_return std::unexpected(shared_->bucket.error_of(reply.error()));
        co_return Result<void>{};
    }

    /// Whether our object was made after all: a call whose answer was lost is sent again, and then
    /// finds the object, or its upload ended.
    asio::awaitable<bool> is_there(aws::Failure failure) {
        if (failure.status != 412 && failure.code != "NoSuchUpload") co_return false;
        auto const head = co_await shared_->bucket.call(request("HEAD", path_));
        co_return head && head->headers.get(writer_field) == name_;
    }

    asio::awaitable<Result<void>> begin_upload() {
        auto post = request("POST", path_ + "?uploads");
        post.headers.add("Content-Type", "application/octet-stream");
        post.headers.add(writer_field, name_);
        auto const reply = co_await shared_->bucket.call(std::move(post));
        if (!reply) co_return std::unexpected(shared_->bucket.error_of(reply.error()));
        auto const id = aws::xml_text(reply->body, "UploadId").value_or("");
        if (id.empty() || id.size() > max_id_bytes) {
            co_return std::unexpected(broken("its answer names no upload"));
        }
        upload_ = http::percent_encode(id);
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> send_part() {
        if (upload_.empty()) {
            auto begun = co_await begin_upload();
            if (!begun) co_return begun;
        }
        if (tags_.size() == shared_->max_parts) {
            co_return fail(Errc::too_large,
                           fmt::format("a file can have at most {} parts of {} bytes in S3",
                                       shared_->max_parts, shared_->part_bytes));
        }
        auto const number = tags_.size() + 1;
        auto put =
            request("PUT", fmt::format("{}?partNumber={}&uploadId={}", path_, number, upload_));
        put.body = part_.take();
        put.headers.add("X-Amz-Content-Sha256", hash_.finish());
        auto const reply = co_await shared_->bucket.call(std::move(put));
        part_.let_go();
        if (!reply) co_return std::unexpected(shared_->bucket.error_of(reply.error()));
        auto const tag = reply->headers.get("etag");
        if (tag.empty() || tag.size() > max_id_bytes) {
            co_return std::unexpected(broken("its answer to a part has no ETag"));
        }
        tags_.emplace_back(tag);
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> complete() {
        std::string body =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
        for (std::size_t i = 0; i < tags_.size(); ++i) {
            body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                                aws::xml_escape(tags_[i]));
        }
        body += "</CompleteMultipartUpload>";
        auto post = request("POST", fmt::format("{}?uploadId={}", path_, upload_));
        post.headers.add("Content-Type", "application/xml");
        post.headers.add("If-None-Match", "*");
        post.body = std::move(body);
        auto const reply = co_await shared_->bucket.call(std::move(post));
        finished_ = !reply && co_await is_there(reply.error());
        if (finished_) co_return Result<void>{};
        if (!reply) co_return std::unexpected(shared_->bucket.error_of(reply.error()));
        // Joining takes long: S3 answers 200 first and finds errors later.
        if (auto const late = aws::failure_inside(reply->headers, reply->body)) {
            co_return std::unexpected(shared_->bucket.error_of(*late));
        }
        finished_ = true;
        co_return Result<void>{};
    }

    std::shared_ptr<Shared> shared_;
    std::string path_;
    asio::any_io_executor loop_;
    std::string const name_;
    Part part_;
    aws::BodyHash hash_;
    std::string upload_;  // encoded; empty while one PUT may do
    std::vector<std::string> tags_;
    bool finished_ = false;
};

}  // namespace

std::unique_ptr<chat::BlobStore::Writer> make_writer(std::shared_ptr<Shared> shared,
                                                     std::string path, asio::any_io_executor loop) {
    return std::make_unique<S3Writer>(std::move(shared), std::move(path), std::move(loop));
}

}  // namespace kaiwa::store::s3
