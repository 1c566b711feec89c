#pragma once

#include "chat/chat_store.hpp"
#include "chat/recent_branches.hpp"
#include "chat/responder.hpp"
#include "llm/chat_model.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kaiwa::chat {

struct PromptOptions {
    std::string system_prompt;             ///< Where the thread has none of its own.
    std::int64_t unknown_window = 32'768;  ///< Tokens, for a model that does not say.
    std::size_t max_image_bytes = 20 << 20;      ///< Larger pictures are named, not shown.
    std::size_t max_text_file_bytes = 128 << 10; ///< Longer text files are named, not quoted.
    /// Of all files of a prompt, newest message first; those beyond are named. A turn holds them
    /// until its model answers, and once more as the request's text.
    std::size_t max_file_bytes = 32 << 20;
};

struct BuiltPrompt {
    llm::Prompt prompt;
    std::int64_t dropped = 0;  ///< Oldest messages of the branch that did not fit the window.
    /// Names of the question's files that the model is told of, but whose content it does not get.
    std::vector<std::string> named_files;
};

/// Makes what a model is asked: instructions, as much of the branch as fits the model's window
/// (newest first, by an estimate that errs to the safe side), the question with its pictures.
class PromptBuilder {
public:
    PromptBuilder(ChatStore& store, BlobStore& blobs, RecentBranches& recent,
                  PromptOptions options);

    asio::awaitable<Result<BuiltPrompt>> build(TurnContext const& turn,
                                               llm::ModelInfo const& model) const;

private:
    class Draft;
    /// What reading a branch for a model goes by, and finds.
    struct Reading {
        MessageId question;
        bool sees_images;
        std::uint64_t bytes_left;  // of all files
        std::vector<std::string> named_files{};
    };

    [[nodiscard]] std::optional<RecentBranches::Lines> remembered(TurnContext const& turn) const;
    asio::awaitable<Result<void>> read_branch(TurnContext const& turn, Reading& reading,
                                              Draft& draft) const;
    asio::awaitable<Result<std::vector<llm::Part>>> parts_of(Message const& message,
                                                             Reading& reading) const;
    asio::awaitable<Result<std::string>> read_file(FileInfo file, std::size_t max_bytes) const;

    ChatStore& store_;
    BlobStore& blobs_;
    RecentBranches& recent_;
    PromptOptions options_;
};

}  // namespace kaiwa::chat
