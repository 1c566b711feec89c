// Credentials in JSON, whoever wrote them, and secret references and commands of a configuration.
#include "aws/child_process.hpp"
#include "aws/credentials_json.hpp"
#include "aws/secrets.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using kaiwa::aws::CredentialsForm;
    kaiwa::fuzz::Input input(data, size);
    auto const form = static_cast<CredentialsForm>(input.below(4));
    auto const text = input.rest();
    if (auto const read = kaiwa::aws::parse_credentials(text, form)) {
        kaiwa::fuzz::require(!read->access_key_id.empty() && !read->secret_access_key.empty());
    }
    if (auto const reference = kaiwa::aws::parse_secret_reference(text)) {
        kaiwa::fuzz::require(kaiwa::aws::is_secret_reference(text) && !reference->name.empty());
    }
    if (auto const words = kaiwa::aws::split_command(text)) kaiwa::fuzz::require(!words->empty());
    return 0;
}
