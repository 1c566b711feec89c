import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { configQuery } from "@/lib/api/queries";

interface Props {
  /** Null for a chat that has not begun. */
  thread: string | null;
  /** A line over the composer. */
  notice?: ReactNode;
  /** At the end of the thread's header. */
  menu?: ReactNode;
}

export function ChatPage({ notice, menu }: Props) {
  const config = useQuery(configQuery);
  return (
    <div className="mx-auto flex w-full max-w-[760px] grow flex-col justify-center px-4">
      {menu}
      <h1 className="text-xl font-semibold">{config.data?.greeting}</h1>
      {notice}
    </div>
  );
}
