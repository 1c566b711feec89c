#pragma once

#include "store/dynamodb/engine.hpp"
#include "store/dynamodb/tree.hpp"

namespace kaiwa::store::dynamodb {

/// A live thread of `who`; fails with `not_found`.
asio::awaitable<Result<ThreadRow>> load_thread(Engine engine, chat::Principal who, ThreadId id);

/// All its messages: of a long thread most by their outline, and none with what overflowed.
asio::awaitable<Result<Tree>> load_tree(Engine engine, ThreadRow thread);

/// Reads those of the messages at `places` that are known by their outline alone. At most a few
/// dozen at once: each may have 100 KB.
asio::awaitable<Result<void>> load_whole(Engine engine, ThreadId thread, Tree& tree,
                                         std::vector<std::size_t> places);

/// Adds what overflowed of the message at `place`.
asio::awaitable<Result<void>> load_overflow(Engine engine, Tree& tree, std::size_t place);

/// The message at `place` with everything: what overflowed, and what a running answer has come to.
/// The tree lets go of its texts.
asio::awaitable<Result<chat::Message>> whole_message(Engine engine, ThreadId thread, Tree& tree,
                                                     std::size_t place);

/// The condition that an item THREAD stands for a live thread of `who`.
[[nodiscard]] std::string owner_condition(Aliases& aliases, chat::Principal const& who);

/// Moves steps and their elements so that Chainlit sees the branch that ends at `head` and nothing
/// else. What changes meanwhile stays where it is until the next time: every reader of ours reads
/// both places.
asio::awaitable<void> show_branch(Engine engine, ThreadId thread, Tree tree, std::size_t head);

}  // namespace kaiwa::store::dynamodb
