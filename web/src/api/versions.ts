import { ask, type Page } from '@/api/http'

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
}

export const listVersions = (dataset: string, signal?: AbortSignal) =>
  ask<Page<Version>>('GET', `/datasets/${encodeURIComponent(dataset)}/versions`, { query: { limit: 200 }, signal })
