export interface SseEvent {
  event: string;
  data: string;
  id: string;
}

/**
 * Turns the text of an event stream into its events, however it was cut; "Interpreting an event stream" of the HTML
 * standard without `retry`. Decode bytes with a streaming TextDecoder first, which drops the byte order mark.
 */
export class SseDecoder {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";
  /** The last piece ended in CR: a LF that follows belongs to it. */
  #afterReturn = false;

  /** The events that `text` completes, oldest first. */
  feed(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    let input = this.#rest + text;
    let from = this.#rest.length;
    this.#rest = "";
    if (this.#afterReturn && input.startsWith("\n")) {
      input = input.slice(1);
      from = 0;
    }
    if (text !== "") this.#afterReturn = false;
    let start = 0;
    for (let i = from; i < input.length; i++) {
      const sign = input[i];
      if (sign !== "\n" && sign !== "\r") continue;
      this.#line(input.slice(start, i), events);
      if (sign === "\r") {
        if (i + 1 === input.length) this.#afterReturn = true;
        else if (input[i + 1] === "\n") i++;
      }
      start = i + 1;
    }
    this.#rest = input.slice(start);
    return events;
  }

  #line(line: string, events: SseEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push({ event: this.#event || "message", data: this.#data.join("\n"), id: this.#id });
      this.#event = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
  }
}
