#pragma once

#include <cstdint>
#include <string_view>

namespace kaiwa::aws {

/// The checksum of event streams and of DynamoDB's `x-amz-crc32` (ISO 3309, as in zlib).
[[nodiscard]] std::uint32_t crc32(std::string_view bytes);

}  // namespace kaiwa::aws
