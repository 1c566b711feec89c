#include "server/sealing_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace kaiwa::server {
namespace {

class SealingKeyTest : public testing::Test {
protected:
    SystemRandom random;
    Settings settings;
    SealingKeyTest() {
        settings.data =
            std::filesystem::path(testing::TempDir()) / ("kaiwa-key-" + random.token(6));
    }
    ~SealingKeyTest() override { std::filesystem::remove_all(settings.data); }

    std::string seal() {
        return sealing_key(settings, random).value().seal(Secret("inside"), "test", random);
    }
    bool opens(std::string const& sealed) {
        auto const opened = sealing_key(settings, random).value().open(sealed, "test");
        return opened && opened->reveal() == "inside";
    }
};

TEST_F(SealingKeyTest, MakesAFileForItsOwnerAloneAndKeepsIt) {
    auto const sealed = seal();
    struct stat about{};
    ASSERT_EQ(::stat((settings.data / "secret.key").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0600u);
    EXPECT_TRUE(opens(sealed));
    std::filesystem::remove(settings.data / "secret.key");
    EXPECT_FALSE(opens(sealed));
}

TEST_F(SealingKeyTest, PrefersTheConfiguredSecretAndMakesNoFile) {
    settings.sealing_secret = make_sealing_secret(random);
    auto const sealed = seal();
    EXPECT_TRUE(opens(sealed));
    EXPECT_FALSE(std::filesystem::exists(settings.data));
    settings.sealing_secret = make_sealing_secret(random);
    EXPECT_FALSE(opens(sealed));
}

TEST_F(SealingKeyTest, RefusesAFileThatIsTooShort) {
    std::filesystem::create_directories(settings.data);
    std::ofstream(settings.data / "secret.key") << "short\n";
    EXPECT_EQ(sealing_key(settings, random).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace kaiwa::server
