import { address, ask, type Page } from '@/api/http'
import type { Report } from '@/api/loads'
import type { Row } from '@/api/rows'

export interface RowCounts {
  in: number
  kept: number
  quarantined: number
  duplicates: number
  /** Left out by a steward. */
  dropped?: number
}
export interface Version {
  number: number
  state: 'published' | 'withdrawn' | 'retired'
  published_at: string
  received_at: string
  file: string
  rows: RowCounts
  load: string
  current: boolean
  /** Of its steward. */
  note: string | null
  /** Where the caller may see the load. */
  report?: Report
  /** What was done to it last, why and when. */
  act: 'withdraw' | 'restore' | 'retire' | null
  reason: string | null
  acted_at: string | null
}
export type DiffKind = 'added' | 'removed' | 'changed'
export interface DiffItem {
  kind: DiffKind
  changed: string[]
  from: Row | null
  to: Row | null
}
export interface Diff {
  dataset: string
  from: number
  to: number
  key: string[]
  fields: string[]
  counts: Record<DiffKind | 'same', number>
  items: DiffItem[]
  next: string | null
  total: number
}
export interface RetentionPolicy {
  keep_versions: number
  keep_days: number
  hold: boolean
  reason: string
}
export interface Retention extends RetentionPolicy {
  updated_at: string | null
  due: Version[]
}
export type ExportFormat = 'csv' | 'xlsx' | 'ndjson' | 'parquet'

const of = (dataset: string) => `/datasets/${encodeURIComponent(dataset)}`

export const listVersions = (dataset: string, signal?: AbortSignal) =>
  ask<Page<Version>>('GET', `${of(dataset)}/versions`, { query: { limit: 200 }, signal })
export const getVersion = (dataset: string, number: number, signal?: AbortSignal) =>
  ask<Version>('GET', `${of(dataset)}/versions/${number}`, { signal })
export const withdrawVersion = (dataset: string, number: number, reason: string) =>
  ask<Version>('POST', `${of(dataset)}/versions/${number}/withdraw`, { body: { reason } })
export const restoreVersion = (dataset: string, number: number) =>
  ask<Version>('POST', `${of(dataset)}/versions/${number}/restore`, { body: {} })
export const diffVersions = (
  dataset: string,
  question: { from?: number; to?: number; kind?: string; after?: string; limit?: number },
  signal?: AbortSignal,
) => ask<Diff>('GET', `${of(dataset)}/diff`, { query: question, signal })
/** With a draft: what that policy would bring about. */
export const getRetention = (
  dataset: string,
  draft: { keep_versions: number; keep_days: number } | undefined,
  signal?: AbortSignal,
) => ask<Retention>('GET', `${of(dataset)}/retention`, { query: { ...draft }, signal })
export const setRetention = (dataset: string, policy: RetentionPolicy) =>
  ask<Retention>('PUT', `${of(dataset)}/retention`, { body: policy })
/** Where the browser downloads from; `guard`: CSV that a spreadsheet may open. */
export const exportAddress = (
  dataset: string,
  question: { format: ExportFormat; guard?: string; version?: number; where?: string },
) => address(`${of(dataset)}/export`, question)
