const margin = 8;

export interface Placing {
  side: "top" | "bottom";
  align: "start" | "center" | "end";
  gap: number;
}

/** Puts `popup` beside `anchor`, on the other side where there is no room, and always inside the view. */
export function place(popup: HTMLElement, anchor: Element, { side, align, gap }: Placing): void {
  const at = anchor.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const above = at.top - gap - margin;
  const below = clientHeight - at.bottom - gap - margin;
  popup.style.maxHeight = `${Math.max(above, below)}px`;
  const { offsetWidth: width, offsetHeight: height } = popup;
  const onTop = side === "top" ? above >= height || above >= below : below < height && above > below;
  const left = align === "start" ? at.left : align === "end" ? at.right - width : at.left + (at.width - width) / 2;
  popup.style.left = `${Math.max(margin, Math.min(left, clientWidth - width - margin))}px`;
  popup.style.top = `${Math.max(margin, onTop ? at.top - gap - height : at.bottom + gap)}px`;
}
