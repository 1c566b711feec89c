#pragma once

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// Takes the reasoning out of answers that carry it as `<think>…</think>` before their text, with
/// the tags cut anywhere.
///
/// Only a block at the very beginning is reasoning: later on the tags are words of the answer.
class ThinkSplitter {
public:
    enum class Start {
        unknown,   ///< A block may come first.
        thinking,  ///< The opening tag is left out: the text begins inside the block.
        text,      ///< The server separates reasoning itself.
    };

    explicit ThinkSplitter(Start start);

    struct Parts {
        std::string reasoning;
        std::string text;
    };
    /// What of the text so far has become certain.
    Parts split(std::string piece);
    /// What was held back at the end of the answer.
    Parts flush();

    /// A closing tag stood on a line of its own without an opening one: the server's template
    /// writes the opening tag into the prompt.
    [[nodiscard]] bool found_lone_end() const { return found_lone_end_; }
    /// The text began as if inside a block, and no closing tag came.
    [[nodiscard]] bool never_ended() const { return omitted_begin_ && state_ == State::thinking; }

private:
    enum class State { start, thinking, after, watching, text };

    void take_start(Parts& out);
    void take_thinking(Parts& out);
    void take_after(Parts& out);
    void take_watching(Parts& out);

    State state_;
    bool omitted_begin_;
    bool found_lone_end_ = false;
    char before_ = '\n';  // the last character of the text handed out
    std::string held_;
    std::string unclosed_;  // reasoning that is the answer, if the block never ends
};

}  // namespace kaiwa::providers
