import { ask, type Page, type ProblemFacts } from '@/api/http'
import type { Job } from '@/api/jobs'

export interface ReportColumn {
  name: string
  type: string
  semantic: string | null
  missing: number
  distinct: number
  min: string | number | null
  max: string | number | null
}
export interface Reason {
  code: string
  column: string | null
  count: number
  examples: { line: number; value: string | null }[]
}
export interface Report {
  file: string
  format: string
  encoding: string
  delimiter: string
  header_row: number
  rows_in: number
  rows_kept: number
  rows_quarantined: number
  duplicates_dropped: number
  columns: ReportColumn[]
  reasons: Reason[]
  dataset: string
  version: number
  base_version?: number
  rows_dropped?: number
  rows_accepted?: number
  acts?: ReportAct[]
  references?: { fields: string[]; dataset: string; their_fields: string[]; version: number }[]
}
/** What somebody did in the quarantine of the version before. */
export interface ReportAct {
  kind: 'mend' | 'rule' | 'reload' | 'accept' | 'drop'
  who: string
  at: string
  rows: number
  good: number
  reason: string
}
export interface FileLoad {
  id: string
  dataset: string
  version: number
  state: 'received' | 'checked' | 'published' | 'refused' | 'withdrawn' | 'retired'
  file: string
  size: number
  received_at: string
  published_at: string | null
  job: Job | null
  report: Report | null
  problem: ProblemFacts | null
  note: string | null
}
export interface QuarantinedRow {
  line: number
  reasons: { code: string; column: string | null }[]
  cells: (string | null)[]
}
export interface ReadingOptions {
  sheet: string
  encoding: string
  delimiter: string
  header_row: string
}

const one = (id: string) => `/loads/${encodeURIComponent(id)}`
const ofDataset = (dataset: string) => `/datasets/${encodeURIComponent(dataset)}/loads`

export const listLoads = (dataset: string, signal?: AbortSignal) =>
  ask<Page<FileLoad>>('GET', ofDataset(dataset), { query: { limit: 50 }, signal })
export const getFileLoad = (id: string, signal?: AbortSignal) => ask<FileLoad>('GET', one(id), { signal })
export const publishLoad = (id: string) => ask<unknown>('POST', `${one(id)}/publish`)
export const noteLoad = (id: string, note: string) => ask<FileLoad>('PATCH', one(id), { body: { note } })
export const refuseLoad = (id: string) => ask<unknown>('POST', `${one(id)}/refuse`)
export const listQuarantine = (
  id: string,
  question: { code?: string; column?: string; limit?: number; after?: string },
  signal?: AbortSignal,
) => ask<Page<QuarantinedRow> & { columns: string[] | null }>('GET', `${one(id)}/quarantine`, { query: question, signal })

/** Where the file of a new load is: a finished upload, or an earlier load of the dataset. */
export type LoadFrom = { upload: string } | { again: string }

/** A load that stops at `checked`. */
export const beginLoad = (dataset: string, from: LoadFrom, options: ReadingOptions) =>
  ask<FileLoad>('POST', ofDataset(dataset), { query: { ...from, publish: 'hold', ...options } })
