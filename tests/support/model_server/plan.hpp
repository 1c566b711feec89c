#pragma once

#include "behaviour.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kaiwa::model_server {

/// A part of a body before transfer coding.
struct BodyPiece {
    std::chrono::microseconds gap{0};  ///< Since the piece before.
    std::string bytes;
    std::size_t tokens = 0;                    ///< How many tokens of text it carries.
    std::size_t stamp_at = std::string::npos;  ///< Where 20 digits of time are written.
};

struct Answer {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<BodyPiece> pieces;
};

/// One write.
struct Write {
    std::chrono::microseconds gap{0};
    std::string bytes;
    std::size_t tokens = 0;
    std::size_t stamp_at = std::string::npos;
};

/// A response as it goes over the wire, and what happens to the connection afterwards.
struct Plan {
    unsigned status = 200;
    std::vector<Write> writes;
    Behaviour::End end = Behaviour::End::keep_alive;
};

/// What a client asked of a model, whichever of the vendors' requests it used.
struct Question {
    enum class Api { openai, anthropic, custom_chat, custom_generate };
    Api api = Api::openai;
    bool azure = false;
    bool stream = false;
    bool include_usage = false;
    std::string model;
    std::string text;  ///< The last user message.
    std::size_t prompt_bytes = 0;
    boost::json::object body;
};

/// What the answers have in common.
struct Sources {
    std::string dialect = "openai";
    std::vector<std::string> markdown;
};

/// Writes the answer that `behaviour` describes in the API of `question`.
[[nodiscard]] Answer make_answer(Question const& question, Behaviour const& behaviour,
                                 Sources const& sources);

/// A JSON answer with a status, e.g. the list of models.
[[nodiscard]] Answer json_answer(unsigned status, std::string body);

/// Adds the head and transfer coding, and applies what `behaviour` says about splits and ends.
[[nodiscard]] Plan make_plan(Answer answer, Behaviour const& behaviour);

/// The tokens of the answer's text.
[[nodiscard]] std::vector<std::string> answer_tokens(Question const& question,
                                                     Behaviour const& behaviour,
                                                     Sources const& sources);

/// An error in the words of `question.api`.
[[nodiscard]] std::string error_body(Question const& question, Behaviour const& behaviour,
                                     std::string const& dialect);

/// `text` as a JSON string; ill-formed bytes go through unchanged.
[[nodiscard]] std::string quoted(std::string_view text);

std::vector<BodyPiece> openai_stream(Question const& question, Behaviour const& behaviour,
                                     std::string const& dialect,
                                     std::vector<std::string> const& tokens);
std::vector<BodyPiece> anthropic_stream(Question const& question, Behaviour const& behaviour,
                                        std::vector<std::string> const& tokens);

}  // namespace kaiwa::model_server
