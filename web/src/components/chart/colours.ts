const names = ["muted", "line", "accent", "danger"] as const;
export type Colours = Record<(typeof names)[number], string>;

/** Where the reader's own colours hold, a picture has to use them by itself: the browser leaves canvases alone. */
const forced: Colours = { muted: "CanvasText", line: "GrayText", accent: "LinkText", danger: "CanvasText" };

/** The tokens of the theme as they are at `element`, in a form that a canvas understands. */
export function colours(element: HTMLElement): Colours {
  if (matchMedia("(forced-colors: active)").matches) return forced;
  const probe = document.createElement("span");
  element.append(probe);
  const entries = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(entries) as Colours;
}
