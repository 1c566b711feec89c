import type { Extension as MdastExtension } from "mdast-util-from-markdown";
import type { Code, Construct, Effects, Event, Extension, State, TokenizeContext } from "micromark-util-types";
import { addressLength, couldBeAddress } from "./url";

declare module "micromark-util-types" {
  interface TokenTypeMap {
    address: "address";
  }
  interface Token {
    /** No label is open before this token; looked at once. */
    _outsideLabel?: boolean;
  }
}

/**
 * Addresses written as plain text become links, as in GFM, but one ends where a Japanese sentence goes on
 * without a space.
 */
export function addresses(): Extension {
  return { text: { 72: address, 87: address, 104: address, 119: address } };
}

export function addressesFromMarkdown(): MdastExtension {
  return {
    enter: {
      address(token) {
        const text = this.sliceSerialize(token);
        this.enter({ type: "link", title: null, url: /^www/i.test(text) ? `https://${text}` : text, children: [] }, token);
        this.config.enter.data?.call(this, token);
        this.config.exit.data?.call(this, token);
      },
    },
    exit: {
      address(token) {
        this.exit(token);
      },
    },
  };
}

const longest = 2_000;

const address: Construct = {
  name: "address",
  previous: (code) => code === null || !/[A-Za-z0-9]/.test(String.fromCodePoint(Math.max(code, 0))),
  tokenize(effects, ok, nok) {
    const inLabel = () => insideLabel(this.events);
    let length = 0;
    return start;

    function start(code: Code): State | undefined {
      if (inLabel()) return nok(code);
      return effects.check({ partial: true, tokenize: scan }, take, nok)(code);
    }
    function take(code: Code): State | undefined {
      effects.enter("address");
      return rest(code);
    }
    function rest(code: Code): State | undefined {
      if (length === 0) {
        effects.exit("address");
        return ok(code);
      }
      length -= 1;
      effects.consume(code);
      return rest;
    }
    /** Reads ahead to the next space and decides how much of it is the address. */
    function scan(this: TokenizeContext, inner: Effects, found: State, missed: State): State {
      let text = "";
      return (code) => {
        inner.enter("address");
        return collect(code);
      };
      function collect(code: Code): State | undefined {
        if (code === null || code <= 32 || code === 60 || text.length >= longest) {
          inner.exit("address");
          length = addressLength(text);
          return length > 0 ? found(code) : missed(code);
        }
        text += String.fromCharCode(code);
        if (text.length < 9 && !couldBeAddress(text)) return missed(code);
        inner.consume(code);
        return collect;
      }
    }
  },
};

/** Whether a `[` before this place may still become a link, which must not hold another. */
function insideLabel(events: readonly Event[]): boolean {
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const token = events[index]?.[1];
    if (!token) continue;
    if ((token.type === "labelLink" || token.type === "labelImage") && !token._balanced) return true;
    if (token._outsideLabel) break;
  }
  const last = events.at(-1)?.[1];
  if (last) last._outsideLabel = true;
  return false;
}
