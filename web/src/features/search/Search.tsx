import { lazy, Suspense, useEffect, useState } from "react";
import { useCommand } from "@/lib/commands";

const load = () => import("./SearchDialog");
const SearchDialog = lazy(load);

export const searchCommand = "search";

/** Opens the search by its command, which is heard from the first moment; the dialog itself comes after the page. */
export function Search() {
  const [open, setOpen] = useState(false);
  useCommand({ id: searchCommand, title: "search", shortcut: "Mod+K", run: () => setOpen((was) => !was) });
  useEffect(() => void load(), []);
  return (
    open && (
      <Suspense>
        <SearchDialog onClose={() => setOpen(false)} />
      </Suspense>
    )
  );
}
