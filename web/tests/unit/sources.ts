import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../src')

export interface Source {
  path: string
  text: string
}

/** All .vue and .ts files of the portal. */
export function sources(): Source[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(vue|ts)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

type Texts = { [key: string]: string | Texts }

/** The names of the language files: '' has the texts of the shell, the others those of their room. */
export const rooms = readdirSync(join(root, 'locales'))
  .filter((name) => name.endsWith('zh-CN.json'))
  .map((name) => name.slice(0, -'zh-CN.json'.length).replace('.', ''))

export const localeOf = (room: string, language: string) => `locales/${room && `${room}.`}${language}.json`

/** Pages as the router and the shell fetch them, with the rooms whose texts come with each. */
export function pages(): Map<string, string[]> {
  const fetched = /import\('@\/(pages\/[\w/]+\.vue)'\)(?:((?:, '\w+')+)\))?/g
  const found = new Map<string, string[]>()
  for (const file of ['router.ts', 'App.vue', 'parts/SearchBox.vue']) {
    for (const [, page, list] of readFileSync(join(root, file), 'utf8').matchAll(fetched)) {
      found.set(page!, [...(list ?? '').matchAll(/\w+/g)].map(String))
    }
  }
  return found
}

/** The texts of the language, or of one of its files, as a flat list of key and text. */
export function texts(language: 'zh-CN' | 'en', only?: string): Map<string, string> {
  const flat = new Map<string, string>()
  const walk = (node: Texts, path: string) => {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value === 'string') flat.set(path + key, value)
      else walk(value, `${path}${key}.`)
    }
  }
  for (const room of only === undefined ? rooms : [only]) {
    walk(JSON.parse(readFileSync(join(root, localeOf(room, language)), 'utf8')) as Texts, '')
  }
  return flat
}
