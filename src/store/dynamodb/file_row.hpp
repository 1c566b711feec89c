#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/engine.hpp"
#include "store/dynamodb/keys.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::store::dynamodb {

/// An uploaded file as the table has it.
struct FileRow {
    chat::FileInfo info;
    std::string owner;                 ///< A user's id.
    std::vector<std::string> threads;  ///< That have it at a message.
    bool deleted = false;
};

[[nodiscard]] std::optional<FileRow> read_file(Item const& item);
/// Of an upload that no message has yet.
[[nodiscard]] Item file_item(chat::FileInfo const& info, UserId owner, Timestamp now);
/// So that the files of a person can be found.
[[nodiscard]] inline Key file_pointer(UserId owner, FileId file) {
    return {user_partition(owner), "FILE#" + file.text()};
}

/// The files, in the asked order, that `who` may use: own ones that no thread has, or a live one.
/// Fails with `not_found`.
asio::awaitable<Result<std::vector<FileRow>>> usable_files(Engine engine, chat::Principal who,
                                                           std::vector<FileId> ids);

/// Gives those of `files`, which messages of a thread of `who` have, that Chainlit stored items of
/// their own, so that they can be had by id.
asio::awaitable<Result<void>> adopt_files(Engine engine, chat::Principal who, ThreadId thread,
                                          std::vector<chat::FileInfo> files);

}  // namespace kaiwa::store::dynamodb
