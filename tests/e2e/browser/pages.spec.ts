// Every page in each look: accessible, within its width, without a complaint of the console or the CSP.
import { accounts, checkPage, expect, hoverAll, looks, openDataset, settle, signIn, test } from '../../../web/tests/browser'

for (const look of looks) {
  test.describe(look.name, () => {
    test.use({ look })

    test('a visitor’s pages are clean', async ({ watched }) => {
      const { page } = watched
      const { id } = await openDataset(page)
      const pages = [
        '/', '/datasets', '/datasets?q=%20', `/datasets/${id}`, `/datasets/${id}?tab=data`, `/datasets/${id}?tab=fields`,
        `/datasets/${id}?tab=versions`, `/datasets/${id}?tab=api`, '/sign-in', '/nowhere/at/all',
      ]
      for (const path of pages) {
        await test.step(path, async () => {
          await page.goto(path)
          await settle(page)
          await checkPage(page)
          await hoverAll(page, 12)
          expect(watched.faults).toEqual([])
        })
      }
    })

    test('a steward’s pages are clean', async ({ watched }) => {
      const { page } = watched
      await signIn(page, accounts.steward)
      const { items } = (await (await page.request.get('/api/v1/datasets?limit=200')).json()) as {
        items: { id: string; may: { load: boolean } }[]
      }
      const own = items.find((one) => one.may.load)?.id
      expect(items.length).toBeGreaterThan(0)
      for (const path of ['/', '/jobs', '/datasets/new', ...(own ? [`/datasets/${own}/loads/new`, `/datasets/${own}?tab=versions`] : [])]) {
        await test.step(path, async () => {
          await page.goto(path)
          await settle(page)
          await checkPage(page)
          await hoverAll(page, 12)
          expect(watched.faults).toEqual([])
        })
      }
    })
  })
}

test('a dataset that is not there answers 404 with a page that says so', async ({ watched }) => {
  const { page } = watched
  const answer = await page.goto('/datasets/no.such_dataset')
  expect(answer?.status()).toBe(404)
  await expect(page.getByRole('alert')).toBeVisible()
  await checkPage(page)
  // The browser itself notes both 404s in the console; nothing else may be there.
  expect(watched.faults.filter((fault) => !fault.includes('404'))).toEqual([])
  watched.faults.length = 0
})

test('the page is served under the strict CSP and a missing asset is no page', async ({ watched }) => {
  const { page } = watched
  const answer = await page.goto('/')
  const csp = answer?.headers()['content-security-policy'] ?? ''
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'"]) {
    expect(csp).toContain(part)
  }
  expect(csp).not.toContain('unsafe')
  const missing = await page.request.get('/assets/not-there.js')
  expect(missing.status()).toBe(404)
  expect(missing.headers()['content-type'] ?? '').not.toContain('html')
})
