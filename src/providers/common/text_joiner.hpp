#pragma once

#include <string>

namespace kaiwa::providers {

/// Makes well-formed UTF-8 of text that a model server cut into pieces anywhere: inside a code
/// point's bytes, or between the two halves of a surrogate pair. What belongs to no code point
/// becomes U+FFFD.
class TextJoiner {
public:
    /// Turns `piece` into the whole code points that it completes; what it leaves unfinished waits
    /// for the next piece.
    void join(std::string& piece);
    /// What is still unfinished at the end of the text.
    [[nodiscard]] std::string flush();

private:
    std::string pending_;  // at most three bytes
};

/// The same for text that came whole.
[[nodiscard]] std::string well_formed(std::string text);

}  // namespace kaiwa::providers
