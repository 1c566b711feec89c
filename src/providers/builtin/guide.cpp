#include "providers/builtin/guide.hpp"

#include <algorithm>
#include <initializer_list>

namespace kaiwa::providers {
namespace {

constexpr std::string_view japanese =
    R"(Kaiwa は動いていますが、答えるモデルがまだつながっていません。次のどれかで始められます。

- **このコンピューターで動かす**: [Ollama](https://ollama.com) を入れて `ollama pull qwen3` を実行します。起動していれば Kaiwa が見つけます。llama.cpp のサーバーも同じです。
- **OpenAI や Anthropic を使う**: 管理者が、入力欄の上の「モデルをつなぐ」から API キーを登録します。環境変数 `OPENAI_API_KEY` を設定して起動し直しても使えます。
- **ほかのサーバーを使う**: 管理者が「モデルをつなぐ」か「管理」の「モデル」で、アドレスとキーを登録し、接続を確かめます。OpenAI 互換のサーバー、Anthropic、Amazon Bedrock、自作の推論 API に対応しています。

つながると、入力欄のモデル名から選べるようになります。この会話はそのまま続けられます。)";

constexpr std::string_view english =
    R"(Kaiwa is running, but no model is connected to it yet. Any of these will do:

- **Run one on this computer**: install [Ollama](https://ollama.com) and run `ollama pull qwen3`. Kaiwa finds it once it is running. A llama.cpp server is found the same way.
- **Use OpenAI or Anthropic**: an administrator adds the API key with *Connect a model* over the message field. Setting the environment variable `OPENAI_API_KEY` and starting Kaiwa again works as well.
- **Use another server**: an administrator adds its address and key with *Connect a model*, or under *Administration*, *Models*, and tests the connection. Servers that speak OpenAI's API, Anthropic, Amazon Bedrock and inference APIs of your own are supported.

Once connected, choose it by its name in the message field. This conversation can simply go on.)";

constexpr std::string_view japanese_hello = "こんにちは。";
constexpr std::string_view english_hello = "Hello! ";

/// Whether `text` has hiragana, katakana or Han characters (all of three bytes, E3 to E9).
bool is_japanese(std::string_view text) {
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        auto const lead = static_cast<unsigned char>(text[i]);
        auto const second = static_cast<unsigned char>(text[i + 1]);
        if (lead == 0xE3 && second >= 0x81) return true;
        if (lead >= 0xE4 && lead <= 0xE9) return true;
    }
    return false;
}

bool is_greeting(std::string_view question) {
    std::string lower(question);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"こんにち", "こんばん", "おはよ", "はじめまして",
                                                "hello", "hi", "hey", "good morning",
                                                "good evening"},
        [&](std::string_view word) { return lower.starts_with(word); });
}

}  // namespace

std::string guide_for(std::string_view question) {
    bool const in_japanese = is_japanese(question);
    std::string text;
    if (is_greeting(question)) text = in_japanese ? japanese_hello : english_hello;
    return text.append(in_japanese ? japanese : english);
}

}  // namespace kaiwa::providers
