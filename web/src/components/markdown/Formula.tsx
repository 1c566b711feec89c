import { useLayoutEffect, useRef, useState } from "react";
import { whenIdle } from "./idle";
import { hasFrameTime, setFormula, timed, useKatex } from "./katex";

interface Props {
  source: string;
  display: boolean;
  /** It is still being written: what was set last stays while the rest is no TeX yet. */
  open: boolean;
}

/** A formula; its source while KaTeX is on its way, and for good when it is no TeX. */
export function Formula({ source, display, open }: Props) {
  const box = useRef<HTMLSpanElement>(null);
  const available = useKatex();
  const [set, setSet] = useState<"no" | "yes" | "refused">("no");

  useLayoutEffect(() => {
    if (!available) return;
    const run = () => {
      if (!box.current) return;
      const target = box.current;
      const done = timed(() => setFormula(target, source, display));
      if (done) setSet("yes");
      else setSet((before) => (open && before === "yes" ? "yes" : "refused"));
    };
    if (hasFrameTime()) return run();
    return whenIdle(run);
  }, [available, source, display, open]);

  const shown = set === "yes";
  return (
    <span className={display ? "md-formula md-display" : "md-formula"} {...(display ? { tabIndex: 0, role: "group" } : {})}>
      <span ref={box} hidden={!shown} />
      {!shown && <code className="md-tex">{source}</code>}
    </span>
  );
}
