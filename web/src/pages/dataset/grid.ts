// The arithmetic of RowGrid: no page in it, so that tests reach all of it.

export const ROW = 32
export const HEAD = 36
export const NUMBER_WIDTH = 88
/** Browsers end near 17 to 33 million px; above this height one scrolled pixel stands for more than one. */
export const MOST_HEIGHT = 8_000_000
export const BLOCKS_KEPT = 60
const cells_per_block = 20_000
const narrowest = 84
const widest = 340

export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value))
}

/** Rows asked for at once: 200, fewer where a row has many cells. */
export function blockSize(columns: number): number {
  return clamp(Math.floor(cells_per_block / Math.max(1, columns)), 20, 200)
}

/** The height of the scrolled area without its header. */
export function canvasHeight(rows: number): number {
  return Math.min(rows * ROW, MOST_HEIGHT)
}

/** How many pixels of rows one scrolled pixel stands for. The header counts, else the last row is never seen. */
export function scrollScale(rows: number, viewHeight: number): number {
  const real = rows * ROW + HEAD - viewHeight
  const drawn = canvasHeight(rows) + HEAD - viewHeight
  return Math.max(1, real / Math.max(1, drawn))
}

/** The farthest that the rows can be moved up. */
export function lastTop(rows: number, viewHeight: number): number {
  return Math.max(0, rows * ROW + HEAD - viewHeight)
}

/** Where a row is drawn inside the scrolled area. */
export function rowPlace(row: number, top: number, scale: number): number {
  return HEAD + row * ROW - top + top / scale
}

/** The rows in sight, the first and the one after the last, with a few more on both sides. */
export function rowWindow(top: number, viewHeight: number, rows: number, more = 2): [number, number] {
  const first = Math.floor(top / ROW) - more
  const end = Math.ceil((top + viewHeight - HEAD) / ROW) + more
  return [clamp(first, 0, rows), clamp(end, 0, rows)]
}

/** The least move of `top` after which a row is in sight. */
export function topFor(row: number, top: number, rows: number, viewHeight: number): number {
  const above = row * ROW
  const below = (row + 1) * ROW + HEAD - viewHeight
  return clamp(above < top ? above : below > top ? below : top, 0, lastTop(rows, viewHeight))
}

/** The left edge of each column, and at the end the width of all. */
export function leftEdges(widths: readonly number[]): number[] {
  const edges = [0]
  for (const width of widths) edges.push(edges[edges.length - 1]! + width)
  return edges
}

/** The columns in sight, the first and the one after the last. */
export function columnWindow(edges: readonly number[], left: number, viewWidth: number, more = 1): [number, number] {
  const columns = edges.length - 1
  const first = lastAtOrBefore(edges, left) - more
  const end = lastAtOrBefore(edges, left + Math.max(0, viewWidth)) + 1 + more
  return [clamp(first, 0, columns), clamp(end, 0, columns)]
}

function lastAtOrBefore(edges: readonly number[], x: number): number {
  let low = 0
  let high = edges.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (edges[middle]! <= x) low = middle
    else high = middle - 1
  }
  return low
}

/** The width that a text takes in a table, in half widths: a Han character counts two. */
export function halves(text: string): number {
  let n = 0
  for (const character of text) n += character.codePointAt(0)! >= 0x1100 ? 2 : 1
  return n
}

export function columnWidth(title: string, samples: readonly string[]): number {
  const longest = Math.max(0, ...samples.map((text) => halves(text.slice(0, 80))))
  return clamp(Math.round(Math.max(halves(title) * 7.6 + 44, longest * 7.4 + 26)), narrowest, widest)
}

export interface Piece {
  text: string
  /** U+E000 and the like where the character is one of private use: no font draws it for certain. */
  point?: string
}

export function isPrivateUse(point: number): boolean {
  return (point >= 0xe000 && point <= 0xf8ff) || (point >= 0xf0000 && point <= 0xffffd) || point >= 0x100000
}

/** A text in pieces, each private-use character by itself with its code point. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let run = ''
  for (const character of text) {
    const point = character.codePointAt(0)!
    if (!isPrivateUse(point)) {
      run += character
      continue
    }
    if (run) found.push({ text: run })
    found.push({ text: character, point: `U+${point.toString(16).toUpperCase()}` })
    run = ''
  }
  if (run || found.length === 0) found.push({ text: run })
  return found
}

/** A sort in the API's words: nothing, then up, then down, then nothing again. */
export function nextSort(sort: string, field: string): string {
  if (sort === field) return `-${field}`
  return sort === `-${field}` ? '' : field
}
