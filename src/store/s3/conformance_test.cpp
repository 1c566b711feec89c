// The store's conformance suite against a real S3 server, which tests/support/moto/run.sh
// starts: KAIWA_TEST_S3_BUCKET names an empty bucket there, AWS_ENDPOINT_URL_S3 and the keys of
// AWS's own variables say how to reach it.
#include "http/client.hpp"
#include "store/s3/s3_blobs.hpp"
#include "tests/conformance/harness.hpp"

#include <cstdlib>

namespace kaiwa::conformance {
namespace {

std::optional<std::string> variable(std::string_view name) {
    auto const* value = std::getenv(std::string(name).c_str());
    return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

class OpenGate final : public http::OutboundGate {
public:
    [[nodiscard]] bool allows(std::string_view, std::uint16_t,
                              asio::ip::address const&) const override {
        return true;
    }
};

class S3Harness final : public Harness {
public:
    explicit S3Harness(std::size_t part_bytes) : part_bytes_(part_bytes) { reopen(); }
    void reopen() override {
        blobs_ = store::s3::open({.session = session_,
                                  .bucket = {.name = variable("KAIWA_TEST_S3_BUCKET").value()},
                                  .prefix = "conformance/",
                                  .part_bytes = part_bytes_});
    }
    chat::BlobStore& blobs() override { return *blobs_; }

private:
    std::size_t part_bytes_;
    OpenGate gate_;
    NullLog log_;
    SystemClock clock_;
    SystemRandom random_;
    http::Client client_{gate_, {}, log_};
    Workers files_{"files", 1, 16};
    aws::Session session_{
        aws::Surroundings{client_, client_, files_, clock_, random_, variable}, {}, log_};
    std::unique_ptr<chat::BlobStore> blobs_;
};

/// Whole blobs, and blobs in parts, which the server must be set up to take so small.
std::vector<Backend> backends() {
    if (!variable("KAIWA_TEST_S3_BUCKET")) return {};
    return {{"whole", [] { return std::make_unique<S3Harness>(std::size_t{5} << 20); }},
            {"parts", [] { return std::make_unique<S3Harness>(65'536); }}};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(S3, BlobStoreTest, testing::ValuesIn(backends()));

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ChatStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MessageSearchTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProviderStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ThreadArchiveTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UserStoreTest);

}  // namespace kaiwa::conformance
