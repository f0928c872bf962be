import { ask, type Page, type Text } from '@/api/http'
import type { AgencyRef } from '@/api/session'
import type { Version } from '@/api/versions'

export const opennesses = ['open', 'conditional', 'closed'] as const
export const sharings = ['unconditional', 'conditional', 'withheld'] as const
export const cycles = ['realtime', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'irregular'] as const
export type Openness = (typeof opennesses)[number]
export type Sharing = (typeof sharings)[number]
export type Cycle = (typeof cycles)[number]

export interface Field {
  name: string
  title?: string | Text
  description?: string
  type?: string
  format?: string
  unit?: string
  semantic?: string
  missingValues?: string[]
  /** Reasons for which a steward may accept a row. */
  residual?: string[]
  constraints?: Record<string, unknown>
}
export interface Schema {
  fields?: Field[]
  primaryKey?: string | string[]
  missingValues?: string[]
  uniqueKeys?: string[][]
  foreignKeys?: { fields: string[]; reference: { resource: string; fields: string[] }; residual?: string[] }[]
  equalRepeats?: string
}
export interface Dataset {
  id: string
  title: Text
  abstract: Text
  code: string
  agency: AgencyRef
  theme: string
  openness: Openness
  sharing: Sharing
  update_cycle: Cycle
  created_at: string
  updated_at: string
  etag: string
  current: Version | null
  may: { read: boolean; load: boolean; edit: boolean }
  schema?: Schema | null
}
export interface FacetValue {
  value: string
  title?: Text
  count: number
}
export const facetNames = ['theme', 'agency', 'openness', 'sharing'] as const
export type FacetName = (typeof facetNames)[number]
export type Facets = Record<FacetName, FacetValue[]>
export interface DatasetPage extends Page<Dataset> {
  facets: Facets
}
export interface DatasetFilter {
  q?: string
  agency?: string
  theme?: string
  openness?: string
  sharing?: string
  sort?: string
  limit?: number
}
export interface NewDataset {
  id: string
  title: Text
  abstract: Text
  agency: string
  theme: string
  openness: Openness
  sharing: Sharing
  update_cycle: Cycle
}

const one = (id: string) => `/datasets/${encodeURIComponent(id)}`

export const listDatasets = (filter: DatasetFilter, signal?: AbortSignal) =>
  ask<DatasetPage>('GET', '/datasets', { query: { ...filter }, signal })
export const getDataset = (id: string, signal?: AbortSignal) => ask<Dataset>('GET', one(id), { signal })
export const createDataset = (dataset: NewDataset) => ask<Dataset>('POST', '/datasets', { body: dataset })

/** The names of the key's fields; none when a dataset has no key. */
export function keyOf(schema: Schema | null | undefined): string[] {
  const key = schema?.primaryKey
  if (!key) return []
  return typeof key === 'string' ? [key] : key
}
