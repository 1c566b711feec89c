import { useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "@/components/ui/Button";
import { toast } from "@/components/ui/toast";
import { copy } from "@/lib/clipboard";

/** Copies what `text` returns, and `html` beside it for programs that can use it. */
export function CopyButton({ label, text, html }: { label: string; text: () => string; html?: () => Element | null }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const id = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(id);
  }, [copied]);

  const run = async () => {
    try {
      await copy(text(), html?.() ?? undefined);
      setCopied(true);
    } catch {
      toast({ kind: "error", text: t("markdown:copyFailed") });
    }
  };
  return (
    <>
      <IconButton icon={copied ? "check" : "copy"} size="small" label={copied ? t("copied") : label} onClick={() => void run()} />
      <span role="status" className="sr-only">
        {copied ? t("copied") : ""}
      </span>
    </>
  );
}
