#pragma once

#include "chat/chat_store.hpp"
#include "chat/thread_archive.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kaiwa::transfer {

struct BlobCopy {
    enum class Outcome { copied, present, missing } outcome = Outcome::missing;
    std::uint64_t size = 0;  ///< Bytes of what is there now.
};

/// Copies the bytes of `file` that `target` does not have under its id, and compares both
/// afterwards. `missing`: `source` has none. Fails with `unavailable`, or `internal` when the copy
/// differs.
asio::awaitable<Result<BlobCopy>> copy_blob(chat::BlobStore& source, chat::BlobStore& target,
                                            chat::FileInfo file);

/// Reads a thread's messages and brings the bytes of their files along: they are in `target` before
/// a message that names them is given. With the source of our own and `target` the same, those stay
/// where they are; what another program stored there gets a copy under its id.
class FileCarrier final : public chat::ThreadArchive::Reader {
public:
    /// Files of ours whose bytes are not to be had: the message goes on naming them, or does not.
    /// One that another program stored is never named without its bytes.
    enum class Missing { named, left_out };

    /// Where the bytes are; null: nowhere.
    struct Sources {
        chat::BlobStore* own = nullptr;
        chat::BlobStore* foreign = nullptr;
    };
    FileCarrier(chat::ThreadArchive::Reader& reader, Sources sources, chat::BlobStore& target,
                Missing policy)
        : reader_(reader), sources_(sources), target_(target), policy_(policy) {}

    asio::awaitable<Result<std::vector<chat::ArchivedMessage>>> next() override;
    [[nodiscard]] std::vector<std::string> const& unreadable() const override {
        return reader_.unreadable();
    }

    [[nodiscard]] std::size_t messages() const { return messages_; }
    [[nodiscard]] std::size_t copied() const { return copied_; }
    [[nodiscard]] std::size_t present() const { return present_; }
    [[nodiscard]] std::vector<chat::FileInfo> const& missing() const { return missing_; }

private:
    asio::awaitable<Result<void>> carry(chat::Message& message);

    chat::ThreadArchive::Reader& reader_;
    Sources const sources_;
    chat::BlobStore& target_;
    Missing const policy_;
    std::size_t messages_ = 0;
    std::size_t copied_ = 0;
    std::size_t present_ = 0;
    std::vector<chat::FileInfo> missing_;
};

}  // namespace kaiwa::transfer
