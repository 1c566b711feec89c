import type { Generation, Message, NewEvent, Store, Thread } from "./store.ts";
import { newId } from "../../lib/ids.ts";

const sample = `会話サーバーの動きを確かめるための回答です。**「太字」**です、*斜体*、\`code\`、[リンク](https://example.com)。

## 一覧

1. 送信はすぐに保存されます
2. 回答は再読み込みしても続きます
   - 途中で止めても残ります

\`\`\`ts
/** 足し算 */
export function add(a: number, b: number): number {
  return a + b; // とても長い行は枠の中で横に動き、ページそのものは決して横に動かないことになっています。1234567890
}
\`\`\`

| 項目 | 値 | 備考 |
| --- | ---: | --- |
| 速さ | 200 | 毎秒 |
| 価格 | $5 | 式ではない |

式は $e^{i\\pi} + 1 = 0$ と書きます。

> 引用です。ここまでが例です。

`;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the question asks of the answer: `rate=200 tokens=2000 fail stall cut think` anywhere in its text. */
function script(question: string) {
  const number = (name: string, otherwise: number) => Number(new RegExp(`${name}=(\\d+)`).exec(question)?.[1] ?? otherwise);
  const has = (word: string) => new RegExp(`\\b${word}\\b`).test(question);
  return { rate: number("rate", 40), tokens: number("tokens", 0), delay: number("delay", 300), fail: has("fail"), interrupt: has("interrupt"), cut: has("cut"), think: has("think") };
}

/** Pieces of about three characters, as a model's tokens are. */
function pieces(text: string): string[] {
  return [...text].reduce<string[]>((list, character, i) => (i % 3 === 0 ? [...list, character] : [...list.slice(0, -1), (list.at(-1) ?? "") + character]), []);
}
const samplePieces = pieces(sample);

export function startAnswer(store: Store, thread: Thread, question: Message, reply: string, model: string, begin = ""): Generation {
  let stopped = false;
  const generation: Generation = { id: newId(), thread: thread.id, events: [], ended: false, stop: () => (stopped = true), listeners: new Set() };
  store.generations.set(generation.id, generation);
  const answer = store.addMessage(thread, { role: "assistant", text: "", parent: question.id, state: "pending", generation: generation.id, model }, reply);
  const emit = (event: NewEvent) => store.emit(generation, event);
  const end = (event: NewEvent, change: Partial<Message>) => {
    Object.assign(answer, change);
    generation.ended = true;
    emit(event);
    store.notify(thread);
  };
  const run = async () => {
    const plan = script(question.text);
    emit({ type: "started", data: { generation: generation.id, message: question.id, reply, model } });
    await wait(plan.delay);
    if (thread.title === "") {
      thread.title = [...question.text].slice(0, 24).join("");
      emit({ type: "title", data: { title: thread.title } });
      store.notify(thread);
    }
    if (plan.think) {
      const step = { id: "s1", kind: "retrieval", name: "search", detail: { passages: 3 } } as const;
      emit({ type: "step", data: { ...step, state: "running" } });
      await wait(600);
      emit({ type: "step", data: { ...step, state: "done" } });
      answer.steps = [{ ...step, state: "done" }];
      for (const delta of pieces("利用者は動きを確かめたいようです。短く答えます。")) {
        answer.reasoning = (answer.reasoning ?? "") + delta;
        emit({ type: "reasoning", data: { delta } });
        await wait(25);
      }
    }
    const count = plan.tokens || samplePieces.length;
    const write = (delta: string) => {
      answer.text += delta;
      emit({ type: "text", data: { delta } });
    };
    if (begin) write(begin);
    const began = Date.now();
    for (let sent = 0; sent < count; ) {
      if (stopped) return end({ type: "stopped", data: {} }, { state: "stopped" });
      for (; sent < count && sent < ((Date.now() - began) / 1000) * plan.rate; sent++) write(samplePieces[sent % samplePieces.length] ?? "");
      if (plan.fail && sent > 20) {
        const error = { type: "about:blank", title: "Overloaded", status: 503, detail: "The model's server is overloaded.", code: "unavailable", request_id: "req-1", class: "overloaded", retryable: true, provider: "mock", provider_request_id: "up-9" } as const;
        return end({ type: "failed", data: error }, { state: "failed", error });
      }
      if (plan.interrupt && sent > 30) {
        return end({ type: "interrupted", data: { reason: "restart", length: new TextEncoder().encode(answer.text).length } }, { state: "interrupted" });
      }
      await wait(5);
    }
    const usage = { input_tokens: 42, output_tokens: count };
    emit({ type: "usage", data: usage });
    const finish = plan.cut ? "length" : "stop";
    end({ type: "done", data: { finish } }, { state: "complete", finish, usage });
  };
  void run();
  return generation;
}
