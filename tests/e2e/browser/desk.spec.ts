// A steward mends, accepts, drops, changes by a rule, loads the file again, undoes, and makes the next version; a phone reads.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { accounts, checkPage, expect, looks, newName, settle, signIn, test, type Page } from '../../../web/tests/browser'

const schema = {
  fields: [
    { name: 'id', type: 'integer' },
    { name: 'day', type: 'date', format: '%Y/%m/%d', title: '日期' },
    { name: 'pm25', type: 'integer', unit: 'µg/m³', residual: ['minimum'], constraints: { minimum: 0 } },
    { name: 'name', title: '站点' },
  ],
  primaryKey: ['id'],
}
const file = [
  'note,day,id,name,pm25', 'n,2026/01/01,1,甲,10', 'n,2026-01-03,3,丙,30', 'n,2026/01/04,4,丁,-7', 'n,2026/01/05,5,戊,９９',
  'n,2026/01/06,６, 己 ,６６', 'n,2026/01/01,1,庚,1',
].join('\n')

/** A dataset of the steward's agency with five quarantined rows, by the API. */
async function waiting(page: Page): Promise<{ id: string; load: string }> {
  const session = (await (await page.request.get('/api/v1/session')).json()) as { csrf: string; account: { agency: { name: string } } }
  const headers = { 'X-CSRF-Token': session.csrf, Origin: process.env.YM_BASE_URL! }
  const id = `${session.account.agency.name}.${newName('desk')}`
  const made = await page.request.post('/api/v1/datasets', {
    headers,
    data: {
      id, title: { zh: '隔离区试验', en: 'A trial of the desk' }, abstract: { zh: '', en: '' }, theme: 'environment', openness: 'closed',
      sharing: 'conditional', update_cycle: 'day', schema,
    },
  })
  expect(made.status(), await made.text()).toBe(201)
  const load = await page.request.post(`/api/v1/datasets/${id}/loads?file=${encodeURIComponent('监测.csv')}`, {
    headers: { ...headers, 'Content-Type': 'text/csv', Prefer: 'wait=60' },
    data: Buffer.from(file),
  })
  const facts = (await load.json()) as { id: string; state: string }
  expect(facts.state, await load.text()).toBe('published')
  return { id, load: facts.id }
}

async function picture(page: Page, name: string) {
  const to = process.env.YM_PICTURES
  if (!to) return
  mkdirSync(to, { recursive: true })
  await page.screenshot({ path: join(to, `${name}.png`), fullPage: true })
}

