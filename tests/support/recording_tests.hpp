#pragma once

#include "tests/support/answers.hpp"

#include <gtest/gtest.h>

namespace kaiwa::test {

/// The recording means its events, whole, cut at every byte, cut twice, and byte by byte.
inline void expect_same_however_cut(MakeDecoder const& make, Recording const& recording) {
    std::string_view const whole = recording.body;
    auto const& events = recording.events;
    ASSERT_EQ(decoded(make, {whole}), events);

    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        ASSERT_EQ(decoded(make, {whole.substr(0, cut), whole.substr(cut)}), events)
            << "cut at " << cut;
    }
    for (auto const& [a, b] : cut_pairs(whole.size())) {
        std::vector<std::string_view> const pieces = {whole.substr(0, a), whole.substr(a, b - a),
                                                      whole.substr(b)};
        ASSERT_EQ(decoded(make, pieces), events) << "cut at " << a << " and " << b;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < whole.size(); ++i) bytes.push_back(whole.substr(i, 1));
    EXPECT_EQ(decoded(make, bytes), events) << "byte by byte";
}

/// What of an answer a person would see or a program would act on.
inline Lines content_of(Lines const& lines) {
    Lines content;
    for (auto const& line : lines) {
        if (!line.starts_with("usage") && !is_last(line)) content.push_back(line);
    }
    return content;
}

/// Wherever the body ends early: either a failure, or nothing of the answer is missing.
inline void expect_never_complete_early(MakeDecoder const& make, Recording const& recording) {
    for (std::size_t size = 0; size < recording.body.size(); ++size) {
        SCOPED_TRACE(size);
        auto const lines = decoded(make, {std::string_view(recording.body).substr(0, size)});
        ASSERT_FALSE(lines.empty());
        ASSERT_TRUE(is_last(lines.back()));
        if (!lines.back().starts_with("finished")) continue;
        EXPECT_EQ(content_of(lines), content_of(recording.events));
        EXPECT_EQ(lines.back(), recording.events.back());
    }
}

inline std::string recording_name(testing::TestParamInfo<Recording> const& info) {
    return info.param.name.substr(0, info.param.name.find('.'));
}

}  // namespace kaiwa::test
