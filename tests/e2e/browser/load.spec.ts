// A steward registers a dataset, loads a GBK file, reads the report, publishes; and drops another one.
import { readFileSync } from 'node:fs'
import { accounts, checkPage, expect, looks, newName, settle, signIn, test, type Page } from '../../../web/tests/browser'

const shared = process.env.YM_SHARED ?? '../../shared'
const real = `${shared}/data/encodings/cnemc_station_list_gbk.csv`

/** The real file where it is, else a small one of the same make. */
function gbk(): { name: string; mimeType: string; buffer: Buffer } {
  let buffer: Buffer
  try {
    buffer = readFileSync(real)
  } catch {
    // 编码,名称 / A1,武汉 / A2,黄石 in GBK
    buffer = Buffer.from('b1e0c2eb2cc3fbb3c60a41312ccee4baba0a41322cbbc6caaf0a', 'hex')
  }
  return { name: 'cnemc_station_list_gbk.csv', mimeType: 'text/csv', buffer }
}

async function register(page: Page, title: string): Promise<string> {
  await page.goto('/datasets/new')
  await settle(page)
  const name = newName('trial')
  await page.locator('#name').fill(name)
  await page.locator('#title-zh').fill(title)
  await page.locator('#theme').click()
  await page.getByRole('option').first().click()
  await page.locator('main form button[type=submit]').click()
  await expect(page).toHaveURL(new RegExp(`/datasets/[a-z0-9_]+\\.${name}/loads/new$`))
  return new URL(page.url()).pathname.split('/')[2]!
}

async function send(page: Page, file: { name: string; mimeType: string; buffer: Buffer }) {
  await page.locator('#file').setInputFiles(file)
  await expect(page.locator('pre')).toBeVisible()
  await checkPage(page)
  await page.locator('main form button[type=submit]').click()
  await expect(page).toHaveURL(/\/loads\/\d+$/)
}

for (const look of looks) {
  test.describe(look.name, () => {
    test.use({ look })

    test('a GBK file is loaded, its report read, and published', async ({ watched }) => {
      const { page } = watched
      const english = look.lang === 'en'
      await signIn(page, accounts.steward)
      const id = await register(page, '监测站名录试验')
      await send(page, gbk())
      const publish = page.getByRole('button', { name: english ? /^Publish version 1/ : /^发布第1版/ })
      await expect(publish).toBeVisible({ timeout: 60_000 })
      await settle(page)
      await checkPage(page)

      // Received is kept and quarantined and duplicates, on the page as in the API.
      const address = `/api/v1${new URL(page.url()).pathname}`
      const report = await page.evaluate(async (path) => {
        const load = (await (await fetch(path)).json()) as { report: Record<string, number> }
        return load.report
      }, address)
      expect(report.rows_in).toBe(report.rows_kept! + report.rows_quarantined! + report.duplicates_dropped!)
      const bar = page.locator('.counts [role=img]')
      await expect(bar).toHaveAttribute('aria-label', new RegExp(report.rows_in!.toLocaleString('en')))
      await expect(bar).toHaveAttribute('aria-label', new RegExp(report.rows_kept!.toLocaleString('en')))
      await expect(page.getByText('GB18030').first()).toBeVisible()

      await publish.click()
      const confirm = page.getByRole('dialog').getByRole('button', { name: english ? /^Publish version 1 now/ : /^确认发布第1版/ })
      await expect(confirm).toBeVisible()
      await checkPage(page)
      await confirm.click()
      await expect(page.getByRole('status').filter({ hasText: english ? 'was published' : '发布' })).toBeVisible()
      await checkPage(page)
      await page.getByRole('link', { name: english ? 'See the rows' : '查看数据行' }).click()
      await settle(page)
      await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', String(report.rows_kept! + 1))
      await expect(page.getByRole('grid')).toContainText(/\p{Script=Han}/u)
      await checkPage(page)
      expect(new URL(page.url()).pathname).toBe(`/datasets/${id}`)
    })
  })
}

test('a load is dropped only after a question that can be left', async ({ watched }) => {
  const { page } = watched
  await signIn(page, accounts.steward)
  await register(page, '丢弃试验')
  await send(page, { name: 'few.csv', mimeType: 'text/csv', buffer: Buffer.from('code,name\nA1,one\nA2,two\n') })
  const drop = page.getByRole('button', { name: '丢弃这个批次' })
  await expect(drop).toBeVisible({ timeout: 60_000 })
  await drop.click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  await checkPage(page)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(drop).toBeFocused()
  await drop.click()
  await dialog.getByRole('button', { name: '丢弃这个批次' }).click()
  await expect(page.getByRole('status').filter({ hasText: '没有发布' })).toBeVisible()
})

