// What of a load is unlike the version before it, by their two reports: facts that a steward looks at before publishing.
import type { Report, ReportColumn } from '@/api/loads'

export interface Drift {
  kind: 'rows' | 'missing' | 'values' | 'range' | 'column_new' | 'column_gone'
  column: string
  from: number | string
  to: number | string
}
/** More or fewer rows by a fifth, five points more of a field missing, a value never seen of a field of few values. */
export const limits = { rows: 0.2, missing: 0.05, few: 100, often: 10 }

const share = (column: ReportColumn, rows: number) => (rows ? column.missing / rows : 0)
const few = (column: ReportColumn, rows: number) => column.distinct > 0 && column.distinct <= limits.few && rows >= column.distinct * limits.often
const number = (value: string | number | null) => (value === null || value === '' ? Number.NaN : Number(value))

function ofColumn(before: ReportColumn, now: ReportColumn, rows: { before: number; now: number }): Drift[] {
  const found: Drift[] = []
  const missing = { before: share(before, rows.before), now: share(now, rows.now) }
  if (missing.now - missing.before >= limits.missing) {
    found.push({ kind: 'missing', column: now.name, from: missing.before, to: missing.now })
  }
  // The new ones are at least as many as there are more.
  if (few(before, rows.before) && now.distinct > before.distinct) {
    found.push({ kind: 'values', column: now.name, from: before.distinct, to: now.distinct })
  }
  const [low, high, lowest, highest] = [before.min, before.max, now.min, now.max].map(number) as [number, number, number, number]
  const numeric = now.type === 'integer' || now.type === 'number'
  const wide = high - low
  if (numeric && wide > 0 && (highest > high + wide / 2 || lowest < low - wide / 2)) {
    found.push({ kind: 'range', column: now.name, from: `${before.min} – ${before.max}`, to: `${now.min} – ${now.max}` })
  }
  return found
}

export function findDrift(before: Report, now: Report): Drift[] {
  const rows = { before: before.rows_kept, now: now.rows_kept }
  const old = new Map(before.columns.map((column) => [column.name, column]))
  const names = new Set(now.columns.map((column) => column.name))
  const found: Drift[] = []
  if (rows.before && Math.abs(rows.now - rows.before) / rows.before > limits.rows) {
    found.push({ kind: 'rows', column: '', from: rows.before, to: rows.now })
  }
  for (const column of now.columns) {
    const same = old.get(column.name)
    if (same) found.push(...ofColumn(same, column, rows))
    else found.push({ kind: 'column_new', column: column.name, from: '', to: '' })
  }
  for (const column of before.columns) {
    if (!names.has(column.name)) found.push({ kind: 'column_gone', column: column.name, from: '', to: '' })
  }
  return found
}
