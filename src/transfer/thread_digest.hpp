#pragma once

#include "base/crypto.hpp"
#include "chat/thread_archive.hpp"

namespace kaiwa::transfer {

/// What a thread is, as one number: two copies of it in different stores have the same. Everything
/// counts that people or programs can see, and the digests of requests; an absent text counts as an
/// empty one, since stores do not tell them apart.
///
/// A value: no I/O.
class ThreadDigest {
public:
    explicit ThreadDigest(chat::ArchivedThread const& thread);

    /// Messages in the order of their numbers.
    void add(chat::ArchivedMessage const& message);

    [[nodiscard]] Sha256 const& value() const { return digest_; }
    [[nodiscard]] std::size_t messages() const { return messages_; }
    bool operator==(ThreadDigest const&) const = default;

private:
    void mix(std::string const& part);

    Sha256 digest_{};
    std::size_t messages_ = 0;
};

}  // namespace kaiwa::transfer
