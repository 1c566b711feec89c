/**
 * Where a reader of a keyset list stands. A keyset list can only be read forwards, so the way back is remembered:
 * `visited` holds the cursor of every page seen, the present one last; null is the first page.
 */
export interface Position {
  visited: readonly (string | null)[];
}

export const firstPage: Position = { visited: [null] };

export const cursorOf = (position: Position): string | null => position.visited.at(-1) ?? null;

export const pageNumber = (position: Position): number => position.visited.length;

export const forward = (position: Position, next: string): Position => ({ visited: [...position.visited, next] });

export const back = (position: Position): Position =>
  position.visited.length > 1 ? { visited: position.visited.slice(0, -1) } : position;
