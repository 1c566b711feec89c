#include "transfer/blob_copy.hpp"

#include <algorithm>

namespace kaiwa::transfer {
namespace {

using chat::BlobStore;

/// Reads both to their ends at the same pace.
asio::awaitable<Result<bool>> same_bytes(BlobStore::Reader& a, BlobStore::Reader& b) {
    std::string of_a;
    std::string of_b;
    for (;;) {
        if (of_a.empty()) {
            auto part = co_await a.next();
            if (!part) co_return std::unexpected(part.error());
            of_a = std::move(*part);
        }
        if (of_b.empty()) {
            auto part = co_await b.next();
            if (!part) co_return std::unexpected(part.error());
            of_b = std::move(*part);
        }
        if (of_a.empty() || of_b.empty()) co_return of_a.empty() && of_b.empty();
        auto const shared = std::min(of_a.size(), of_b.size());
        if (of_a.compare(0, shared, of_b, 0, shared) != 0) co_return false;
        of_a.erase(0, shared);
        of_b.erase(0, shared);
    }
}

}  // namespace

asio::awaitable<Result<BlobOutcome>> copy_blob(BlobStore& source, BlobStore& target, FileId id) {
    auto reader = co_await source.open(id);
    if (!reader && reader.error().code == Errc::not_found) co_return BlobOutcome::missing;
    if (!reader) co_return std::unexpected(reader.error());
    auto there = co_await target.open(id);
    // Bytes appear whole or not at all, so their number tells enough.
    if (there && (*there)->size() == (*reader)->size()) co_return BlobOutcome::present;
    if (!there && there.error().code != Errc::not_found) co_return std::unexpected(there.error());
    auto writer = co_await target.create(id);
    if (!writer) co_return std::unexpected(writer.error());
    for (;;) {
        auto part = co_await (*reader)->next();
        if (!part) co_return std::unexpected(part.error());
        if (part->empty()) break;
        auto written = co_await (*writer)->write(std::move(*part));
        if (!written) co_return std::unexpected(written.error());
    }
    auto committed = co_await (*writer)->commit();
    if (!committed) co_return std::unexpected(committed.error());

    reader = co_await source.open(id);
    if (!reader) co_return std::unexpected(reader.error());
    there = co_await target.open(id);
    if (!there) co_return std::unexpected(there.error());
    auto const same = co_await same_bytes(**reader, **there);
    if (!same) co_return std::unexpected(same.error());
    if (!*same) co_return fail(Errc::internal, "the copy of file " + id.text() + " differs");
    co_return BlobOutcome::copied;
}

}  // namespace kaiwa::transfer
