// The calendar by keyboard, what the clock begins, and the jobs page with its acts.
import { accounts, checkPage, expect, looks, settle, signIn, test } from '../../../web/tests/browser'

for (const look of looks) {
  test.describe(look.name, () => {
    test.use({ look })

    test('a year is changed by keyboard, a date is reckoned, a schedule is begun', async ({ watched }) => {
      const { page } = watched
      const english = look.lang === 'en'
      const year = english ? 2031 : 2032
      await signIn(page, accounts.administrator)
      await page.goto('/admin/calendar?year=2026')
      await settle(page)
      await expect(page.getByText('2026年部分节假日', { exact: false })).toBeVisible()
      await checkPage(page)
      await page.goto(`/admin/calendar?year=${year}`)
      await settle(page)
      const first = page.locator('.months table').first().locator('[data-day="1"]')
      await first.focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.getByRole('radio', { name: english ? 'holiday' : '放假' }).check()
      await page.locator('#day-name').fill('试验')
      await page.locator('#source').fill('a decree')
      await page.getByRole('button', { name: english ? `Save ${year}` : `保存${year}年` }).click()
      await expect(page.getByText(english ? 'Saved.' : '已保存。')).toBeVisible()
      const days = await page.evaluate(async (n) => ((await (await fetch(`/api/v1/calendar/${n}`)).json()) as { days: object[] }).days, year)
      expect(days).toEqual([{ day: `${year}-01-09`, works: false, name: '试验' }])

      await page.locator('#from').fill('2026-02-13')
      await page.locator('#from').blur()
      await expect(page.getByText(english ? '27 February 2026' : '2026年2月27日')).toBeVisible()

      const list = page.getByRole('region', { name: english ? 'Schedules' : '定时任务' })
      const removal = list.getByRole('listitem').filter({ hasText: english ? 'Removal of old jobs' : '清理旧任务' })
      await removal.getByRole('button', { name: english ? 'Run now' : '现在运行' }).click()
      await expect(list.getByRole('status')).toBeVisible()
      await checkPage(page)
      await page.goto('/jobs')
      await settle(page)
      await expect(page.getByText(english ? 'Removal of old jobs' : '清理旧任务').first()).toBeVisible()
      await checkPage(page)
    })
  })
}
