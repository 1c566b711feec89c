import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/lib/api/queries";
import { useThreadNotices } from "@/lib/events/live";

/** Asks after a gap who is signed in: another tab may have signed in as somebody else, or a role have changed. */
export function useSessionCheck(): void {
  const client = useQueryClient();
  useThreadNotices(
    () => undefined,
    () => void client.invalidateQueries({ queryKey: keys.session }),
  );
}
