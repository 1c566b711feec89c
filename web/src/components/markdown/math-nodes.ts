import type { Literal } from "mdast";
import type { Extension } from "mdast-util-from-markdown";

/** A formula inside text; `display` when it was written to stand on its own line. */
export interface InlineMath extends Literal {
  type: "inlineMath";
  display: boolean;
}

/** A formula that is a block. */
export interface Math extends Literal {
  type: "math";
  /** False while its closing marker is missing. */
  closed: boolean;
  /** As it was written. */
  raw: string;
}

declare module "mdast" {
  interface PhrasingContentMap {
    inlineMath: InlineMath;
  }
  interface BlockContentMap {
    math: Math;
  }
  interface RootContentMap {
    inlineMath: InlineMath;
    math: Math;
  }
}

/** Turns the tokens of `math()` into `inlineMath` and `math` nodes. */
export function mathFromMarkdown(): Extension {
  return {
    canContainEols: ["inlineMath"],
    enter: {
      mathText(token) {
        this.enter({ type: "inlineMath", value: "", display: false }, token);
        this.buffer();
      },
      mathFlow(token) {
        const raw = this.sliceSerialize(token);
        this.enter({ type: "math", value: "", closed: token._closed ?? false, raw }, token);
        this.buffer();
      },
    },
    exit: {
      mathText(token) {
        const value = this.resume();
        const node = this.stack.at(-1);
        if (node?.type === "inlineMath") {
          node.value = value.trim();
          node.display = this.data.displayMath ?? false;
        }
        this.data.displayMath = false;
        this.exit(token);
      },
      mathTextDisplay() {
        this.data.displayMath = true;
      },
      mathTextData(token) {
        this.config.enter.data?.call(this, token);
        this.config.exit.data?.call(this, token);
      },
      mathFlow(token) {
        const value = this.resume();
        const node = this.stack.at(-1);
        if (node?.type === "math") {
          node.value = value.trim();
        }
        this.exit(token);
      },
      mathFlowValue(token) {
        this.config.enter.data?.call(this, token);
        this.config.exit.data?.call(this, token);
      },
    },
  };
}

declare module "mdast-util-from-markdown" {
  interface CompileData {
    displayMath?: boolean;
  }
}
