#include "api/answer.hpp"
#include "api/byte_range.hpp"
#include "api/caller_watch.hpp"
#include "api/content_disposition.hpp"
#include "api/fields.hpp"
#include "api/guard.hpp"
#include "api/json_out.hpp"
#include "api/multipart.hpp"
#include "api/problem.hpp"
#include "api/resources.hpp"
#include "api/upload.hpp"
#include "http/preferences.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace kaiwa::api {
namespace {

/// What a multipart body has beside the file.
constexpr std::size_t multipart_overhead = 64 * 1024;
constexpr std::size_t max_name = 4096;

/// Takes the part named "file" of a form; others are refused, as unknown fields are.
class FormUpload {
public:
    explicit FormUpload(Call& call) : call_(call) {}

    asio::awaitable<Result<void>> take(MultipartParser::Item item) {
        if (auto const* head = std::get_if<MultipartParser::PartHead>(&item))
            co_return begin(*head);
        if (auto* data = std::get_if<MultipartParser::PartData>(&item))
            co_return co_await upload_->write(std::move(data->bytes));
        co_return Result<void>{};
    }

    asio::awaitable<Result<chat::FileInfo>> finish() {
        if (!upload_) co_return fail(Errc::invalid_argument, "the form has no part named \"file\"");
        co_return co_await upload_->finish();
    }

private:
    Result<void> begin(MultipartParser::PartHead const& head) {
        auto const disposition = parse_disposition(head.disposition);
        if (!disposition || disposition->type != "form-data")
            return fail(Errc::invalid_argument, "a part of the form has no Content-Disposition");
        if (disposition->name != "file")
            return fail(Errc::invalid_argument, "the form takes one part, named \"file\"",
                        "unknown_field");
        if (upload_)
            return fail(Errc::invalid_argument, "the form has two files; send one a request");
        upload_.emplace(call_, disposition->filename.value_or(""), head.content_type);
        return {};
    }

