// The catalogue's own pages: the overview and the lists behind it, import, review, systems, in both looks.
import { accounts, checkPage, expect, hoverAll, looks, settle, signIn, test } from '../../../web/tests/browser'

const heads = '信息资源名称,信息资源代码,主题,信息资源分类,信息资源摘要,信息资源格式,共享类型,共享条件,开放类型,不开放理由,更新周期,联系部门,联系电话'
const row = (title: string, code: string, condition = '经同意') =>
  `${title},${code},环境,生态环保,${title}摘要,数据库,有条件共享,${condition},不开放,内部,每日,数据处,027-1`

for (const look of looks) {
  test.describe(look.name, () => {
    test.use({ look })

    test('each figure of the overview opens the list behind it', async ({ watched }) => {
      const { page } = watched
      await page.goto('/overview')
      await settle(page)
      await checkPage(page)
      await hoverAll(page, 12)
      if (process.env.YM_SHOTS) await page.screenshot({ path: `${process.env.YM_SHOTS}/overview-${look.lang}.png`, fullPage: true })
      const late = page.locator('a[href*="freshness=late"]').first()
      // Another file may register a dataset between the figure and the list: then both are looked at again.
      await expect(async () => {
        await page.reload()
        await settle(page)
        const href = (await late.getAttribute('href')) ?? ''
        const said = Number((await late.locator('strong').innerText()).replace(/\D/g, ''))
        const list = (await (await page.request.get(`/api/v1${href}&limit=1`)).json()) as { total: number }
        expect(list.total).toBe(said)
      }).toPass({ timeout: 30_000 })
      await late.click()
      await expect(page).toHaveURL(/\/datasets\?.*freshness=late/)
      await settle(page)
      await page.goto('/overview?wall=1')
      await settle(page)
      await expect(page.getByRole('banner')).toHaveCount(0)
      await checkPage(page)
    })

    test('a catalogue is imported, and its wrong line is named', async ({ watched }) => {
      const { page } = watched
      await signIn(page, accounts.steward)
      await page.goto('/datasets/import')
      await settle(page)
      await checkPage(page)
      const codes = [`W/${look.lang}/1`, `W/${look.lang}/2`] as const
      const file = (text: string) => ({ name: 'catalogue.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
      await page.locator('#file').setInputFiles(file([heads, row('甲', codes[0]), row('乙', codes[1], '')].join('\n')))
      await page.locator('main button[type=submit]').click()
      await expect(page.locator('main tbody .ym-chip.bad')).toHaveCount(1)
      await checkPage(page)
      await page.locator('#file').setInputFiles(file([heads, row(`甲 ${look.lang}`, codes[0]), row(`乙 ${look.lang}`, codes[1])].join('\n')))
      await page.locator('main button[type=submit]').click()
      await expect(page.locator('main tbody .ym-chip.ok')).toHaveCount(2)
      if (process.env.YM_SHOTS) await page.screenshot({ path: `${process.env.YM_SHOTS}/import-${look.lang}.png`, fullPage: true })
      await page.locator('main tbody a').first().click()
      await settle(page)
      await expect(page.locator('main .ym-band')).toBeVisible()
      await checkPage(page)
      await page.locator('main .ym-band a').click()
      await settle(page)
      await checkPage(page)
      await page.locator('#contact_mail').fill('office@example.cn')
      await page.locator('main form button[type=submit]').click()
      await expect(page).toHaveURL(/\/datasets\/[a-z0-9_]+\.[a-z0-9_]+$/)
      await expect(page.getByText('office@example.cn')).toBeVisible()
      if (process.env.YM_SHOTS) await page.screenshot({ path: `${process.env.YM_SHOTS}/entry-${look.lang}.png`, fullPage: true })
    })

    test('a system that offers and needs nothing is stopped at all three gates, then passes', async ({ watched }) => {
      const { page } = watched
      await signIn(page, accounts.steward)
      await page.goto('/admin/systems')
      await settle(page)
      await page.locator('main .head button').click()
      await page.locator('#system-zh').fill(`监测系统 ${look.lang}`)
      await page.locator('#system-interface').selectOption('none')
      await checkPage(page)
      await page.locator('main form button[type=submit]').click()
      const card = page.locator('main li.ym-card', { hasText: `监测系统 ${look.lang}` })
      await expect(card.locator('.ym-chip.bad')).toHaveCount(2)
      await card.locator('button').click()
      await page.locator('#system-offers').fill('空气质量')
      await page.locator('#system-needs').fill('企业登记 market.firms')
      await page.locator('#system-interface').selectOption('api')
      await page.locator('main form button[type=submit]').click()
      await expect(card.locator('.ym-chip.ok')).toHaveCount(2)
      await checkPage(page)
      if (process.env.YM_SHOTS) await page.screenshot({ path: `${process.env.YM_SHOTS}/systems-${look.lang}.png`, fullPage: true })
      await page.goto('/shared-fields')
      await settle(page)
      await checkPage(page)
    })
  })
}
