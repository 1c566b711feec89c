#include "server/page/page_handler.hpp"

#include "base/crypto.hpp"
#include "http/preferences.hpp"
#include "server/page/embedded_page.hpp"
#include "server/page/page_headers.hpp"

#include <brotli/decode.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace kaiwa::server {
namespace {

std::unexpected<Error> not_here() {
    return fail(Errc::not_found, "there is nothing here");
}

bool reads(http::Request const& request) {
    return request.method == "GET" || request.method == "HEAD";
}

bool accepts_brotli(http::Request const& request) {
    return http::listed_weight(request.headers, "Accept-Encoding", "br") > 0;
}

EmbeddedFile const* find_embedded(std::string_view path) {
    auto const files = embedded_files();
    auto const found = std::ranges::lower_bound(files, path, {}, &EmbeddedFile::path);
    return found != files.end() && found->path == path ? &*found : nullptr;
}

std::optional<std::string> decode(EmbeddedFile const& file) {
    std::string text(file.size, '\0');
    auto size = text.size();
    auto const status = BrotliDecoderDecompress(
        file.body.size(), reinterpret_cast<std::uint8_t const*>(file.body.data()), &size,
        reinterpret_cast<std::uint8_t*>(text.data()));
    if (status != BROTLI_DECODER_RESULT_SUCCESS || size != file.size) return std::nullopt;
    return text;
}

/// Other bytes under the same address have another strong validator (RFC 9110, 8.8.3.3).
std::string etag_of_packed(std::string_view etag) {
    std::string out(etag);
    out.insert(out.size() - 1, "-br");
    return out;
}

/// The host of an address, with its port.
std::string host_of(std::string_view address) {
    auto const scheme = address.find("://");
    return std::string(scheme == address.npos ? address : address.substr(scheme + 3));
}

asio::awaitable<Result<void>> answer_embedded(std::string_view own_host, http::Request& request,
                                              http::ResponseWriter& writer) {
    if (!reads(request)) co_return not_here();
    auto const state = find_embedded(request.path) ? FileState::exists : FileState::absent;
    auto const name = page_file(request.path, state);
    auto const* file = name ? find_embedded(*name) : nullptr;
    if (!file) co_return not_here();

    OwnHosts const hosts{request.headers.get("Host"), own_host, told_host(request)};
    bool const packed = file->encoding == EmbeddedFile::Encoding::brotli;
    bool const sent_packed = packed && accepts_brotli(request);
    auto const etag = sent_packed ? etag_of_packed(file->etag) : std::string(file->etag);
    http::ResponseHead head{200, page_headers(file->path, file->media_type, etag, hosts)};
    if (http::has_already(request, etag)) {
        head.status = 304;
        co_return co_await writer.respond_static(std::move(head), {});
    }
    if (sent_packed) head.headers.set("Content-Encoding", "br");
    if (sent_packed || !packed)
        co_return co_await writer.respond_static(std::move(head), file->body);
    auto text = decode(*file);
    if (!text) co_return fail(Errc::internal, "a file of the page cannot be unpacked");
    co_return co_await writer.respond(std::move(head), std::move(*text));
}

std::string_view media_type_of(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".json", "application/json"},
        {".woff2", "font/woff2"},
        {".woff", "font/woff"},
        {".ttf", "font/ttf"},
        {".png", "image/png"}};
    for (auto const& [ending, type] : types)
        if (name.ends_with(ending)) return type;
    return "application/octet-stream";
}

asio::awaitable<Result<void>> answer_from_folder(std::filesystem::path folder,
                                                 std::string_view own_host, http::Request& request,
                                                 http::ResponseWriter& writer) {
    if (!reads(request) || request.path.contains("..")) co_return not_here();
    auto const is_file = std::filesystem::is_regular_file(folder / request.path.substr(1));
    auto const name = page_file(request.path, is_file ? FileState::exists : FileState::absent);
    if (!name) co_return not_here();
    std::ifstream file(folder / name->substr(1), std::ios::binary);
    if (!file) co_return not_here();
    std::ostringstream content;
    content << file.rdbuf();
    auto text = std::move(content).str();

    auto const hash = sha256(text);
    auto const etag = '"' + hex(std::span(hash).first(10)) + '"';
    OwnHosts const hosts{request.headers.get("Host"), own_host, told_host(request)};
    http::ResponseHead head{200, page_headers(*name, media_type_of(*name), etag, hosts)};
    head.headers.set("Cache-Control", "no-cache");
    if (http::has_already(request, etag)) {
        head.status = 304;
        co_return co_await writer.respond_static(std::move(head), {});
    }
    co_return co_await writer.respond(std::move(head), std::move(text));
}

}  // namespace

http::Handler embedded_page(std::string_view public_url) {
    return [host = host_of(public_url)](http::Request& request, http::ResponseWriter& writer) {
        return answer_embedded(host, request, writer);
    };
}

http::Handler page_in_folder(std::filesystem::path folder, std::string_view public_url) {
    return [folder = std::move(folder), host = host_of(public_url)](http::Request& request,
                                                                    http::ResponseWriter& writer) {
        return answer_from_folder(folder, host, request, writer);
    };
}

}  // namespace kaiwa::server
