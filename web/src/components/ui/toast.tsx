import { Toast } from "@base-ui/react/toast";
import { useTranslation } from "react-i18next";
import { Icon } from "./Icon";

const manager = Toast.createToastManager();

export interface ToastOptions {
  text: string;
  kind?: "info" | "error";
  /** A button, such as "undo". It closes the toast. */
  action?: { label: string; run: () => void };
  /** Milliseconds until it goes by itself; 5 s, or 8 s with an action or an error. */
  timeout?: number;
  /** Called when it is gone, by itself or by hand, unless the action was taken. */
  onGone?: () => void;
}

/** Shows one line at the bottom of the page. Returns what takes it away. */
export function toast({ text, kind = "info", action, timeout, onGone }: ToastOptions): () => void {
  let taken = false;
  const id = manager.add({
    description: text,
    type: kind,
    priority: kind === "error" ? "high" : "low",
    timeout: timeout ?? (action || kind === "error" ? 8000 : 5000),
    onRemove: () => {
      if (!taken) onGone?.();
    },
    ...(action
      ? {
          actionProps: {
            children: action.label,
            onClick: () => {
              taken = true;
              manager.close(id);
              action.run();
            },
          },
        }
      : {}),
  });
  return () => manager.close(id);
}

/** The place where toasts appear; once, in the shell. */
export function Toaster() {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="pointer-events-none fixed inset-x-3 bottom-4 z-50 mx-auto flex max-w-md flex-col items-center gap-2">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { t } = useTranslation();
  const { toasts } = Toast.useToastManager();
  return toasts.map((item) => (
    <Toast.Root key={item.id} toast={item} className="pointer-events-auto flex min-h-11 w-full items-center gap-3 rounded-lg bg-text py-1.5 ps-4 pe-1.5 text-sm text-page shadow-pop data-limited:hidden">
      {item.type === "error" && <Icon name="warning" className="shrink-0" />}
      <Toast.Description className="grow" />
      {item.actionProps && <Toast.Action className="rounded-md px-2.5 py-1.5 font-semibold whitespace-nowrap underline underline-offset-4" />}
      <Toast.Close aria-label={t("close")} className="grid size-8 shrink-0 place-items-center rounded-md">
        <Icon name="close" size={16} />
      </Toast.Close>
    </Toast.Root>
  ));
}
