// What the choices of reading are called, on the page and by the API.
export const encodings = ['utf-8', 'gb18030'] as const
export const delimiters = ['comma', 'tab', 'semicolon', 'vertical', 'blank'] as const

const characters: Record<string, string> = { comma: ',', semicolon: ';', vertical: '\u007c' }

/** What the API calls a separator that the page has a word for: its character, `tab` or `blank`. */
export const delimiterCode = (word: string): string => characters[word] ?? word

/** The page's word for a separator of the API's. */
export function delimiterWord(code: string): string {
  const found = Object.entries({ ...characters, tab: '\t', blank: ' ' }).find(([, character]) => character === code)
  return found ? found[0] : code
}
