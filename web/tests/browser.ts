// What every browser test uses: a page that is watched, languages and themes, sign-in, the accessibility check.
import { expect, test as base, type Browser, type Cookie, type Page } from '@playwright/test'
import { source, type AxeResults } from 'axe-core'

export { expect, type Page } from '@playwright/test'

export interface Look {
  name: string
  lang: 'zh-CN' | 'en'
  theme: 'light' | 'dark'
  width: number
  height: number
}
const wide = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }

/** The two looks of each run; all eight where YM_LOOKS=all (make night). */
export const looks: Look[] =
  process.env.YM_LOOKS === 'all'
    ? (['zh-CN', 'en'] as const).flatMap((lang) =>
        (['light', 'dark'] as const).flatMap((theme) => [
          { name: `${lang} ${theme} wide`, lang, theme, ...wide },
          { name: `${lang} ${theme} phone`, lang, theme, ...phone },
        ]),
      )
    : [
        { name: 'zh-CN light wide', lang: 'zh-CN', theme: 'light', ...wide },
        { name: 'en dark phone', lang: 'en', theme: 'dark', ...phone },
      ]

const steward = { name: process.env.YM_STEWARD ?? '', password: process.env.YM_STEWARD_PASSWORD ?? '' }
const administrator = { name: process.env.YM_ADMIN ?? '', password: process.env.YM_ADMIN_PASSWORD ?? '' }
const auditor = { name: process.env.YM_AUDITOR ?? '', password: process.env.YM_AUDITOR_PASSWORD ?? '' }
export const accounts = { steward, administrator, auditor }

const start = process.env.YM_BASE_URL ?? ''
const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']
// It comes with each page as a function that nobody has called yet, which costs next to nothing: sent at each check its
// half megabyte took as long as the check itself, and a page that is checked twice keeps what is compiled.
const beginAxe = `globalThis.beginAxe = function () {\n${source}\n}`
interface AxeWindow {
  axe?: { run: (where: Document, options: object) => Promise<AxeResults> }
  beginAxe: () => void
}

export interface Watched {
  page: Page
  /** What went wrong on the page since it was opened. */
  faults: string[]
}

/** A page of a look; what its console, its scripts and its CSP complain of is kept. */
export async function openPage(browser: Browser, look: Look): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: start,
    viewport: { width: look.width, height: look.height },
    colorScheme: look.theme,
    locale: look.lang,
    timezoneId: 'Asia/Shanghai',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await context.addCookies(['lang', 'theme'].map((name) => ({
    name, value: name === 'lang' ? look.lang : look.theme, url: start,
  })))
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
  await page.addInitScript(beginAxe)
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  return { page, faults }
}

export const test = base.extend<{ watched: Watched; look: Look }>({
  look: [looks[0]!, { option: true }],
  watched: async ({ browser, look }, use) => {
    const watched = await openPage(browser, look)
    await use(watched)
    expect(watched.faults).toEqual([])
    await watched.page.context().close()
  },
})

interface Named {
  name: string
  password: string
}
const sessions = new Map<string, Cookie[]>()

/** Signed in, by a session that the tests of this worker share: only who ends it, or looks at the form, needs his own. */
export async function signIn(page: Page, account: Named) {
  expect(account.name, 'YM_STEWARD, YM_STEWARD_PASSWORD, YM_ADMIN and YM_ADMIN_PASSWORD name the accounts').not.toBe('')
  const context = page.context()
  const known = sessions.get(account.name)
  if (known) return context.addCookies(known)
  const answer = await page.request.post('/api/v1/session', { data: account, headers: { Origin: start } })
  expect(answer.status(), await answer.text()).toBe(201)
  const fresh = (await context.cookies()).filter((cookie) => cookie.httpOnly)
  expect(fresh.length).toBe(1)
  sessions.set(account.name, fresh)
}

export async function signInByForm(page: Page, account: Named) {
  await page.goto('/sign-in')
  await page.locator('main input[name=name]').fill(account.name)
  await page.locator('main input[name=password]').fill(account.password)
  await page.locator('main form button[type=submit]').click()
  await expect(page.locator('header [aria-controls=account-panel]')).toBeVisible()
}

/** Nothing waits any more: no skeleton is drawn and no request runs. */
export async function settle(page: Page) {
  await expect(page.locator('main h1').first()).toBeVisible()
  await expect(page.locator('.waiting')).toHaveCount(0)
}

/** No finding of axe of any impact, no sideways scroll, one h1. */
export async function checkPage(page: Page) {
  expect(page.frames().length, 'frames: axe looks at one').toBe(1)
  const { found, over } = await page.evaluate(async (values) => {
    const own = window as unknown as AxeWindow
    if (!own.axe) own.beginAxe()
    const { violations } = await own.axe!.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] })
    return {
      found: violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`),
      over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }
  }, tags)
  expect(found).toEqual([])
  expect(over, 'pixels of sideways scroll').toBeLessThanOrEqual(0)
  await expect(page.locator('h1')).toHaveCount(1)
}

let made = 0
/** A name that no other test has, of this worker or another, or of a run before. */
export const newName = (about: string) => `${about}_${Date.now().toString(36)}${process.env.TEST_PARALLEL_INDEX ?? '0'}${made++}`

/** A dataset with published rows that anyone may read: the one with the most rows. */
export async function openDataset(page: Page): Promise<{ id: string; rows: number; fields: string[]; texts: string[] }> {
  const answer = await page.request.get('/api/v1/datasets?openness=open&limit=200')
  expect(answer.ok()).toBe(true)
  const { items } = (await answer.json()) as { items: { id: string; current: { rows: { kept: number } } | null }[] }
  const full = items.filter((one) => one.current).sort((a, b) => b.current!.rows.kept - a.current!.rows.kept)
  expect(full.length, 'open datasets with a version').toBeGreaterThan(0)
  const id = full[0]!.id
  const rows = (await (await page.request.get(`/api/v1/datasets/${id}/rows?limit=1`)).json()) as {
    total: number
    fields: { name: string; type: string }[]
  }
  const texts = rows.fields.filter((field) => field.type === 'string')
  return { id, rows: rows.total, fields: rows.fields.map((field) => field.name), texts: texts.map((field) => field.name) }
}

/** Presses what a mouse would: hovers over each link and button in sight. */
export async function hoverAll(page: Page, most = 30) {
  const all = page.locator('main :is(a, button, [role=gridcell]):visible')
  const n = Math.min(most, await all.count())
  for (let index = 0; index < n; index++) await all.nth(index).hover({ timeout: 2000 }).catch(() => undefined)
}
