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

asio::awaitable<Result<BlobCopy>> copy_blob(BlobStore& source, BlobStore& target,
                                            chat::FileInfo file) {
    using enum BlobCopy::Outcome;
    auto reader = co_await chat::open_bytes(source, file);
    if (!reader && reader.error().code == Errc::not_found) co_return BlobCopy{};
    if (!reader) co_return std::unexpected(reader.error());
    auto const size = (*reader)->size();
    auto there = co_await target.open(file.id);
    // Bytes appear whole or not at all, so their number tells enough.
    if (there && (*there)->size() == size) co_return BlobCopy{present, size};
    if (!there && there.error().code != Errc::not_found) co_return std::unexpected(there.error());
    auto writer = co_await target.create(file.id);
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

    reader = co_await chat::open_bytes(source, file);
    if (!reader) co_return std::unexpected(reader.error());
    there = co_await target.open(file.id);
    if (!there) co_return std::unexpected(there.error());
    auto const same = co_await same_bytes(**reader, **there);
    if (!same) co_return std::unexpected(same.error());
    if (!*same) co_return fail(Errc::internal, "the copy of file " + file.id.text() + " differs");
    co_return BlobCopy{copied, size};
}

asio::awaitable<Result<void>> FileCarrier::carry(chat::Message& message) {
    std::vector<chat::FileInfo> kept;
    for (auto& file : message.files) {
        bool const is_ours = file.foreign_key.empty();
        auto* const source = is_ours ? sources_.own : sources_.foreign;
        if (is_ours && source == &target_) {
            kept.push_back(std::move(file));
            continue;
        }
        Result<BlobCopy> copy = BlobCopy{};
        if (source != nullptr) copy = co_await copy_blob(*source, target_, file);
        if (!copy) co_return std::unexpected(copy.error());
        using enum BlobCopy::Outcome;
        if (copy->outcome == copied) ++copied_;
        if (copy->outcome == present) ++present_;
        if (copy->outcome == missing) {
            missing_.push_back(file);
            if (!is_ours || policy_ == Missing::left_out) continue;
        } else if (!is_ours) {
            file.size = copy->size;
        }
        file.foreign_key.clear();
        kept.push_back(std::move(file));
    }
    message.files = std::move(kept);
    co_return Result<void>{};
}

asio::awaitable<Result<std::vector<chat::ArchivedMessage>>> FileCarrier::next() {
    auto some = co_await reader_.next();
    if (!some) co_return some;
    for (auto& archived : *some) {
        auto carried = co_await carry(archived.message);
        if (!carried) co_return std::unexpected(carried.error());
    }
    messages_ += some->size();
    co_return some;
}

}  // namespace kaiwa::transfer
