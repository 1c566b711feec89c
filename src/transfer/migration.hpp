#pragma once

#include "auth/user_store.hpp"
#include "chat/thread_archive.hpp"
#include "llm/catalogue.hpp"
#include "transfer/blob_copy.hpp"
#include "transfer/thread_digest.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace kaiwa::transfer {

/// The ports of one store that hold what stays when a server ends.
struct Side {
    auth::UserStore& users;
    llm::ProviderStore& providers;
    chat::ThreadArchive& threads;
    /// May be the same on both sides: then the bytes of our own files stay where they are.
    chat::BlobStore& blobs;
    /// Of a source: where other programs stored files of messages; null: nobody said.
    chat::BlobStore* foreign = nullptr;
};

/// How much of each kind there was.
struct Tally {
    std::size_t users = 0;
    std::size_t keys = 0;
    std::size_t providers = 0;
    std::size_t threads = 0;
    std::size_t messages = 0;
    std::size_t files = 0;
};

struct MigrationReport {
    Tally copied;
    Tally present;  ///< Was there already, and is the same.
    /// What could not be taken along, each in a sentence with its key.
    std::vector<std::string> left_out;
};

/// Copies everything from one store into another that holds nothing else: users with their
/// passwords, API keys, providers with theirs, threads with all branches, feedback and settings,
/// deleted ones too, and the bytes of their files. Sessions, event logs and files that were never
/// sent stay behind. Nothing in the source changes.
///
/// It keeps no notes: a second run finds out what is there and the same, and goes on with the rest,
/// so it may be ended at any moment. What was changed in the target since is refused. Each thread is read back from the target and compared by its
/// digest, and the counts of everything at the end.
class Migration {
public:
    using Progress = std::function<void(std::string const& line)>;

    Migration(Side source, Side target, Progress progress)
        : source_(source), target_(target), progress_(std::move(progress)) {}

    /// Fails with `conflict`: reason "served" (a server seems to work on either side),
    /// "target_in_use" (it holds what the source does not), "running" (an answer is being written);
    /// `internal` when a copy differs; or as the stores do.
    asio::awaitable<Result<MigrationReport>> run();

private:
    asio::awaitable<Result<void>> refuse_served();
    asio::awaitable<Result<void>> take_inventory();
    asio::awaitable<Result<void>> refuse_foreign();
    asio::awaitable<Result<void>> copy_users();
    asio::awaitable<Result<void>> copy_keys();
    asio::awaitable<Result<void>> copy_providers();
    asio::awaitable<Result<void>> copy_threads();
    asio::awaitable<Result<void>> copy_thread(ThreadId id);
    FileCarrier carry_files(chat::ThreadArchive::Reader& reader);
    asio::awaitable<Result<void>> compare_counts();
    void tell_threads(std::size_t done);

    Side source_;
    Side target_;
    Progress progress_;
    std::vector<auth::User> users_;
    std::vector<ThreadId> threads_;
    MigrationReport report_;
};

/// All users, all threads of a store.
asio::awaitable<Result<std::vector<auth::User>>> all_users(auth::UserStore& store);
struct AllThreads {
    std::vector<ThreadId> threads;
    std::vector<std::string> unreadable;
    std::size_t foreign_files = 0;
};
asio::awaitable<Result<AllThreads>> all_threads(chat::ThreadArchive& archive);

/// Reads a thread to its end.
asio::awaitable<Result<ThreadDigest>> digest_of(chat::ThreadArchive& archive,
                                                chat::ArchivedThread thread);
asio::awaitable<Result<ThreadDigest>> digest_of(chat::ThreadArchive::Reader& reader,
                                                chat::ArchivedThread thread);

}  // namespace kaiwa::transfer
