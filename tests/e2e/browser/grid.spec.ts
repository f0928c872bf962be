// The rows of a dataset: drawn, scrolled to the end, filtered, sorted, by mouse and by keyboard.
import { checkPage, expect, openDataset, settle, test, type Page } from '../../../web/tests/browser'

const grid = (page: Page) => page.getByRole('grid')

async function openGrid(page: Page, more = '') {
  const dataset = await openDataset(page)
  await page.goto(`/datasets/${dataset.id}?tab=data${more}`)
  await settle(page)
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(dataset.rows + 1))
  return dataset
}

/** What the API says a row is. */
async function rowOf(page: Page, id: string, query: string): Promise<Record<string, unknown>> {
  const answer = await page.request.get(`/api/v1/datasets/${id}/rows?${query}`)
  expect(answer.ok()).toBe(true)
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items[0]!
}

test('the grid shows the rows that the API gives', async ({ watched }) => {
  const { page } = watched
  const { id, fields } = await openGrid(page)
  const row = await rowOf(page, id, 'at=0&limit=1')
  const first = fields.find((name) => typeof row[name] === 'string' && /^[\p{L}\p{N}]+$/u.test(String(row[name])))
  if (first) await expect(grid(page).locator('[aria-rowindex="2"]')).toContainText(String(row[first]))
  await expect(grid(page)).toHaveAttribute('aria-colcount', String(fields.length + 1))
})

test('the last row is reached by a button, and a row by its number', async ({ watched }) => {
  const { page } = watched
  const { rows } = await openGrid(page)
  await page.getByRole('button', { name: '末行' }).click()
  const last = grid(page).locator(`[aria-rowindex="${rows + 1}"]`)
  await expect(last).toBeVisible()
  await expect(last.getByRole('gridcell').first()).not.toBeEmpty()
  await expect(last.locator('.blank')).toHaveCount(0)
  const box = await grid(page).boundingBox()
  const row = await last.boundingBox()
  expect(row!.y + row!.height).toBeLessThanOrEqual(box!.y + box!.height + 1)
  const middle = Math.max(1, Math.floor(rows / 2))
  await page.getByRole('textbox', { name: '行号' }).fill(String(middle))
  await page.getByRole('button', { name: '跳到行' }).click()
  await expect(grid(page).locator(`[aria-rowindex="${middle + 1}"]`)).toBeVisible()
  await page.getByRole('button', { name: '首行' }).click()
  await expect(grid(page).locator('[aria-rowindex="2"]')).toBeVisible()
  await checkPage(page)
})

test('the keyboard moves the active cell and sorts', async ({ watched }) => {
  const { page } = watched
  const { rows, fields } = await openGrid(page)
  await grid(page).focus()
  const active = () => grid(page).getAttribute('aria-activedescendant')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  expect(await active()).toBe('cell-2-1')
  await page.keyboard.press('Control+End')
  expect(await active()).toBe(`cell-${rows - 1}-${fields.length}`)
  await expect(page.locator(`#cell-${rows - 1}-${fields.length}`)).toBeVisible()
  await page.keyboard.press('Control+Home')
  expect(await active()).toBe('cell-0-1')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`sort=${encodeURIComponent(fields[0]!)}(&|$)`))
  await expect(grid(page).locator('#cell--1-1')).toHaveAttribute('aria-sort', 'ascending')
})

test('a filter counts and shows what matches, and a wrong one says where it is wrong', async ({ watched }) => {
  const { page } = watched
  const { id, rows, texts } = await openGrid(page)
  const sample = await rowOf(page, id, 'at=0&limit=1')
  const name = texts.find((field) => typeof sample[field] === 'string' && /^[\w\p{L}]+$/u.test(field))
  test.skip(!name, 'no text column to filter by')
  const where = `${name} = '${String(sample[name!]).replaceAll("'", "''")}'`
  await page.getByLabel('筛选', { exact: true }).fill(where)
  await page.getByRole('button', { name: '应用' }).click()
  await expect(page).toHaveURL(/where=/)
  const answer = await page.request.get(`/api/v1/datasets/${id}/rows?limit=1&where=${encodeURIComponent(where)}`)
  const { total } = (await answer.json()) as { total: number }
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(total + 1))
  expect(total).toBeLessThanOrEqual(rows)
  await expect(page.getByText('符合条件')).toBeVisible()

  await page.getByLabel('筛选', { exact: true }).fill('no_such_field = 1')
  await page.getByRole('button', { name: '应用' }).click()
  const note = page.locator('#where-problem')
  await expect(note).toBeVisible()
  await expect(note.locator('mark')).not.toBeEmpty()
  await expect(page.getByLabel('筛选', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await checkPage(page)
  watched.faults.splice(0, watched.faults.length, ...watched.faults.filter((fault) => !fault.includes('400')))
  await page.getByRole('button', { name: '清除' }).click()
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(rows + 1))
})

test('few nodes are drawn however many rows there are', async ({ watched }) => {
  const { page } = watched
  await openGrid(page)
  await grid(page).hover()
  for (let turn = 0; turn < 20; turn++) await page.mouse.wheel(0, 900)
  await expect(grid(page).locator('.blank')).toHaveCount(0)
  expect(await grid(page).locator('*').count()).toBeLessThan(600)
})

test('the API tab copies a command that answers', async ({ watched }) => {
  const { page } = watched
  const { id } = await openDataset(page)
  await page.goto(`/datasets/${id}?tab=api`)
  await settle(page)
  await page.getByRole('button', { name: '复制curl代码' }).click()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(text).toContain(`/api/v1/datasets/${id}/rows`)
  await page.getByRole('button', { name: '试一试' }).click()
  await expect(page.getByRole('region', { name: '返回' })).toContainText('"total"')
  await checkPage(page)
})