for (const look of looks) {
  test.describe(look.name, () => {
    test.use({ look })
    const english = look.lang === 'en'
    const phone = look.width < 900

    test('the quarantine desk', async ({ watched }) => {
      const { page } = watched
      await signIn(page, accounts.steward)
      const { id, load } = await waiting(page)
      await page.goto('/')
      await settle(page)
      await page.locator('section[aria-labelledby=waits]').getByRole('link', { name: english ? 'A trial of the desk' : '隔离区试验' }).first().click()
      await expect(page).toHaveURL(/\/quarantine\?dataset=/)
      await page.goto('/quarantine')
      await settle(page)
      await checkPage(page)
      await picture(page, `desk-list-${look.name.replaceAll(' ', '-')}`)
      await page.goto(`/quarantine?dataset=${id}`)
      await settle(page)
      const rows = page.locator('.rows > li')
      await expect(rows).toHaveCount(5)
      await expect(rows.first().locator('mark')).toHaveText('2026-01-03')
      await checkPage(page)
      await picture(page, `desk-${look.name.replaceAll(' ', '-')}`)

      // The reason in the address is a filter that can be sent to a colleague.
      await page.goto(`/quarantine?dataset=${id}&code=minimum&column=pm25`)
      await settle(page)
      await expect(rows).toHaveCount(1)
      if (phone) {
        await expect(page.locator('.desk-acts:visible')).toHaveCount(0)
        await expect(page.locator('.phone-note')).toBeVisible()
        return
      }

      await page.goto(`/quarantine?dataset=${id}`)
      await settle(page)
      const words = (zh: string, en: string) => (english ? en : zh)
      // By the keyboard: open, the wrong cell has the focus, write, Enter.
      const mend = page.getByRole('button', { name: words('改正第 3 行', 'Mend line 3') })
      await mend.focus()
      await page.keyboard.press('Enter')
      await expect(page.locator('.mend input:focus')).toHaveValue('2026-01-03')
      await checkPage(page)
      await page.keyboard.press('Control+A')
      await page.keyboard.type('2026/13/03')
      await page.keyboard.press('Enter')
      await expect(rows.first().locator('.ym-chip')).toHaveText(words('改后仍不合格', 'Changed, still wrong'))
      await page.getByRole('button', { name: words('改正第 3 行', 'Mend line 3') }).click()
      await page.locator('.mend input:focus').fill('2026/01/03')
      await page.locator('.mend button[type=submit]').click()
      await expect(rows.first().locator('.ym-chip')).toHaveText(words('已改正', 'Mended'))

      await page.getByRole('button', { name: words('放行第 4 行', 'Accept line 4') }).click()
      const dialog = page.getByRole('dialog')
      await expect(dialog).toBeVisible()
      await checkPage(page)
      await dialog.locator('textarea').fill(words('零下读数已核实', 'Checked at the station'))
      await dialog.locator('button[type=submit]').click()
      await expect(rows.nth(1).locator('.ym-chip')).toHaveText(words('放行', 'Accepted'))
      // What cannot be stored cannot be accepted, and the page says so.
      await page.getByRole('button', { name: words('放行第 5 行', 'Accept line 5') }).click()
      await dialog.locator('textarea').fill('x')
      watched.faults.length = 0
      await dialog.locator('button[type=submit]').click()
      await expect(page.getByText(words('第 5 行无法存储', 'Line 5 cannot be stored'))).toBeVisible()
      watched.faults.length = 0 // the browser tells of the 400 that was meant
      await page.getByRole('button', { name: words('舍弃第 7 行', 'Drop line 7') }).click()
      await dialog.locator('textarea').fill('x')
      await dialog.locator('button[type=submit]').click()
      await expect(rows.nth(4).locator('.ym-chip')).toHaveText(words('舍弃', 'Dropped'))
      await page.getByRole('button', { name: words('撤销对第 7 行的最后一步', 'Undo the last act on line 7') }).click()
      await expect(rows.nth(4).locator('.ym-chip')).toHaveCount(0)

      // A rule is looked at before it can be applied.
      await page.getByRole('button', { name: words('批量规则', 'Bulk rule'), exact: true }).click()
      await page.locator('.rule select').first().selectOption('half_width')
      await expect(page.locator('.rule .primary')).toHaveCount(0)
      await page.locator('.rule button[type=submit]').click()
      await expect(page.locator('.rule [role=status]')).toContainText(words('会改动 2 行', 'It would change 2 rows'))
      await expect(page.locator('.rule tbody tr')).toHaveCount(2)
      await checkPage(page)
      await picture(page, `desk-rule-${look.name.replaceAll(' ', '-')}`)
      await page.locator('.rule .primary').click()
      await expect(rows.nth(2).locator('.ym-chip')).toHaveText(words('已改正', 'Mended'))

      // The file goes away with its reasons, and comes back with one row changed.
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: words('下载（含原因）', 'Download with reasons') }).click(),
      ])
      const text = await new Response((await download.createReadStream()) as never).text()
      expect(text).toContain('yunmeng_line')
      const back = text.replace('"庚","1"', '"庚","2"').replace(/"1",("庚")/, '"8",$1')
      await page.locator('input[type=file]').setInputFiles({ name: 'mended.csv', mimeType: 'text/csv', buffer: Buffer.from(back) })
      await expect(rows.nth(4).locator('.ym-chip')).toHaveText(words('已改正', 'Mended'))
      await checkPage(page)
      await picture(page, `desk-done-${look.name.replaceAll(' ', '-')}`)

      await page.getByRole('button', { name: words('检查并生成新版本', 'Check and make the next version') }).click()
      await expect(page).toHaveURL(/\/loads\/\d+$/)
      expect(page.url()).not.toContain(load)
      await page.getByRole('button', { name: words('发布第2版', 'Publish version 2') }).click({ timeout: 60_000 })
      await page.getByRole('dialog').getByRole('button', { name: words('确认发布第2版', 'Publish version 2 now') }).click()
      await expect(page.getByRole('status').filter({ hasText: words('发布', 'was published') })).toBeVisible()
      await expect(page.locator('.acted li')).toHaveCount(5)
      // From its top: what lies half under the bar while it is scrolled is no small target.
      await page.evaluate(() => scrollTo(0, 0))
      await checkPage(page)
      await picture(page, `desk-report-${look.name.replaceAll(' ', '-')}`)
      const versions = (await (await page.request.get(`/api/v1/datasets/${id}/versions`)).json()) as { items: { rows: unknown }[] }
      expect(versions.items[0]!.rows).toMatchObject({ in: 6, kept: 6, quarantined: 0, duplicates: 0 })
      await page.goto(`/quarantine?dataset=${id}`)
      await settle(page)
      await expect(page.getByText(words('没有隔离的行', 'has no quarantined rows'))).toBeVisible()
      await checkPage(page)
    })
  })
}
