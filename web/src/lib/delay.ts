import { useEffect, useState } from "react";

/** True once `active` has held for `milliseconds`: what is over sooner is not worth a word. */
export function useDelayed(active: boolean, milliseconds = 400): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setLate(true), milliseconds);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [active, milliseconds]);
  return active && late;
}
