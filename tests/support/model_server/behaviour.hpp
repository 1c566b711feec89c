#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::model_server {

/// How a model answers, read from its id: a name, then options as in a query.
///
///     stream?tokens=200&rate=20&dialect=vllm&cut=1300
///
/// The README lists the options. `;` may stand for `?` and `&`, where an id must not contain those.
class Behaviour {
public:
    enum class End { keep_alive, fin, reset, stall };
    enum class Framing { chunked, length, close };
    enum class UsagePlace { asked, none, last, every };

    /// Fails with what is wrong: an unknown option, or a number that is none.
    static std::expected<Behaviour, std::string> parse(std::string_view model);

    std::string name;  ///< What stands before the options.

    std::string text;             ///< For "fixed".
    std::string chunk = "word ";  ///< For "stream": the text of each token.
    std::size_t tokens = 20;      ///< For "stream": how many.
    std::size_t markdown = 0;     ///< For "markdown": which of the texts.
    std::size_t token_bytes = 6;  ///< Other texts are cut into tokens of about so many bytes.
    double rate = 0;              ///< Tokens a second; 0: no pauses.
    std::chrono::milliseconds first_delay{0};
    bool stamp = false;  ///< Each token is the monotonic time in ns, 20 digits.

    std::string dialect;          ///< Empty: the server's default.
    std::size_t reasoning = 0;    ///< Tokens of reasoning before the answer.
    std::string reasoning_field;  ///< Empty: the dialect's.
    bool think_tags = false;      ///< Reasoning inside the text, in tags.
    bool no_open_tag = false;     ///< Only the closing tag is written.
    std::size_t tools = 0;        ///< Tool calls after the text.
    std::string finish = "stop";
    UsagePlace usage = UsagePlace::asked;
    bool no_done = false;
    bool bad_utf8 = false;
    bool lone_surrogate = false;
    bool not_sse = false;            ///< One JSON answer although a stream was asked for.
    bool html = false;               ///< A page of HTML with the status.
    std::string shape = "response";  ///< Of a custom answer.

    unsigned status = 200;
    std::optional<std::string> retry_after;
    std::string code;  ///< Of an error; empty: the usual one for the status.
    std::string message = "scripted failure";
    std::optional<std::size_t> error_mid;  ///< An error instead of this token (from 0).
    bool old_error = false;                ///< llama.cpp's older `error:` line.
    std::vector<std::string> refuse;       ///< Parameters that are answered with 400.

    std::optional<std::size_t> end_at;  ///< Byte of the body where `end` happens.
    std::optional<std::size_t> end_at_head;
    bool clean_end = false;  ///< The body ends there as if it were whole.
    End end = End::keep_alive;
    Framing framing = Framing::chunked;
    std::size_t split = 0;  ///< Bytes a write; 0: one write a token.
    std::string eol = "\n";
    bool bom = false;
    std::size_t comments = 0;  ///< A comment before every so many tokens.
};

/// Undoes percent-encoding; what is not hexadecimal stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace kaiwa::model_server
