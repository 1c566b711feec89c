#include "providers/bedrock/bedrock_embedder.hpp"
#include "server/outbound.hpp"
#include "server/run_alone.hpp"
#include "server/wire_bedrock.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>

extern char** environ;

namespace kaiwa::server {
namespace {

using Vectors = llm::Outcome<llm::Embeddings>;

struct Asked {
    llm::ProviderConfig provider;
    providers::BedrockEmbedding embedding;
    llm::EmbedPurpose purpose = llm::EmbedPurpose::document;
};

Asked read_arguments(int argc, char** argv) {
    Asked asked;
    asked.provider.name = "aws";
    asked.provider.kind = "bedrock";
    asked.provider.base_url = argv[1];
    asked.embedding.model = argv[2];
    for (int i = 3; i < argc; ++i) {
        std::string_view const argument = argv[i];
        auto const equals = std::min(argument.find('='), argument.size() - 1);
        std::string const name(argument.substr(0, equals));
        std::string value(argument.substr(equals + 1));
        if (name == "dimensions") {
            asked.embedding.dimensions = std::strtoul(value.c_str(), nullptr, 10);
        } else if (name == "family") {
            asked.embedding.family = std::move(value);
        } else if (name == "purpose") {
            if (value == "query") asked.purpose = llm::EmbedPurpose::query;
        } else if (name == "api_key") {
            asked.provider.api_key = Secret(std::move(value));
        } else {
            asked.provider.options[name] = std::move(value);
        }
    }
    return asked;
}

Settings settings_of_environment() {
    Settings settings;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        std::string_view const text = *variable;
        auto const name = text.substr(0, text.find('='));
        auto const value = text.substr(std::min(name.size() + 1, text.size()));
        if ((name.starts_with("AWS_") || name == "HOME") && !value.empty())
            settings.aws_variables.emplace(name, value);
    }
    return settings;
}

asio::awaitable<Result<Vectors>> embed(llm::Embedder& embedder, std::vector<std::string> texts,
                                       llm::EmbedPurpose purpose) {
    auto vectors = co_await embedder.embed(std::move(texts), purpose);
    co_return Result<Vectors>(std::in_place, std::move(vectors));
}

json::object written(llm::Failure const& failure) {
    return {{"failure", llm::to_string(failure.kind)},
            {"message", failure.message},
            {"for_operator", failure.for_operator},
            {"request_id", failure.provider_request_id}};
}

json::object written(llm::Embedder const& embedder, llm::Embeddings const& made) {
    json::object out{{"identity", embedder.identity()}, {"batch_size", embedder.batch_size()}};
    out["input_tokens"] = made.input_tokens ? json::value(*made.input_tokens) : json::value();
    out["vectors"] = json::value_from(made.vectors);
    return out;
}

json::object answer(Asked const& asked, std::vector<std::string> texts) {
    auto const settings = settings_of_environment();
    SystemClock const clock;
    SystemRandom random;
    NullLog log;
    AwsGround aws(settings, AwsGround::Connections::closed, clock, random, log);
    ProviderGate gate;
    auto options = outbound_options(settings);
    options.max_idle_per_origin = 0;
    http::Client client(gate, std::move(options), log);
    auto const services = bedrock_services(client, gate, aws, clock, random);
    auto const embedder =
        providers::make_bedrock_embedder(asked.provider, asked.embedding, services);
    if (!embedder) return {{"failure", "configuration"}, {"message", embedder.error().message}};
    asio::io_context loop(1);
    auto const made =
        run_alone(loop, aws, embed(**embedder, std::move(texts), asked.purpose));
    if (!made) return {{"failure", "bug"}, {"message", made.error().message}};
    return *made ? written(**embedder, **made) : written(made->error());
}

}  // namespace
}  // namespace kaiwa::server

/// kaiwa_bedrock_embedder URL MODEL [NAME=VALUE]... < ["text", …]
///
/// Writes `{"vectors":[…],…}` or `{"failure":CLASS,"message":…}`. Names are dimensions, family,
/// purpose (document or query), api_key, and the options of the provider; the AWS_ variables of the
/// environment count as they do for the program.
int main(int argc, char** argv) {
    using namespace kaiwa;
    if (argc < 3) {
        fmt::print(stderr, "usage: {} URL MODEL [NAME=VALUE]... < [\"text\", …]\n", argv[0]);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::string const input(std::istreambuf_iterator<char>(std::cin), {});
    auto texts = json::value_to<std::vector<std::string>>(json::parse(input));
    auto const out = server::answer(server::read_arguments(argc, argv), std::move(texts));
    fmt::print("{}\n", json::serialize(out));
    return out.contains("failure") ? 1 : 0;
}
