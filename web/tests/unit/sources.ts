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

/** The language file as a flat list of key and text. */
export function texts(language: 'zh-CN' | 'en'): Map<string, string> {
  const all = JSON.parse(readFileSync(join(root, `locales/${language}.json`), 'utf8')) as Texts
  const flat = new Map<string, string>()
  const walk = (node: Texts, path: string) => {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value === 'string') flat.set(path + key, value)
      else walk(value, `${path}${key}.`)
    }
  }
  walk(all, '')
  return flat
}
