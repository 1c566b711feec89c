import { factorySpace } from "micromark-factory-space";
import { markdownLineEnding } from "micromark-util-character";
import type {
  Code,
  Construct,
  Effects,
  Extension,
  State,
  TokenizeContext,
} from "micromark-util-types";
import { looksLikeMath } from "./math-rules";

declare module "micromark-util-types" {
  interface TokenTypeMap {
    mathFlow: "mathFlow";
    mathFlowOpen: "mathFlowOpen";
    mathFlowClose: "mathFlowClose";
    mathFlowValue: "mathFlowValue";
    mathText: "mathText";
    mathTextDisplay: "mathTextDisplay";
    mathTextMarker: "mathTextMarker";
    mathTextData: "mathTextData";
  }
  interface Token {
    /** Set on `mathFlow` when its closing marker was found. */
    _closed?: boolean;
  }
}

const dollar = 36;
const backslash = 92;
const leftParen = 40;
const rightParen = 41;
const leftBracket = 91;
const rightBracket = 93;

const isSpace = (code: Code) => code === -2 || code === -1 || code === 32;
const isAlphanumeric = (code: Code) =>
  code !== null &&
  ((code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122));

/**
 * Formulas in Markdown: `$…$` and `\(…\)` inside text, `$$…$$` and `\[…\]` inside text or as
 * blocks of their own.
 *
 * A single dollar opens a formula only where pandoc would see one, and only when what it encloses
 * reads like a formula (`looksLikeMath`): prices and shell variables stay text. A block formula
 * ends at its closing marker, at a blank line or at the end of its container, so that a stray
 * marker never swallows the rest of an answer.
 */
export function math(): Extension {
  return {
    flow: {
      [dollar]: flowFormula(dollar, dollar, dollar, dollar),
      [backslash]: flowFormula(backslash, leftBracket, backslash, rightBracket),
    },
    text: { [dollar]: dollarText, [backslash]: backslashText },
  };
}

const dollarText: Construct = {
  name: "mathText",
  previous(code) {
    const last = this.events.at(-1);
    return code !== dollar || last?.[1].type === "characterEscape";
  },
  tokenize(effects, ok, nok) {
    const before = this.previous;
    let markers = 0;
    let content = "";
    return open;

    function open(code: Code): State | undefined {
      effects.enter("mathText");
      effects.enter("mathTextMarker");
      return marker(code);
    }
    function marker(code: Code): State | undefined {
      if (code === dollar && markers < 2) {
        markers += 1;
        effects.consume(code);
        return marker;
      }
      if (code === null || code === dollar) return nok(code);
      if (markers === 1 && (isSpace(code) || markdownLineEnding(code) || isAlphanumeric(before)))
        return nok(code);
      effects.exit("mathTextMarker");
      return between(code);
    }
    function between(code: Code): State | undefined {
      if (code === null) return nok(code);
      if (markdownLineEnding(code)) {
        content += "\n";
        return consumeEnding(effects, code, between);
      }
      if (code === dollar) return close(code);
      effects.enter("mathTextData");
      return data(code);
    }
    function data(code: Code): State | undefined {
      if (code === null || code === dollar || markdownLineEnding(code)) {
        effects.exit("mathTextData");
        return between(code);
      }
      content += isSpace(code) ? " " : String.fromCodePoint(code);
      effects.consume(code);
      return code === backslash ? escaped : data;
    }
    function escaped(code: Code): State | undefined {
      if (code !== dollar && code !== backslash) return data(code);
      content += String.fromCodePoint(code);
      effects.consume(code);
      return data;
    }
    function close(code: Code): State | undefined {
      if (markers === 1) {
        if (content.endsWith(" ") || content.endsWith("\n")) return nok(code);
        effects.enter("mathTextMarker");
        effects.consume(code);
        return afterSingle;
      }
      return effects.attempt({ partial: true, tokenize: doubleDollar }, finish, loneDollar)(code);
    }
    function afterSingle(code: Code): State | undefined {
      if (code === dollar || isAlphanumeric(code) || !looksLikeMath(content)) return nok(code);
      effects.exit("mathTextMarker");
      return finish(code);
    }
    function loneDollar(code: Code): State | undefined {
      content += "$";
      effects.enter("mathTextData");
      effects.consume(code);
      return data;
    }
    function finish(code: Code): State | undefined {
      if (content.trim() === "") return nok(code);
      effects.exit("mathText");
      return ok(code);
    }
  },
};

function doubleDollar(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
  return first;
  function first(code: Code): State | undefined {
    effects.enter("mathTextMarker");
    effects.enter("mathTextDisplay");
    effects.consume(code);
    return second;
  }
  function second(code: Code): State | undefined {
    if (code !== dollar) return nok(code);
    effects.consume(code);
    effects.exit("mathTextDisplay");
    effects.exit("mathTextMarker");
    return ok;
  }
}