    Call& call_;
    std::optional<Upload> upload_;
};

asio::awaitable<Result<chat::FileInfo>> read_form(Call& call, std::string boundary) {
    MultipartParser parser(boundary);
    FormUpload form(call);
    for (;;) {
        auto piece = co_await call.request.body_reader->next();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        auto items = parser.feed(*piece);
        if (!items) co_return std::unexpected(items.error());
        for (auto& item : *items) {
            auto taken = co_await form.take(std::move(item));
            if (!taken) co_return std::unexpected(taken.error());
        }
    }
    if (auto whole = parser.finish(); !whole) co_return std::unexpected(whole.error());
    co_return co_await form.finish();
}

/// The name of a file whose bytes are the body.
Result<std::string> name_of_body(http::Request const& request) {
    auto name = read_parameter(request, "name", max_name);
    if (!name) return name;
    if (!name->empty()) return name;
    auto const disposition = parse_disposition(request.headers.get("Content-Disposition"));
    if (disposition && disposition->filename) return *disposition->filename;
    return fail(Errc::invalid_argument,
                "the file has no name: send ?name= or Content-Disposition, or a form");
}

asio::awaitable<Result<chat::FileInfo>> read_raw(Call& call) {
    auto const name = name_of_body(call.request);
    if (!name) co_return std::unexpected(name.error());
    Upload upload(call, *name, std::string(call.request.headers.get("Content-Type")));
    for (;;) {
        auto piece = co_await call.request.body_reader->next();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        auto written = co_await upload.write(std::move(*piece));
        if (!written) co_return std::unexpected(written.error());
    }
    co_return co_await upload.finish();
}

asio::awaitable<Result<void>> upload_file(Call& call) {
    if (call.settings->uploads.state == UploadRules::State::disabled)
        co_return fail(Errc::forbidden, "uploads are switched off by the configuration");
    if (auto ok = refuse_coding(call.request); !ok) co_return ok;
    auto const content_type = call.request.headers.get("Content-Type");
    Result<chat::FileInfo> file;
    if (bare_media_type(content_type) == "multipart/form-data") {
        auto boundary = MultipartParser::boundary_of(content_type);
        if (!boundary)
            co_return fail(Errc::invalid_argument, "the Content-Type names no usable boundary");
        file = co_await read_form(call, std::move(*boundary));
    } else {
        file = co_await read_raw(call);
    }
    if (!file) co_return std::unexpected(file.error());
    std::string out;
    append_file(out, *file);
    co_return co_await answer_json(call.writer, 201, std::move(out));
}

/// Sends what `reader` gives; `size` is what is announced, 0 where nothing is. Breaks off when the
/// caller is not let in any more.
asio::awaitable<Result<void>> send_bytes(Call& call, chat::BlobStore::Reader& reader, FileId id,
                                         std::uint64_t size) {
    CallerWatch watch(call);
    std::uint64_t sent = 0;
    for (;;) {
        auto bytes = co_await reader.next();
        if (!bytes) co_return std::unexpected(bytes.error());
        if (bytes->empty()) break;
        sent += bytes->size();
        std::array const pieces{asio::const_buffer(bytes->data(), bytes->size())};
        if (auto allowed = co_await watch.check(); !allowed) co_return allowed;
        auto written = co_await call.writer.write(pieces);
        if (!written) co_return written;
    }
    // Left unfinished, so that a part never looks like the whole.
    if (sent < size)
        co_return fail(Errc::internal,
                       fmt::format("file {} has {} of its {} bytes", id.text(), sent, size));
    co_return co_await call.writer.finish();
}

asio::awaitable<Result<void>> refuse_range(Call& call, std::uint64_t size) {
    auto refusal = Error{Errc::invalid_argument,
                         fmt::format("Range: the file has {} bytes, and none of those", size),
                         "range_not_satisfiable"};
    http::Headers const extra{{"Content-Range", fmt::format("bytes */{}", size)}};
    co_return co_await answer_problem(std::move(refusal), call.request, call.writer,
                                      call.services.log, extra);
}

/// Whoever kept a copy of a file of ours has it still.
asio::awaitable<Result<void>> tell_unchanged(Call& call, std::string tag) {
    auto head = api_head(304, {});
    head.headers.add("ETag", std::move(tag));
    co_return co_await call.writer.respond(std::move(head), std::string());
}

asio::awaitable<Result<void>> download_file(Call& call) {
    auto const id = reference<FileId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto file = co_await call.services.chats.file(call.who(), *id);
    if (!file) co_return std::unexpected(file.error());
    // What another program stored may change under its name, and comes whole.
    bool const comes_in_parts = file->foreign_key.empty() && file->size > 0;
    // A file of ours never changes: its id is all that tells it from another.
    auto const tag = fmt::format("\"{}\"", id->text());
    if (comes_in_parts && http::has_already(call.request, tag))
        co_return co_await tell_unchanged(call, tag);
    auto const wanted =
        comes_in_parts ? wanted_bytes(call.request, tag, file->size) : WantedBytes(WholeFile{});
    if (std::holds_alternative<NothingOfIt>(wanted))
        co_return co_await refuse_range(call, file->size);
    auto const* range = std::get_if<ByteRange>(&wanted);
    chat::BlobPart const part =
        range ? chat::BlobPart{range->first, range->length()} : chat::BlobPart{};
    auto& blobs = call.services.blobs;
    auto opening = range ? blobs.open(*id, part) : chat::open_bytes(blobs, *file);
    auto reader = co_await std::move(opening);
    if (!reader && reader.error().code == Errc::invalid_argument)
        co_return fail(Errc::internal,
                       fmt::format("file {} has lost bytes that it had", id->text()));
    if (!reader) co_return std::unexpected(reader.error());

    auto head = api_head(range ? 206 : 200, file->media_type);
    head.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
    head.headers.add("Content-Disposition", attachment(file->name));
    if (comes_in_parts) {
        head.headers.add("Accept-Ranges", "bytes");
        head.headers.add("ETag", tag);
    }
    if (range)
        head.headers.add("Content-Range",
                         fmt::format("bytes {}-{}/{}", range->first, range->last, file->size));
    // Nobody wrote down the size of what another program stored.
    auto const whole = file->size > 0 ? file->size : (*reader)->size();
    auto const length = range ? range->length() : whole;
    if (length > 0) head.headers.set("Content-Length", fmt::format("{}", length));
    if (call.request.method == "HEAD")
        co_return co_await call.writer.respond(std::move(head), std::string());
    auto started = co_await call.writer.start(std::move(head));
    if (!started) co_return started;
    co_return co_await send_bytes(call, **reader, *id, length);
}

}  // namespace

void add_file_routes(RouteTable& table, UploadRules const& rules) {
    table.add_upload("POST", "/api/files", upload_file, rules.max_bytes + multipart_overhead);
    table.add("GET", "/api/files/{id}", download_file);
}

}  // namespace kaiwa::api
