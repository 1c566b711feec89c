import { useTranslation } from "@/lib/i18n/i18n";
import { describe } from "@/lib/i18n/problems";

/** Beneath a form: why what it sent was refused. */
export function Refused({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (!error) return null;
  return (
    <p role="alert" className="text-sm text-danger">
      {describe(error, t)}
    </p>
  );
}
