// AWS's shared files, both kinds: no line of them is quoted in an error.
#include "aws/profile_file.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using kaiwa::aws::ProfileFileKind;
    kaiwa::fuzz::Input input(data, size);
    auto const kind = static_cast<ProfileFileKind>(input.below(2));
    auto file = kaiwa::aws::parse_profile_file(input.rest(), kind);
    if (!file) {
        kaiwa::fuzz::require(file.error().message.ends_with("expected [section] or name = value"));
        return 0;
    }
    auto joined = *file;
    joined.join(*file);
    kaiwa::fuzz::require(joined.profiles.size() == file->profiles.size());
    return 0;
}
