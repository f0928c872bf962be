import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import { loadTexts, makeI18n } from '@/i18n'
import type { RowsPage, RowsQuestion } from '@/api/rows'
import RowGrid from '@/pages/dataset/RowGrid.vue'

const total = 10_000_000
const asked: RowsQuestion[] = []

function rows(question: RowsQuestion): RowsPage {
  asked.push(question)
  const at = question.at ?? 0
  const items = Array.from({ length: Math.min(question.limit ?? 100, total - at) }, (_, index) => ({
    code: `r${at + index}`,
    pm25: (at + index) % 7 === 3 ? null : at + index,
  }))
  const fields = [{ name: 'code', type: 'string' }, { name: 'pm25', type: 'integer', unit: 'u' }]
  return { dataset: 'a.b', version: 4, published_at: '2026-11-24T01:05:00Z', fields, items, next: null, total }
}

vi.mock('@/api/rows', () => ({ listRows: (_: string, question: RowsQuestion) => Promise.resolve(rows(question)) }))

beforeEach(() => {
  asked.length = 0
  vi.stubGlobal('ResizeObserver', class {
    observe() { return undefined }
    unobserve() { return undefined }
    disconnect() { return undefined }
  })
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(540)
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(900)
})

async function grid() {
  const i18n = await makeI18n('en')
  await loadTexts('dataset')
  const wrapper = mount(RowGrid, {
    attachTo: document.body,
    global: { plugins: [i18n] },
    props: { dataset: 'a.b', question: { where: '', sort: '', version: '', as_of: '' }, columns: 2, codes: [], label: 'Rows' },
  })
  await flushPromises()
  return wrapper
}

it('draws a screenful of ten million rows and says how many there are', async () => {
  const wrapper = await grid()
  const box = wrapper.get('[role=grid]')
  expect(box.attributes('aria-rowcount')).toBe(String(total + 1))
  expect(box.attributes('aria-colcount')).toBe('3')
  expect(wrapper.findAll('[role=row]').length).toBeLessThan(30)
  expect(wrapper.get('#cell-0-1').text()).toBe('r0')
  expect(wrapper.get('#cell-3-2').text()).toBe('missing')
})

it('goes to the last row by keyboard, in the version that it began with', async () => {
  vi.useFakeTimers()
  const wrapper = await grid()
  const box = wrapper.get('[role=grid]')
  await box.trigger('keydown', { key: 'End', ctrlKey: true })
  await vi.advanceTimersByTimeAsync(100)
  vi.useRealTimers()
  await flushPromises()
  expect(box.attributes('aria-activedescendant')).toBe(`cell-${total - 1}-2`)
  expect(wrapper.get(`#cell-${total - 1}-1`).text()).toBe(`r${total - 1}`)
  expect(asked.at(-1)).toMatchObject({ at: total - 200, limit: 200, version: 4 })
})

it('moves by arrows, stops at the edges, and sorts from the header', async () => {
  const wrapper = await grid()
  const box = wrapper.get('[role=grid]')
  const active = () => box.attributes('aria-activedescendant')
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await box.trigger('keydown', { key })
  expect(active()).toBe('cell-1-2')
  for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp']) await box.trigger('keydown', { key })
  expect(active()).toBe('cell--1-2')
  await box.trigger('keydown', { key: 'Enter' })
  expect(wrapper.emitted('sort')).toEqual([['pm25']])
})