test('a file that cannot be read says what, where and how to mend it', async ({ watched }) => {
  const { page } = watched
  await signIn(page, accounts.steward)
  await register(page, '坏文件试验')
  await page.locator('#file').setInputFiles({ name: 'nul.csv', mimeType: 'text/csv', buffer: Buffer.from('code,name\nA1,o\0ne\n') })
  const note = page.getByRole('alert')
  await expect(note).toBeVisible({ timeout: 60_000 })
  await expect(note).toContainText(/\p{Script=Han}/u)
  await expect(page.getByRole('button', { name: '下一步：检查' })).toBeDisabled()
  await checkPage(page)
  // Another file, and the step goes on.
  await page.getByRole('button', { name: /展开或折叠：选择文件/ }).click()
  await page.locator('#file').setInputFiles({ name: 'good.csv', mimeType: 'text/csv', buffer: Buffer.from('code,name\nA1,one\n') })
  await expect(page.getByRole('button', { name: '下一步：检查' })).toBeEnabled({ timeout: 60_000 })
})

test('an upload goes on where the line broke, and after the page was closed', async ({ watched }) => {
  const { page } = watched
  const rows = Array.from({ length: 400_000 }, (_, n) => `${n},${'x'.repeat(20)}`)
  const file = { name: 'large.csv', mimeType: 'text/csv', buffer: Buffer.from(`id,text\n${rows.join('\n')}\n`) }
  await signIn(page, accounts.steward)
  const id = await register(page, '续传试验')
  // The first PATCH is cut after its bytes came; the client asks where it is and goes on.
  let cut = 0
  await page.route(/\/api\/v1\/uploads\/[0-9a-f]+$/, async (route) => {
    if (route.request().method() === 'PATCH' && cut++ === 0) return route.abort('connectionreset')
    return route.continue()
  })
  const heads = page.waitForRequest((request) => request.method() === 'HEAD' && /\/uploads\//.test(request.url()))
  await page.locator('#file').setInputFiles(file)
  await heads
  await expect(page).toHaveURL(/\?upload=[0-9a-f]{32}$/, { timeout: 60_000 })
  expect(cut).toBeGreaterThan(1)
  await expect(page.getByRole('button', { name: '下一步：检查' })).toBeEnabled({ timeout: 60_000 })
  // The page is closed and opened again: the finished upload is there, the sample too.
  await page.reload()
  await settle(page)
  await expect(page.getByText('large.csv', { exact: false }).first()).toBeVisible()
  await expect(page.getByRole('button', { name: '下一步：检查' })).toBeEnabled({ timeout: 60_000 })
  await expect(page.locator('.sample tbody tr')).toHaveCount(20)
  expect(new URL(page.url()).pathname).toBe(`/datasets/${id}/loads/new`)
  watched.faults.length = 0 // the browser notes the cut request
})

test('another reading redraws the sample, and a checked load is read again without a second upload', async ({ watched }) => {
  const { page } = watched
  await signIn(page, accounts.steward)
  await register(page, '换读法试验')
  await page.locator('#file').setInputFiles({
    name: 'two.csv', mimeType: 'text/csv', buffer: Buffer.from('a;b\n1,5;2\n3,5;4\n'),
  })
  await expect(page.locator('.sample thead th')).toHaveText(['行', 'a', 'b'], { timeout: 60_000 })
  await page.locator('#delimiter').selectOption('comma')
  await expect(page.locator('.sample thead th')).not.toHaveText(['行', 'a', 'b'])
  await page.locator('#delimiter').selectOption('')
  await expect(page.locator('.sample thead th')).toHaveText(['行', 'a', 'b'])
  await page.getByRole('button', { name: '下一步：检查' }).click()
  await expect(page.getByRole('button', { name: /^发布第1版/ })).toBeVisible({ timeout: 60_000 })
  await page.getByRole('button', { name: /展开或折叠：识别/ }).click()
  await page.locator('#delimiter').selectOption('semicolon')
  await checkPage(page)
  await page.getByRole('button', { name: '按新的读法重新检查' }).click()
  await expect(page.getByRole('button', { name: /^发布第2版/ })).toBeVisible({ timeout: 60_000 })
  await expect(page.locator('.counts [role=img]')).toHaveAttribute('aria-label', /2/)
})
