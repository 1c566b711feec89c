import { cx } from "./cx";
import { navigate } from "@/lib/router";

interface Props {
  title: string;
  /** Where the sections live: `/settings` for `/settings/account`. */
  base: string;
  sections: readonly { name: string; label: string }[];
  current: string;
}

/** The head of a page with sections, each with an address of its own. On a phone the title stands in the page's top bar. */
export function PageTabs({ title, base, sections, current }: Props) {
  return (
    <header className="flex shrink-0 items-center gap-x-5 border-b border-line px-5 max-md:px-2 md:pt-1">
      <h1 className="text-base font-semibold whitespace-nowrap max-md:absolute max-md:inset-x-11 max-md:top-0 max-md:grid max-md:h-12 max-md:place-items-center max-md:text-[0.9375rem] max-md:font-medium">{title}</h1>
      <nav aria-label={title} className="flex min-w-0 overflow-x-auto">
        {sections.map(({ name, label }) => (
          <a
            key={name}
            href={`${base}/${name}`}
            aria-current={name === current ? "page" : undefined}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
              event.preventDefault();
              navigate(`${base}/${name}`);
            }}
            className={cx("flex h-11 items-center border-b-2 px-3 text-[0.9375rem] whitespace-nowrap -outline-offset-2", name === current ? "border-accent font-medium" : "border-transparent text-muted hover:text-text forced-colors:border-[Canvas]")}
          >
            {label}
          </a>
        ))}
      </nav>
    </header>
  );
}
