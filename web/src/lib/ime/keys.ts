/** What a text field does on a key. Return false to let the browser go on as if nobody listened. */
export interface TextKeys<T extends KeyLike = KeyLike> {
  onEnter?: (event: T) => boolean | void;
  onEscape?: (event: T) => boolean | void;
  onArrowUp?: (event: T) => boolean | void;
  onArrowDown?: (event: T) => boolean | void;
}

/** The part of a keydown that decides; React's and the browser's own both fit. */
export interface KeyLike {
  key: string;
  keyCode: number;
  isComposing?: boolean;
  nativeEvent?: { isComposing?: boolean };
  preventDefault(): void;
}

/**
 * Whether a keydown belongs to an input method. The browsers differ in the Enter that confirms a conversion:
 * Chrome and Firefox send it while composing, Safari after `compositionend` but with key code 229.
 */
export function isComposing(event: KeyLike): boolean {
  return event.isComposing === true || event.nativeEvent?.isComposing === true || event.keyCode === 229;
}

/** The one keydown handler of every text field: what an input method needs never reaches `keys`. */
export function textKeys<T extends KeyLike>(keys: TextKeys<T>): (event: T) => void {
  return (event) => {
    if (isComposing(event)) return;
    const handler = { Enter: keys.onEnter, Escape: keys.onEscape, ArrowUp: keys.onArrowUp, ArrowDown: keys.onArrowDown }[event.key];
    if (handler && handler(event) !== false) event.preventDefault();
  };
}
