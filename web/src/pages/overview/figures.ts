// The figures that the map can show, each as a number that may be ranked; null where there is nothing to divide by.
import type { Figures } from '@/api/catalogue'

export const measures = ['datasets', 'mount_rate', 'freshness', 'kept_share', 'late'] as const
export type Measure = (typeof measures)[number]

const share = (part: number, whole: number) => (whole > 0 ? part / whole : null)

export function measured(figures: Figures, measure: Measure): number | null {
  if (measure === 'datasets') return figures.datasets
  if (measure === 'late') return figures.late
  if (measure === 'mount_rate') return share(figures.mounted, figures.datasets)
  if (measure === 'freshness') return share(figures.fresh, figures.fresh + figures.late)
  return share(figures.rows.kept, figures.rows.in)
}
export const isShare = (measure: Measure) => measure !== 'datasets' && measure !== 'late'

/** The class of each value, 1 to 5, by rank; equal values are of one class, and there is none for null. */
export function classes(values: readonly (number | null)[]): number[] {
  const known = [...new Set(values.filter((value): value is number => value !== null))].sort((a, b) => a - b)
  return values.map((value) => {
    if (value === null) return 0
    if (known.length === 1) return 3
    return 1 + Math.round((known.indexOf(value) / (known.length - 1)) * 4)
  })
}

/** Where each of the 17 prefectures lies on a board of five columns: a scheme, no map of borders. */
export const tiles = [
  { code: '420300', column: 1, row: 1 }, { code: '420600', column: 2, row: 1 }, { code: '421300', column: 3, row: 1 },
  { code: '420900', column: 4, row: 1 }, { code: '429021', column: 1, row: 2 }, { code: '420800', column: 2, row: 2 },
  { code: '429006', column: 3, row: 2 }, { code: '420100', column: 4, row: 2 }, { code: '421100', column: 5, row: 2 },
  { code: '422800', column: 1, row: 3 }, { code: '420500', column: 2, row: 3 }, { code: '429005', column: 3, row: 3 },
  { code: '429004', column: 4, row: 3 }, { code: '420700', column: 5, row: 3 }, { code: '421000', column: 3, row: 4 },
  { code: '421200', column: 4, row: 4 }, { code: '420200', column: 5, row: 4 },
] as const
