import { describe, expect, it } from 'vitest'
import { sources, texts } from './sources'

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