const backslashText: Construct = {
  name: "mathText",
  tokenize(effects, ok, nok) {
    let closer: number = rightParen;
    return open;

    function open(code: Code): State | undefined {
      effects.enter("mathText");
      effects.enter("mathTextMarker");
      effects.consume(code);
      return opener;
    }
    function opener(code: Code): State | undefined {
      if (code !== leftParen && code !== leftBracket) return nok(code);
      if (code === leftBracket) {
        closer = rightBracket;
        effects.enter("mathTextDisplay");
        effects.consume(code);
        effects.exit("mathTextDisplay");
      } else {
        effects.consume(code);
      }
      effects.exit("mathTextMarker");
      return between;
    }
    function between(code: Code): State | undefined {
      if (code === null) return nok(code);
      if (markdownLineEnding(code)) return consumeEnding(effects, code, between);
      if (code === backslash)
        return effects.attempt({ partial: true, tokenize: closing(closer) }, finish, dataStart)(code);
      return dataStart(code);
    }
    function dataStart(code: Code): State | undefined {
      effects.enter("mathTextData");
      if (code !== backslash) return data(code);
      effects.consume(code);
      return escaped;
    }
    function escaped(code: Code): State | undefined {
      // The same opener again: the first one was no formula. This also keeps the scan linear.
      if (code === (closer === rightParen ? leftParen : leftBracket)) return nok(code);
      if (code !== backslash) return data(code);
      effects.consume(code);
      return data;
    }
    function data(code: Code): State | undefined {
      if (code === null || code === backslash || markdownLineEnding(code)) {
        effects.exit("mathTextData");
        return between(code);
      }
      effects.consume(code);
      return data;
    }
    function finish(code: Code): State | undefined {
      effects.exit("mathText");
      return ok(code);
    }
  },
};

function closing(closer: number) {
  return function (this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    return (code) => {
      effects.enter("mathTextMarker");
      effects.consume(code);
      return (next) => {
        if (next !== closer) return nok(next);
        effects.consume(next);
        effects.exit("mathTextMarker");
        return ok;
      };
    };
  };
}

function consumeEnding(effects: Effects, code: Code, next: State): State {
  effects.enter("lineEnding");
  effects.consume(code);
  effects.exit("lineEnding");
  return next;
}

/**
 * A formula that begins a line with the two opening characters. What follows them on that line
 * decides: a closing marker with more text after it makes it a formula inside a paragraph.
 */
function flowFormula(open0: number, open1: number, close0: number, close1: number): Construct {
  return {
    name: "mathFlow",
    concrete: true,
    tokenize(effects, ok, nok) {
      const interrupts = () => this.interrupt ?? false;
      let firstLine = true;
      let textAfterClose = false;
      let empty = true;
      return start;

      function start(code: Code): State | undefined {
        effects.enter("mathFlow");
        effects.enter("mathFlowOpen");
        effects.consume(code);
        return opened;
      }
      function opened(code: Code): State | undefined {
        if (code !== open1) return nok(code);
        effects.consume(code);
        return afterOpen;
      }
      function afterOpen(code: Code): State | undefined {
        if (code === open0 && open0 === dollar) return nok(code);
        effects.exit("mathFlowOpen");
        return line(code);
      }
      function line(code: Code): State | undefined {
        if (code === null || markdownLineEnding(code)) return lineEnd(code);
        if (code === close0)
          return effects.attempt({ partial: true, tokenize: closeLine }, closed, valueStart)(code);
        return valueStart(code);
      }
      function valueStart(code: Code): State | undefined {
        if (firstLine && textAfterClose) return nok(code);
        effects.enter("mathFlowValue");
        if (!isSpace(code)) empty = false;
        effects.consume(code);
        return code === backslash ? escaped : value;
      }
      function escaped(code: Code): State | undefined {
        if (code !== backslash && code !== dollar) return value(code);
        effects.consume(code);
        return value;
      }
      function value(code: Code): State | undefined {
        if (code === null || code === close0 || code === backslash || markdownLineEnding(code)) {
          effects.exit("mathFlowValue");
          return code === backslash && close0 !== backslash ? valueStart(code) : line(code);
        }
        if (!isSpace(code)) empty = false;
        effects.consume(code);
        return value;
      }
      function lineEnd(code: Code): State | undefined {
        if (interrupts()) return ok(code);
        if (code === null) return done(code);
        return effects.check({ partial: true, tokenize: nextLine }, nextLineStart, done)(code);
      }
      function nextLineStart(code: Code): State | undefined {
        firstLine = false;
        effects.enter("lineEnding");
        effects.consume(code);
        effects.exit("lineEnding");
        return line;
      }
      function closed(code: Code): State | undefined {
        if (empty) return nok(code);
        const token = effects.exit("mathFlow");
        token._closed = true;
        return ok(code);
      }
      function done(code: Code): State | undefined {
        effects.exit("mathFlow");
        return ok(code);
      }

      /** The closing marker with nothing but spaces after it on its line. */
      function closeLine(this: TokenizeContext, inner: Effects, found: State, missed: State): State {
        return (code) => {
          inner.enter("mathFlowClose");
          inner.consume(code);
          return second;
        };
        function second(code: Code): State | undefined {
          if (code !== close1) return missed(code);
          inner.consume(code);
          inner.exit("mathFlowClose");
          return factorySpace(inner, after, "whitespace");
        }
        function after(code: Code): State | undefined {
          if (code === null || markdownLineEnding(code)) return found(code);
          textAfterClose = true;
          return missed(code);
        }
      }
      /** A following line that belongs to the same container and is not blank. */
      function nextLine(this: TokenizeContext, inner: Effects, found: State, missed: State): State {
        const isLazy = () => this.parser.lazy[this.now().line] ?? false;
        return (code) => {
          inner.enter("lineEnding");
          inner.consume(code);
          inner.exit("lineEnding");
          return begin;
        };
        function begin(code: Code): State | undefined {
          if (isLazy()) return missed(code);
          return factorySpace(inner, afterSpace, "whitespace")(code);
        }
        function afterSpace(code: Code): State | undefined {
          return code === null || markdownLineEnding(code) ? missed(code) : found(code);
        }
      }
    },
  };
}
