#include "providers/bedrock/embedding_form.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

namespace kaiwa::providers {
namespace {

constexpr std::size_t cohere_batch = 96;

bool is_cohere(EmbeddingFamily family) {
    return family == EmbeddingFamily::cohere_v3 || family == EmbeddingFamily::cohere_v4;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// A character beside others: four letters of ASCII are about a token, and so is any other one.
std::size_t weight(char first_byte) { return static_cast<unsigned char>(first_byte) < 0x80 ? 1 : 4; }

/// The number behind `name`; 0 when there is none.
std::size_t number_after(std::string_view words, std::string_view name) {
    auto const at = words.find(name);
    if (at == words.npos) return 0;
    words.remove_prefix(at + name.size());
    std::uint32_t number = 0;
    std::from_chars(words.data(), words.data() + words.size(), number);
    return number;
}

void append_cohere(std::string& out, EmbeddingFamily family, std::span<std::string const> texts,
                   llm::EmbedPurpose purpose, std::optional<std::size_t> dimensions,
                   std::size_t most) {
    bool const is_v4 = family == EmbeddingFamily::cohere_v4;
    out += R"({"texts":[)";
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, first_characters(texts[i], most));
    }
    fmt::format_to(
        std::back_inserter(out),
        R"(],"input_type":"{}","truncate":"{}","embedding_types":["float"])",
        purpose == llm::EmbedPurpose::query ? "search_query" : "search_document",
        is_v4 ? "RIGHT" : "END");
    if (is_v4)
        fmt::format_to(std::back_inserter(out), R"(,"output_dimension":{})",
                       dimensions.value_or(1'536));
    out += '}';
}

/// Adds a vector; false when it is none.
bool add_vector(llm::Embeddings& out, json::value const& value) {
    auto const* numbers = value.if_array();
    if (numbers == nullptr || numbers->empty()) return false;
    std::vector<float> vector;
    vector.reserve(numbers->size());
    for (auto const& number : *numbers) {
        boost::system::error_code problem;
        auto const read = static_cast<float>(number.to_number<double>(problem));
        if (problem || !std::isfinite(read)) return false;
        vector.push_back(read);
    }
    if (!out.vectors.empty() && out.vectors.front().size() != vector.size()) return false;
    out.vectors.push_back(std::move(vector));
    return true;
}

bool add_vectors(llm::Embeddings& out, json::value const& value) {
    auto const* list = value.if_array();
    return list && std::ranges::all_of(
                       *list, [&](json::value const& item) { return add_vector(out, item); });
}

json::value const* float_member(json::value const* value) {
    auto const* object = value ? value->if_object() : nullptr;
    return object ? object->if_contains("float") : nullptr;
}

}  // namespace

std::optional<EmbeddingFamily> embedding_family(std::string_view model) {
    if (model.contains("titan-embed-text-v2")) return EmbeddingFamily::titan_v2;
    if (model.contains("titan-embed-text-v1") || model.contains("titan-embed-g1-text"))
        return EmbeddingFamily::titan_v1;
    if (model.contains("cohere.embed-v4")) return EmbeddingFamily::cohere_v4;
    if (model.contains("cohere.embed")) return EmbeddingFamily::cohere_v3;
    return std::nullopt;
}

std::optional<EmbeddingFamily> read_embedding_family(std::string_view name) {
    if (name == "titan-v1") return EmbeddingFamily::titan_v1;
    if (name == "titan-v2") return EmbeddingFamily::titan_v2;
    if (name == "cohere-v3") return EmbeddingFamily::cohere_v3;
    if (name == "cohere-v4") return EmbeddingFamily::cohere_v4;
    return std::nullopt;
}

std::size_t embedding_batch(EmbeddingFamily family) { return is_cohere(family) ? cohere_batch : 1; }

std::size_t longest_text(EmbeddingFamily family) {
    switch (family) {
        case EmbeddingFamily::titan_v1:
        case EmbeddingFamily::titan_v2:
            return 50'000;
        case EmbeddingFamily::cohere_v3:
            return 2'048;
        case EmbeddingFamily::cohere_v4:
            return 1'000'000;  // more than its 128,000 tokens are
    }
    return 0;
}

std::size_t shorter_text(std::string_view words, std::string_view text) {
    auto const most = number_after(words, "Max input tokens: ");
    auto const had = number_after(words, "token count: ");
    std::size_t total = 0;
    for (char const c : text) total += begins_character(c) ? weight(c) : 0;
    bool const is_told = most > 0 && had > most;
    auto left = is_told ? total * most / had * 9 / 10 : total / 2;  // weights are about right
    std::size_t characters = 0;
    for (char const c : text) {
        if (!begins_character(c)) continue;
        if (weight(c) > left) break;
        left -= weight(c);
        ++characters;
    }
    return characters;
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (begins_character(text[at]) && count-- == 0) break;
    }
    return text.substr(0, at);
}

bool can_have_dimensions(EmbeddingFamily family, std::optional<std::size_t> dimensions) {
    if (!dimensions) return true;
    auto const one_of = [&](std::initializer_list<std::size_t> allowed) {
        return std::ranges::find(allowed, *dimensions) != allowed.end();
    };
    switch (family) {
        case EmbeddingFamily::titan_v1:
            return one_of({1536});
        case EmbeddingFamily::titan_v2:
            return one_of({256, 512, 1024});
        case EmbeddingFamily::cohere_v3:
            return one_of({384, 1024});
        case EmbeddingFamily::cohere_v4:
            return one_of({256, 512, 1024, 1536});
    }
    return false;
}

std::string embedding_body(EmbeddingFamily family, std::span<std::string const> texts,
                           llm::EmbedPurpose purpose, std::optional<std::size_t> dimensions,
                           std::size_t most) {
    std::string out;
    if (is_cohere(family)) {
        append_cohere(out, family, texts, purpose, dimensions, most);
        return out;
    }
    out += R"({"inputText":)";
    append_json_string(out, first_characters(texts.front(), most));
    if (family == EmbeddingFamily::titan_v2)
        fmt::format_to(std::back_inserter(out), R"(,"dimensions":{},"normalize":true)",
                       dimensions.value_or(1'024));
    out += '}';
    return out;
}

std::optional<llm::Embeddings> read_embeddings(std::string_view body, std::size_t count) {
    auto const value = parse_json(body);
    auto const* answer = value ? value->if_object() : nullptr;
    if (answer == nullptr) return std::nullopt;
    llm::Embeddings out;
    bool good = false;
    if (auto const* one = answer->if_contains("embedding")) {
        good = add_vector(out, *one);
    } else if (auto const* typed = float_member(answer->if_contains("embeddingsByType"))) {
        good = add_vector(out, *typed);
    } else if (auto const* many = answer->if_contains("embeddings")) {
        auto const* by_type = float_member(many);
        good = add_vectors(out, by_type ? *by_type : *many);
    }
    if (!good || out.vectors.size() != count) return std::nullopt;
    if (auto const* tokens = answer->if_contains("inputTextTokenCount");
        tokens && tokens->is_int64() && tokens->get_int64() >= 0)
        out.input_tokens = tokens->get_int64();
    return out;
}

}  // namespace kaiwa::providers
