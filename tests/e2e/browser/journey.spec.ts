// The journeys of the pages' design: each counts its own clicks and fails above its number.
import { readFileSync } from 'node:fs'
import { accounts, expect, looks, newName, settle, signIn, test, type Page } from '../../../web/tests/browser'

const shared = process.env.YM_SHARED ?? '../../shared'
const path = `${shared}/data/encodings/villages_hubei_gb18030.csv`

/** An ugly file of the real villages: GB18030, a title, two notes, and rows whose code is none. */
function ugly(): Buffer | null {
  let real: Buffer
  try {
    real = readFileSync(path)
  } catch {
    return null
  }
  const lines = real.toString('latin1').split('\n')
  // The title and the notes in GBK: "village code table", "unit: one", "source: province".
  const title = Buffer.from('b4e5bed3b4fac2ebb1ed', 'hex').toString('latin1')
  const note = Buffer.from('b5a5ced9a3bab8f6', 'hex').toString('latin1')
  const source = Buffer.from('cafdbeddc0b4d4b4a3bac3f1d5feccfc', 'hex').toString('latin1')
  for (let n = 1; n <= 30; n++) lines[n * 100] = lines[n * 100]!.replace(/^\d{12}/, '42010x')
  return Buffer.from([title, note, source, ...lines].join('\n'), 'latin1')
}

/** Clicks that a person makes on the page; typing and choosing a file do not count. */
async function countClicks(page: Page) {
  let clicks = 0
  await page.exposeFunction('oneClick', () => void clicks++)
  await page.addInitScript(() => {
    addEventListener('click', (event) => {
      if (event.isTrusted) void (window as unknown as { oneClick: () => void }).oneClick()
    }, true)
  })
  return { count: () => clicks, reset: () => (clicks = 0) }
}

for (const look of looks.map((one) => ({ ...one, width: 1440, height: 900 }))) {
  test.describe(look.lang, () => {
    test.use({ look })

    test('a steward loads an ugly GBK file in 5 clicks', async ({ watched }) => {
      const file = ugly()
      test.skip(!file, 'villages_hubei_gb18030.csv is not here')
      const { page } = watched
      const english = look.lang === 'en'
      const clicks = await countClicks(page)
      await signIn(page, accounts.steward)
      await page.goto('/')
      const name = newName('villages')
      const title = { zh: `村居代码${name}`, en: `Villages ${name}` }
      // What a dataset of before has: a schema that says what a code is.
      const made = await page.evaluate(async ([short, titles]) => {
        const session = (await (await fetch('/api/v1/session')).json()) as { csrf: string; account: { agency: { name: string } } }
        const text = { name: 'code', type: 'string', constraints: { required: true, pattern: '[0-9]{12}' } }
        const others = ['name', 'streetCode', 'provinceCode', 'cityCode', 'areaCode'].map((one) => ({ name: one.toLowerCase(), title: one, type: 'string' }))
        const answer = await fetch('/api/v1/datasets', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf },
          body: JSON.stringify({
            id: `${session.account.agency.name}.${short as string}`, title: titles, abstract: { zh: '试验', en: 'A trial' },
            theme: 'society', openness: 'closed', sharing: 'conditional', update_cycle: 'year',
            schema: { fields: [text, ...others], primaryKey: ['code'] },
          }),
        })
        return { status: answer.status, text: await answer.text() }
      }, [name, title] as const)
      expect(made.status, made.text).toBe(201)
      await page.goto('/')
      await settle(page)
      clicks.reset()

      const late = page.getByRole('region', { name: english ? 'Late' : '迟报' })
      await late.getByRole('link', { name: english ? title.en : title.zh }).click() // 1
      await settle(page)
      await page.getByRole('link', { name: english ? /^Load a file/ : /^归集新批次/ }).first().click() // 2
      await settle(page)
      await page.locator('#file').setInputFiles({ name: '村居代码.csv', mimeType: 'text/csv', buffer: file! })
      const next = page.getByRole('button', { name: english ? 'Next: check' : '下一步：检查' })
      await expect(next).toBeEnabled({ timeout: 60_000 })
      await expect(page.getByText('GB18030').first()).toBeVisible()
      await expect(page.locator('.notes li')).toHaveCount(3)
      await expect(page.locator('.sample')).toContainText(/\p{Script=Han}/u)
      await next.click() // 3
      const publish = page.getByRole('button', { name: english ? /^Publish version 1, leave 30 rows/ : /^发布第1版，30行/ })
      await expect(publish).toBeVisible({ timeout: 90_000 })
      await expect(page.locator('.counts [role=img]')).toHaveAttribute('aria-label', /30/)
      await publish.click() // 4
      await page.getByRole('dialog').getByRole('button', { name: english ? /^Publish version 1 now/ : /^确认发布第1版/ }).click() // 5
      await expect(page.getByRole('status').filter({ hasText: english ? 'was published' : '已于' })).toBeVisible()
      expect(clicks.count(), 'clicks').toBeLessThanOrEqual(5)
    })
  })
}
