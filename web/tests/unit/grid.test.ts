import { describe, expect, it } from 'vitest'
import { trimTime } from '@/pages/dataset/cells'
import {
  blockSize, canvasHeight, columnWidth, columnWindow, HEAD, lastTop, leftEdges, MOST_HEIGHT, nextSort, pieces, ROW,
  rowPlace, rowWindow, scrollScale, topFor,
} from '@/pages/dataset/grid'

const view = 540
const many = 10_000_000

describe('rows', () => {
  it('scroll pixel by pixel while the browser can hold their height', () => {
    expect(scrollScale(1000, view)).toBe(1)
    expect(canvasHeight(1000)).toBe(32_000)
  })

  it('stay below the height limit of browsers, whatever their number', () => {
    expect(canvasHeight(many)).toBe(MOST_HEIGHT)
    expect(canvasHeight(4_000_000_000)).toBe(MOST_HEIGHT)
  })

  it('end with the last row at the lower edge when scrolled to the end', () => {
    for (const rows of [1, 5, 1000, many]) {
      const scale = scrollScale(rows, view)
      const end = Math.max(0, canvasHeight(rows) + HEAD - view)
      expect(end * scale).toBeCloseTo(lastTop(rows, view), 3)
      const last = rowPlace(rows - 1, lastTop(rows, view), scale) + ROW - end
      if (rows * ROW + HEAD > view) expect(last).toBeCloseTo(view, 3)
    }
  })

  it('are drawn where the scrolled area shows them', () => {
    const scale = scrollScale(many, view)
    const top = 123_456 * ROW
    expect(rowPlace(123_456, top, scale) - top / scale).toBeCloseTo(HEAD, 3)
  })

  it('in sight are all that the box has room for and never more than there are', () => {
    expect(rowWindow(0, view, many, 0)).toEqual([0, 16])
    expect(rowWindow(lastTop(many, view), view, many, 0)).toEqual([many - 16, many])
    expect(rowWindow(0, view, 3)).toEqual([0, 3])
    expect(rowWindow(0, view, 0)).toEqual([0, 0])
  })

  it('come into sight by the least move', () => {
    expect(topFor(3, 0, many, view)).toBe(0)
    expect(topFor(16, 0, many, view)).toBe(17 * ROW + HEAD - view)
    expect(topFor(0, 640, many, view)).toBe(0)
    expect(topFor(many - 1, 0, many, view)).toBe(lastTop(many, view))
  })

  it('are asked for in blocks of 200, of fewer where rows are wide', () => {
    expect(blockSize(0)).toBe(200)
    expect(blockSize(100)).toBe(200)
    expect(blockSize(1608)).toBe(20)
    expect(blockSize(250)).toBe(80)
  })
})

describe('columns', () => {
  const edges = leftEdges(Array.from({ length: 1608 }, () => 100))

  it('have their edges by sums', () => {
    expect(leftEdges([80, 100, 120])).toEqual([0, 80, 180, 300])
    expect(edges.at(-1)).toBe(160_800)
  })

  it('in sight are found among 1,608', () => {
    expect(columnWindow(edges, 0, 500, 0)).toEqual([0, 6])
    expect(columnWindow(edges, 80_050, 500, 0)).toEqual([800, 806])
    expect(columnWindow(edges, 160_300, 500, 1)).toEqual([1602, 1608])
    expect(columnWindow(leftEdges([]), 0, 500)).toEqual([0, 0])
  })

  it('are as wide as their title and their values, within bounds', () => {
    expect(columnWidth('a', ['1'])).toBe(84)
    expect(columnWidth('a', ['x'.repeat(500)])).toBe(340)
    expect(columnWidth('\u7ad9\u70b9', ['\u6c49\u53e3\u82b1\u6865'])).toBeGreaterThan(columnWidth('a', ['abcd']))
  })
})

describe('cells', () => {
  it('show the code point of a private-use character and of no other', () => {
    expect(pieces('\u6c49\ue863\u6751')).toEqual([{ text: '\u6c49' }, { text: '\ue863', point: 'U+E863' }, { text: '\u6751' }])
    expect(pieces('\u{21413}')).toEqual([{ text: '\u{21413}' }])
    expect(pieces('\u{f0001}')).toEqual([{ text: '\u{f0001}', point: 'U+F0001' }])
    expect(pieces('')).toEqual([{ text: '' }])
  })

  it('drop the seconds and fractions that say nothing', () => {
    expect(trimTime('2026-11-24 08:00:00.000000')).toBe('2026-11-24 08:00')
    expect(trimTime('2026-11-24 08:00:30.500000')).toBe('2026-11-24 08:00:30.5')
    expect(trimTime('2026-11-24T08:00:30')).toBe('2026-11-24 08:00:30')
    expect(trimTime('not a time')).toBe('not a time')
  })
})

it('a header sorts up, then down, then not at all', () => {
  expect(nextSort('', 'pm25')).toBe('pm25')
  expect(nextSort('pm25', 'pm25')).toBe('-pm25')
  expect(nextSort('-pm25', 'pm25')).toBe('')
  expect(nextSort('-aqi', 'pm25')).toBe('pm25')
})
