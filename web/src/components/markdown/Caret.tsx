/** Where an answer is being written. */
export function Caret() {
  return <span className="md-caret" aria-hidden="true" />;
}
