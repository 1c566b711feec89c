#include "transfer/migration.hpp"

#include "transfer/blob_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

namespace kaiwa::transfer {

using chat::ArchivedMessage;
using chat::ArchivedThread;

namespace {

constexpr std::size_t users_a_page = 200;
constexpr std::size_t threads_a_line = 100;

std::unexpected<Error> in_use(std::string what) {
    return fail(Errc::conflict,
                fmt::format("the target holds {} that the source does not: it is used already; "
                            "choose an empty one, or remove that first",
                            what),
                "target_in_use");
}

std::unexpected<Error> differs(std::string what) {
    return fail(Errc::internal,
                fmt::format("the copy of {} differs from the source; keep the source", what),
                "copy_differs");
}

std::string name_of(auth::ApiKey const& key) {
    return fmt::format("API key {} ({})", key.prefix, key.name);
}

bool same_user(auth::UserWithPassword const& a, auth::UserWithPassword const& b) {
    return a.user.username == b.user.username && a.user.name == b.user.name &&
           a.user.role == b.user.role && a.user.disabled == b.user.disabled &&
           a.user.created_at == b.user.created_at && a.password_hash == b.password_hash;
}

bool same_provider(llm::ProviderConfig const& a, llm::ProviderConfig const& b) {
    return a.name == b.name && a.kind == b.kind && a.base_url == b.base_url &&
           a.models == b.models && a.options == b.options &&
           a.api_key.reveal() == b.api_key.reveal() && a.is_key_lost == b.is_key_lost;
}

/// An owner that no store knows by name came without signing in, or is no more.
void name_owner(ArchivedThread& thread) {
    if (thread.owner.username.empty())
        thread.owner.username = "anonymous:" + thread.owner.id.text();
}

}  // namespace

asio::awaitable<Result<std::vector<auth::User>>> all_users(auth::UserStore& store) {
    std::vector<auth::User> users;
    auth::UserQuery query;
    query.limit = users_a_page;
    for (;;) {
        auto page = co_await store.users(query);
        if (!page) co_return std::unexpected(page.error());
        std::ranges::move(page->items, std::back_inserter(users));
        if (!page->next) co_return users;
        query.after = *page->next;
    }
}

asio::awaitable<Result<AllThreads>> all_threads(chat::ThreadArchive& archive) {
    AllThreads all;
    std::unordered_set<ThreadId> known;  // one may be listed both as deleted and as another program's
    std::string after;
    for (;;) {
        auto listing = co_await archive.list(std::move(after));
        if (!listing) co_return std::unexpected(listing.error());
        for (auto const& id : listing->threads)
            if (known.insert(id).second) all.threads.push_back(id);
        std::ranges::move(listing->unreadable, std::back_inserter(all.unreadable));
        all.foreign_files += listing->foreign_files;
        if (!listing->next) co_return all;
        after = std::move(*listing->next);
    }
}

asio::awaitable<Result<ThreadDigest>> digest_of(chat::ThreadArchive& archive,
                                                ArchivedThread thread) {
    auto reader = co_await archive.read(thread.thread.id);
    if (!reader) co_return std::unexpected(reader.error());
    co_return co_await digest_of(**reader, std::move(thread));
}

asio::awaitable<Result<ThreadDigest>> digest_of(chat::ThreadArchive::Reader& reader,
                                                ArchivedThread thread) {
    ThreadDigest digest(thread);
    for (;;) {
        auto const messages = co_await reader.next();
        if (!messages) co_return std::unexpected(messages.error());
        if (messages->empty()) co_return digest;
        for (auto const& message : *messages) digest.add(message);
    }
}

asio::awaitable<Result<MigrationReport>> Migration::run() {
    using Step = asio::awaitable<Result<void>> (Migration::*)();
    constexpr std::array<Step, 9> steps{&Migration::refuse_served,  &Migration::take_inventory,
                                        &Migration::refuse_foreign, &Migration::copy_users,
                                        &Migration::copy_keys,      &Migration::copy_providers,
                                        &Migration::copy_threads,   &Migration::refuse_served,
                                        &Migration::compare_counts};
    for (auto const step : steps) {
        auto const done = co_await (this->*step)();
        if (!done) co_return std::unexpected(done.error());
    }
    co_return std::move(report_);
}

asio::awaitable<Result<void>> Migration::refuse_served() {
    for (auto const& [side, archive] :
         {std::pair("source", &source_.threads), std::pair("target", &target_.threads)}) {
        auto const until = co_await archive->served_until();
        if (!until) co_return std::unexpected(until.error());
        if (*until)
            co_return fail(Errc::conflict,
                           fmt::format("a server works on the {}: end it first. If it was killed, "
                                       "wait until {}",
                                       side, to_rfc3339(**until)),
                           "served");
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Migration::take_inventory() {
    auto users = co_await all_users(source_.users);
    if (!users) co_return std::unexpected(users.error());
    users_ = std::move(*users);
    auto all = co_await all_threads(source_.threads);
    if (!all) co_return std::unexpected(all.error());
    threads_ = std::move(all->threads);
    for (auto const& key : all->unreadable)
        report_.left_out.push_back("the thread under " + key + ": its id is no lower-case UUID");
    progress_(
        fmt::format("the source has {} users and {} threads", users_.size(), threads_.size()));
    if (all->foreign_files > 0 && source_.foreign == nullptr) {
        // Said at once, too: who wants them ends this and begins again.
        report_.left_out.push_back(fmt::format(
            "{} files of messages that Chainlit stored in a bucket: to take them along, name it in "
            "files.s3.bucket and copy into an empty target",
            all->foreign_files));
        progress_("left out: " + report_.left_out.back());
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Migration::refuse_foreign() {
    std::unordered_set<UserId> people;
    for (auto const& user : users_) people.insert(user.id);
    auto const theirs = co_await all_users(target_.users);
    if (!theirs) co_return std::unexpected(theirs.error());
    for (auto const& user : *theirs)
        if (!people.contains(user.id)) co_return in_use("user " + user.username);

    std::unordered_set<ThreadId> const ours(threads_.begin(), threads_.end());
    auto const threads = co_await all_threads(target_.threads);
    if (!threads) co_return std::unexpected(threads.error());
    for (auto const& id : threads->threads)
        if (!ours.contains(id)) co_return in_use("thread " + id.text());
    if (!threads->unreadable.empty()) co_return in_use("the thread " + threads->unreadable.front());

    auto const our_keys = co_await source_.users.keys(std::nullopt);
    if (!our_keys) co_return std::unexpected(our_keys.error());
    auto const their_keys = co_await target_.users.keys(std::nullopt);
    if (!their_keys) co_return std::unexpected(their_keys.error());
    for (auto const& key : *their_keys)
        if (std::ranges::find(*our_keys, key.id, &auth::ApiKey::id) == our_keys->end())
            co_return in_use(name_of(key));

    auto const our_providers = co_await source_.providers.providers();
    if (!our_providers) co_return std::unexpected(our_providers.error());
    auto const their_providers = co_await target_.providers.providers();
    if (!their_providers) co_return std::unexpected(their_providers.error());
    for (auto const& provider : *their_providers)
        if (std::ranges::find(*our_providers, provider.name, &llm::ProviderConfig::name) ==
            our_providers->end())
            co_return in_use("provider " + provider.name);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Migration::copy_users() {
    for (auto const& each : users_) {
        auto user = co_await source_.users.user(each.id);
        // Rows that another program added get their id at their first use.
        if (!user && user.error().code == Errc::not_found)
            user = co_await source_.users.user_by_name(each.username);
        if (!user) co_return std::unexpected(user.error());
        auto there = co_await target_.users.user(each.id);
        if (there) {
            if (!same_user(*user, *there)) co_return in_use("a change of user " + each.username);
            ++report_.present.users;
            continue;
        }
        if (there.error().code != Errc::not_found) co_return std::unexpected(there.error());
        auto added = co_await target_.users.add_user(*user);
        if (!added) co_return added;
        there = co_await target_.users.user(each.id);
        if (!there) co_return std::unexpected(there.error());
        if (!same_user(*user, *there)) co_return differs("user " + each.username);
        ++report_.copied.users;
    }
    progress_(fmt::format("users: {} copied, {} were there", report_.copied.users,
                          report_.present.users));
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Migration::copy_keys() {
    auto const keys = co_await source_.users.keys(std::nullopt);
    if (!keys) co_return std::unexpected(keys.error());
    auto const there = co_await target_.users.keys(std::nullopt);
    if (!there) co_return std::unexpected(there.error());
    for (auto const& key : *keys) {
        auto const same = std::ranges::find(*there, key.id, &auth::ApiKey::id);
        if (same != there->end()) {
            if (same->key_hash != key.key_hash) co_return in_use("another " + name_of(key));
            ++report_.present.keys;
            continue;
        }
        auto added = co_await target_.users.add_key(key);
        if (!added) co_return added;
        auto const stored = co_await target_.users.key(key.key_hash);
        if (!stored) co_return std::unexpected(stored.error());
        if (stored->key.id != key.id || stored->key.user != key.user)
            co_return differs(name_of(key));
        ++report_.copied.keys;
    }
    progress_(fmt::format("API keys: {} copied, {} were there", report_.copied.keys,
                          report_.present.keys));
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Migration::copy_providers() {
    auto const providers = co_await source_.providers.providers();
    if (!providers) co_return std::unexpected(providers.error());
    auto there = co_await target_.providers.providers();
    if (!there) co_return std::unexpected(there.error());
    for (auto const& provider : *providers) {
        auto const same = std::ranges::find(*there, provider.name, &llm::ProviderConfig::name);
        if (same != there->end() && same_provider(*same, provider)) {
            ++report_.present.providers;
            continue;
        }
        auto put = co_await target_.providers.put_provider(provider);
        if (!put) co_return put;
        if (provider.is_key_lost)
            report_.left_out.push_back(fmt::format(
                "the key of provider {}: it cannot be opened; enter it again", provider.name));
        ++report_.copied.providers;
    }
    there = co_await target_.providers.providers();
    if (!there) co_return std::unexpected(there.error());
    for (auto const& provider : *providers) {
        auto const same = std::ranges::find(*there, provider.name, &llm::ProviderConfig::name);
        if (same == there->end() || !same_provider(*same, provider))
            co_return differs("provider " + provider.name);
    }
    progress_(fmt::format("providers: {} copied, {} were there", report_.copied.providers,
                          report_.present.providers));
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Migration::copy_threads() {
    std::size_t done = 0;
    for (auto const& id : threads_) {
        auto copied = co_await copy_thread(id);
        if (!copied) co_return copied;
        if (++done % threads_a_line == 0 || done == threads_.size()) tell_threads(done);
    }
    co_return Result<void>{};
}

void Migration::tell_threads(std::size_t done) {
    progress_(fmt::format("threads: {} of {}; messages: {} copied, {} were there; files: {} copied",
                          done, threads_.size(), report_.copied.messages, report_.present.messages,
                          report_.copied.files));
}

asio::awaitable<Result<void>> Migration::copy_thread(ThreadId id) {
    auto thread = co_await source_.threads.find(id);
    if (!thread) co_return std::unexpected(thread.error());
    if (thread->thread.running)
        co_return fail(Errc::conflict,
                       fmt::format("an answer is being written in thread {}: end the servers of "
                                   "the source first",
                                   id.text()),
                       "running");
    name_owner(*thread);
    auto const there = co_await target_.threads.find(id);
    if (!there && there.error().code != Errc::not_found) co_return std::unexpected(there.error());
    bool same = false;
    if (there) {
        if (there->owner.id != thread->owner.id)
            co_return in_use(fmt::format("thread {} of {}", id.text(), there->owner.username));
        if (there->thread.running)
            co_return fail(Errc::conflict,
                           fmt::format("an answer is being written in thread {}: end the servers "
                                       "of the target first",
                                       id.text()),
                           "running");
        auto reader = co_await source_.threads.read(id);
        if (!reader) co_return std::unexpected(reader.error());
        auto carrier = carry_files(**reader);
        auto const here = co_await digest_of(carrier, *thread);
        if (!here) co_return std::unexpected(here.error());
        auto const copy = co_await digest_of(target_.threads, *there);
        if (!copy) co_return std::unexpected(copy.error());
        same = *here == *copy;
        // What an earlier run left half-way has no head yet.
        if (!same && (there->thread.head || there->deleted_at))
            co_return in_use("a change of thread " + id.text());
    }
    if (!same) {
        auto opened = co_await target_.threads.open_thread(*thread);
        if (!opened) co_return opened;
    }
    auto reader = co_await source_.threads.read(id);
    if (!reader) co_return std::unexpected(reader.error());
    auto carrier = carry_files(**reader);
    ThreadDigest digest(*thread);
    for (;;) {
        auto messages = co_await carrier.next();
        if (!messages) co_return std::unexpected(messages.error());
        if (messages->empty()) break;
        for (auto const& message : *messages) digest.add(message);
        if (same) continue;
        auto added = co_await target_.threads.add_messages(*thread, std::move(*messages));
        if (!added) co_return added;
    }
    report_.copied.files += carrier.copied();
    report_.present.files += carrier.present();
    for (auto const& file : carrier.missing())
        report_.left_out.push_back(
            fmt::format("the bytes of file {} in thread {}: the source does not have them",
                        file.id.text(), id.text()));
    for (auto const& key : (*reader)->unreadable())
        report_.left_out.push_back("the message under " + key + ": its id is no lower-case UUID");
    auto& tally = same ? report_.present : report_.copied;
    ++tally.threads;
    tally.messages += digest.messages();
    if (same) co_return Result<void>{};

    auto closed = co_await target_.threads.close_thread(*thread);
    if (!closed) co_return closed;
    auto const stored = co_await target_.threads.find(id);
    if (!stored) co_return std::unexpected(stored.error());
    auto const copy = co_await digest_of(target_.threads, *stored);
    if (!copy) co_return std::unexpected(copy.error());
    if (*copy != digest) co_return differs("thread " + id.text());
    co_return Result<void>{};
}

FileCarrier Migration::carry_files(chat::ThreadArchive::Reader& reader) {
    return {reader, {&source_.blobs, source_.foreign}, target_.blobs, FileCarrier::Missing::named};
}

asio::awaitable<Result<void>> Migration::compare_counts() {
    auto const users = co_await all_users(target_.users);
    if (!users) co_return std::unexpected(users.error());
    auto const threads = co_await all_threads(target_.threads);
    if (!threads) co_return std::unexpected(threads.error());
    auto const counted = [](std::size_t here, std::size_t there) {
        return fmt::format("the number: {} in the source, {} in the target", here, there);
    };
    if (users->size() != users_.size())
        co_return differs("users by " + counted(users_.size(), users->size()));
    if (threads->threads.size() != threads_.size())
        co_return differs("threads by " + counted(threads_.size(), threads->threads.size()));
    progress_(fmt::format("compared: {} users, {} threads, {} messages are the same on both sides",
                          users->size(), threads_.size(),
                          report_.copied.messages + report_.present.messages));
    co_return Result<void>{};
}

}  // namespace kaiwa::transfer
