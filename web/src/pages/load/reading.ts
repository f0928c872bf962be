// The first lines of a file as an encoding reads them, before anything is sent.
export const encodings = ['utf-8', 'gb18030'] as const
export const delimiters = ['comma', 'tab', 'semicolon', 'vertical', 'blank'] as const
export type Encoding = (typeof encodings)[number]
const head_bytes = 64 * 1024
const lines_shown = 8

const characters: Record<string, string> = { comma: ',', semicolon: ';', vertical: '\u007c' }

/** What the API calls a separator that the page has a word for: its character, `tab` or `blank`. */
export const delimiterCode = (word: string): string => characters[word] ?? word

/** The page's word for a separator of the API's. */
export function delimiterWord(code: string): string {
  const found = Object.entries({ ...characters, tab: '\t', blank: ' ' }).find(([, character]) => character === code)
  return found ? found[0] : code
}

export interface Peek {
  encoding: Encoding
  lines: string[]
  /** Some bytes mean nothing in this encoding. */
  broken: boolean
}

/** How many bytes at the end belong to a character that the head cuts; at most three in both encodings. */
function decode(bytes: Uint8Array, encoding: Encoding, whole: boolean): { text: string; broken: boolean } {
  for (let cut = 0; cut <= (whole ? 0 : 3); cut++) {
    try {
      const part = bytes.subarray(0, bytes.length - cut)
      return { text: new TextDecoder(encoding, { fatal: true }).decode(part), broken: false }
    } catch {
      continue
    }
  }
  return { text: new TextDecoder(encoding).decode(bytes), broken: true }
}

export async function peek(file: Blob, chosen: string): Promise<Peek> {
  const bytes = new Uint8Array(await file.slice(0, head_bytes).arrayBuffer())
  const whole = file.size <= head_bytes
  let encoding: Encoding = chosen === 'gb18030' ? 'gb18030' : 'utf-8'
  let found = decode(bytes, encoding, whole)
  if (!chosen && found.broken) {
    encoding = 'gb18030'
    found = decode(bytes, encoding, whole)
  }
  return { encoding, broken: found.broken, lines: found.text.split(/\r\n|\r|\n/, lines_shown) }
}
