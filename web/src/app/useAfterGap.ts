import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/lib/api/queries";
import { useThreadNotices } from "@/lib/events/live";

/**
 * Asks after a gap what no notice tells: who is signed in, as another tab may have signed in as somebody else or a role
 * have changed; and, as the server may have started anew, how it is configured and which models there are.
 */
export function useAfterGap(): void {
  const client = useQueryClient();
  useThreadNotices(
    () => undefined,
    () => [keys.session, keys.config, keys.models].forEach((queryKey) => void client.invalidateQueries({ queryKey })),
  );
}
