import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, rooms, sources, texts } from './sources'

const chinese = texts('zh-CN')
const english = texts('en')
const code = sources()

// t('a.b') and keypath="a.b" name a key; t(`a.${x}`) and named('a', x) name all keys below a.
const literal = /\bt\(\s*'([\w.-]+)'|\? t\('([\w.-]+)'|keypath="([\w.-]+)"/g
const group = /\bt\(\s*`([\w.-]+)\.\$\{|\bte\(`([\w.-]+)\.\$\{|\bnamed\(\s*'([\w.-]+)'/g
const joined = /\bt\(\s*`([\w.-]*[\w])_\$\{/g

function found(pattern: RegExp): Map<string, string> {
  const keys = new Map<string, string>()
  for (const { path, text } of code) {
    for (const match of text.matchAll(pattern)) keys.set(match.slice(1).find(Boolean)!, path)
  }
  return keys
}

/** The file and all that it imports, at once or later; without the pages of `others`. */
function closure(path: string, others: Set<string>, seen = new Set<string>()): Set<string> {
  const text = code.find((file) => file.path === path)?.text
  if (text === undefined || seen.has(path)) return seen
  seen.add(path)
  for (const [, from] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const named = from!.startsWith('@/') ? from!.slice(2) : from!.startsWith('.') ? join(dirname(path), from!) : ''
    for (const ending of ['', '.ts', '.vue']) if (!others.has(named + ending)) closure(named + ending, others, seen)
  }
  return seen
}

/** The keys that these files name, of those given. */
function used(keys: Iterable<string>, files: Set<string>): string[] {
  const whole = new Set<string>()
  const starts: string[] = []
  for (const { path, text } of code) {
    if (!files.has(path)) continue
    for (const match of text.matchAll(literal)) whole.add(match.slice(1).find(Boolean)!)
    for (const match of text.matchAll(group)) starts.push(`${match.slice(1).find(Boolean)!}.`)
    for (const match of text.matchAll(joined)) starts.push(`${match[1]!}_`)
  }
  return [...keys].filter((key) => whole.has(key) || starts.some((start) => key.startsWith(start)))
}

describe('the files of the rooms', () => {
  const fetched = pages()
  const others = new Set(fetched.keys())
  const shell = closure('main.ts', others)

  it('have each key once', () => {
    for (const language of ['zh-CN', 'en'] as const) {
      const all = rooms.flatMap((room) => [...texts(language, room).keys()])
      expect(all.filter((key, at) => all.indexOf(key) !== at)).toEqual([])
    }
  })

  it('have the same keys in both languages', () => {
    for (const room of rooms) {
      expect([...texts('en', room).keys()].sort(), room).toEqual([...texts('zh-CN', room).keys()].sort())
    }
  })

  it('come with every page that needs them, and with no other', () => {
    expect(fetched.size).toBeGreaterThan(10)
    for (const [page, list] of fetched) {
      const files = closure(page, others)
      const needed = rooms.filter((room) => room && used(texts('en', room).keys(), files).length > 0)
      expect([...list].sort(), page).toEqual(needed.sort())
    }
  })

  it('leave to the entry what it says itself', () => {
    expect(shell.size).toBeGreaterThan(10)
    for (const room of rooms) if (room) expect(used(texts('en', room).keys(), shell), room).toEqual([])
  })
})

describe('the language files', () => {
  it('have the same keys', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })

  it('have every key that a page names', () => {
    const missing = [...found(literal)].filter(([key]) => !chinese.has(key))
    expect(missing).toEqual([])
    const all = [...chinese.keys()]
    const empty = [...found(group), ...found(joined)].filter(([prefix]) => !all.some((key) => key.startsWith(prefix)))
    expect(empty).toEqual([])
  })

  it('have no key that no page names', () => {
    const named = found(literal)
    // FacetList names a value by its facet: theme, openness, sharing. The server reads brand.platform and problem.
    const groups = [...found(group).keys(), 'theme', 'openness', 'sharing', 'mounted', 'freshness', 'plan', 'cycle', 'entry_state', 'problem'].map((prefix) => `${prefix}.`)
    const starts = [...groups, ...[...found(joined).keys()].map((prefix) => `${prefix}_`)]
    const idle = [...chinese.keys()].filter((key) => !named.has(key) && key !== 'brand.platform' && !starts.some((start) => key.startsWith(start)))
    expect(idle).toEqual([])
  })

  it('use no character that vue-i18n reads as syntax', () => {
    for (const file of [chinese, english]) {
      for (const [key, text] of file) {
        const plain = text.replace(/\{[a-z_]+\}/g, '')
        expect(plain, key).not.toMatch(/[|@{}]/)
      }
    }
  })

  it('name the same values in both languages', () => {
    const holes = (text: string) => [...text.matchAll(/\{[a-z_]+\}/g)].map(String).sort()
    for (const [key, text] of chinese) expect(holes(english.get(key)!), key).toEqual(holes(text))
  })

  it('keep the tone: no exclamation mark, no begging', () => {
    for (const [key, text] of [...chinese, ...english]) expect(text, key).not.toMatch(/[!！]|请您|谢谢|[Pp]lease/)
  })
})

describe('the sources', () => {
  it('have no Chinese text outside the language files', () => {
    const found = code.filter(({ text }) => /\p{Script=Han}/u.test(text)).map(({ path }) => path)
    expect(found).toEqual([])
  })

  it('have no colour outside the tokens', () => {
    const raw = /#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(/
    const found = code.filter(({ path, text }) => {
      const style = path.endsWith('.vue') ? (/<style[\s\S]*<\/style>/.exec(text)?.[0] ?? '') : ''
      return raw.test(style)
    })
    expect(found.map(({ path }) => path)).toEqual([])
  })

  it('write no style attribute and no HTML from a string', () => {
    const found = code.filter(({ text }) => /\sstyle="|v-html|innerHTML|\beval\(/.test(text)).map(({ path }) => path)
    expect(found).toEqual([])
  })
})
