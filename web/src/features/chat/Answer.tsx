import { useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Markdown } from "@/components/markdown";
import { useTurns } from "@/lib/events/LiveProvider";
import { useTurn } from "@/lib/events/turns";
import { AnswerActions } from "./AnswerActions";
import { AnswerState } from "./AnswerState";
import { FileList } from "./Attachments";
import { Announcer } from "./Announcer";
import { breaksOff, type Item } from "./conversation";
import { langOf } from "./lang";
import { Progress } from "./Progress";
import { Steps, tellsWhatRuns } from "./Steps";

/** An answer over the whole column: what happened on the way, the text, how it stands, what can be done. */
export function Answer({ item, newest }: { item: Item; newest: boolean }) {
  const { t } = useTranslation("chat");
  const content = useRef<HTMLDivElement>(null);
  const turn = useTurn(useTurns(), item.state === "pending" ? item.generation : null);
  const pending = item.state === "pending";
  // A reading from the first event grows up to what the store had already.
  const caughtUp = turn && turn.text.length >= item.text.length;
  const text = caughtUp ? turn.text : item.text;
  const steps = turn && turn.steps.length >= item.steps.length ? turn.steps : item.steps;
  const reasoning = turn && turn.reasoning.length >= (item.reasoning?.length ?? 0) ? turn.reasoning : (item.reasoning ?? "");
  const [begunHere, setBegunHere] = useState(pending);
  if (pending && !begunHere) setBegunHere(true);
  const waiting = pending && text === "";
  return (
    <article aria-label={t("answer")} aria-busy={pending} className="group flex flex-col gap-1">
      <Steps id={item.id} steps={steps} reasoning={reasoning} notice={item.notice} since={waiting ? item.created_at : null} />
      {text !== "" && (
        <div ref={content} lang={langOf(text)} className="min-w-0">
          <Markdown text={text} streaming={pending || breaksOff(item)} caret={pending} {...langProp(text)} />
        </div>
      )}
      <FileList files={item.files} side="start" />
      {waiting && !tellsWhatRuns(steps, reasoning) && <Progress since={item.created_at} steps={steps} sending={item.local !== undefined} />}
      {begunHere && newest && <Announcer text={text} ended={!pending} />}
      {!pending && (
        <div className="mt-1 empty:hidden">
          <AnswerState item={item} />
        </div>
      )}
      {!pending && <AnswerActions item={item} content={content} />}
    </article>
  );
}

function langProp(text: string): { lang?: string } {
  const lang = langOf(text);
  return lang === undefined ? {} : { lang };
}
