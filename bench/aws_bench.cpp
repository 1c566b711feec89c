// What AWS costs per call and per token, beyond the network.
#include "aws/event_stream.hpp"
#include "aws/sigv4.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace kaiwa;
using namespace kaiwa::aws;

/// One request of Bedrock with a prompt of 4 KiB, hash of the body included.
void sign_request(benchmark::State& state) {
    Credentials credentials;
    credentials.access_key_id = "AKIDEXAMPLE";
    credentials.secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    credentials.session_token = Secret(std::string(400, 't'));
    Signer const signer({"us-east-1", "bedrock"});
    std::string const body(4096, 'b');
    auto const now = parse_rfc3339("2015-08-30T12:36:00Z").value();
    for (auto _ : state) {
        http::Headers headers{{"Host", "bedrock-runtime.us-east-1.amazonaws.com"},
                              {"Content-Type", "application/json"}};
        signer.sign("POST", "/model/anthropic.claude-v1%3A0/converse-stream", headers,
                    hex(sha256(body)), credentials, now);
        benchmark::DoNotOptimize(headers);
    }
}
BENCHMARK(sign_request);

/// One frame with a token of an answer.
void decode_frame(benchmark::State& state) {
    EventMessage message;
    message.headers = {{":event-type", "contentBlockDelta", EventHeader::Type::string},
                       {":content-type", "application/json", EventHeader::Type::string},
                       {":message-type", "event", EventHeader::Type::string}};
    message.payload = R"({"contentBlockIndex":0,"delta":{"text":" token"},"p":"abcdefghijkl"})";
    auto const frame = encode_event_message(message);
    EventStreamDecoder decoder;
    for (auto _ : state) {
        decoder.feed(frame);
        auto decoded = decoder.next();
        benchmark::DoNotOptimize(decoded);
    }
}
BENCHMARK(decode_frame);

}  // namespace

BENCHMARK_MAIN();
