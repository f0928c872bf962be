// What a page costs to fetch, gzip, by the manifest of the build. Limits: PORTAL.md, section 6.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { localeOf, pages } from './sources'

interface Chunk {
  file: string
  css?: string[]
  imports?: string[]
  dynamicImports?: string[]
}
// `make web` builds into build/share/yunmeng/web, a build by hand into dist: the newer one counts.
const top = join(import.meta.dirname, '../../..')
const [dist = ''] = [process.env.YM_WEB ?? '', join(top, 'build/share/yunmeng/web'), join(top, 'web/dist')]
  .filter((folder) => folder && existsSync(join(folder, '.vite/manifest.json')))
  .sort((a, b) => built(b) - built(a))
const path = join(dist, '.vite/manifest.json')

function built(folder: string): number {
  return folder === process.env.YM_WEB ? Infinity : statSync(join(folder, '.vite/manifest.json')).mtimeMs
}
const manifest = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, Chunk>) : {}

/** All files that the chunks of these sources need at once. */
function files(keys: readonly string[], found = new Set<string>(), seen = new Set<string>()): Set<string> {
  for (const key of keys) {
    const chunk = manifest[key]
    if (!chunk) throw new Error(`${key} is not in the manifest`)
    if (seen.has(key)) continue
    seen.add(key)
    for (const file of [chunk.file, ...(chunk.css ?? [])]) found.add(file)
    files(chunk.imports ?? [], found, seen)
  }
  return found
}
const kib = (list: Iterable<string>) =>
  [...list].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0) / 1024

const entry = ['index.html', 'src/locales/zh-CN.json']
const page = (name: string) => `src/pages/${name}.vue`
const fetched = pages()
/** The page and the texts that come with it; a tab of a page has that page's. */
const whole = (name: string) => [
  page(name),
  ...(fetched.get(`pages/${name}.vue`) ?? []).map((room) => `src/${localeOf(room, 'zh-CN')}`),
]

function own(name: string): number {
  const shell = files(entry)
  return kib([...files(whole(name))].filter((file) => !shell.has(file)))
}

it('was built', () => {
  expect(existsSync(path), 'build the portal first: make web').toBe(true)
})

it.each([['zh-CN'], ['en']])('the entry with %s stays below 95 KiB', (language) => {
  const size = kib([...files(['index.html', `src/locales/${language}.json`]), 'index.html'])
  console.log(`entry ${language}: ${size.toFixed(1)} KiB`)
  expect(size).toBeLessThan(95)
})

it.each([
  ['catalogue', ['catalog/CataloguePage'], 200],
  ['dataset with rows', ['dataset/DatasetPage', 'dataset/DataTab'], 170],
])('%s stays within its whole budget', (name, names, limit) => {
  const size = kib([...files([...entry, ...names.flatMap(whole)]), 'index.html'])
  console.log(`${name}, all: ${size.toFixed(1)} KiB`)
  expect(size).toBeLessThan(limit)
})

it.each([
  ['home/HomePage', 80], ['catalog/CataloguePage', 80], ['dataset/DatasetPage', 80], ['dataset/DataTab', 80],
  ['load/NewLoadPage', 80], ['load/LoadPage', 80], ['jobs/JobsPage', 80], ['account/SignInPage', 80],
  ['NotFoundPage', 80], ['overview/OverviewPage', 80], ['entry/EditEntryPage', 80], ['entry/ImportPage', 80], ['admin/SystemsPage', 80], ['admin/AgenciesPage', 80], ['admin/CalendarPage', 80], ['admin/AccountsPage', 80],
  ['audit/AuditPage', 80], ['account/AccountPage', 80], ['account/InvitationPage', 80], ['dataset/NewDatasetPage', 140],
])('the chunk of %s stays below its limit', (name, limit) => {
  const size = own(name)
  console.log(`${name}: ${size.toFixed(1)} KiB`)
  expect(size).toBeLessThan(limit)
})

it('each asset lies there compressed', () => {
  for (const file of files(entry)) {
    expect(existsSync(join(dist, `${file}.gz`)), file).toBe(true)
    expect(existsSync(join(dist, `${file}.br`)), file).toBe(true)
  }
})
