import { ask, type Page, type Text } from '@/api/http'
import type { AgencyRef } from '@/api/session'
import type { Version } from '@/api/versions'

export const opennesses = ['open', 'conditional', 'closed'] as const
export const sharings = ['unconditional', 'conditional', 'withheld'] as const
export const cycles = [
  'realtime', 'hour', 'day', 'week', 'month', 'quarter', 'half_year', 'year', 'irregular', 'never',
] as const
export const formats = ['database', 'spreadsheet', 'document', 'image', 'stream', 'self_described'] as const
export const sharingWays = ['platform', 'mail', 'copy', 'medium'] as const
export const categories = [
  'base.population', 'base.legal_entity', 'base.space', 'base.credit', 'base.licence', 'theme.public_service', 'theme.health',
  'theme.social_security', 'theme.food_drug', 'theme.work_safety', 'theme.price', 'theme.energy', 'theme.credit',
  'theme.construction', 'theme.community', 'theme.environment', 'theme.emergency', 'department',
] as const
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
  category: string | null
  format: string | null
  sharing_way: string | null
  sharing_condition: string | null
  sharing_basis: string | null
  open_condition: string | null
  open_planned: string | null
  closed_reason: string | null
  related: string | null
  contact: string | null
  contact_phone: string | null
  contact_mail: string | null
  state: 'draft' | 'submitted' | 'published'
  released_at: string | null
  freshness: 'fresh' | 'late' | null
  gaps: string[]
  review_note?: string | null
  created_at: string
  updated_at: string
  etag: string
  current: Version | null
  may: { read: boolean; load: boolean; edit: boolean; review: boolean }
  schema?: Schema | null
}
export interface FacetValue {
  value: string
  title?: Text
  count: number
}
export const facetNames = [
  'theme', 'agency', 'region', 'openness', 'sharing', 'update_cycle', 'mounted', 'freshness', 'plan', 'state',
] as const
/** Where the words of a facet's codes stand in the language files, if not under its own name. */
export const facetWords: Partial<Record<FacetName, string>> = { update_cycle: 'cycle', state: 'entry_state' }
export type FacetName = (typeof facetNames)[number]
export type Facets = Record<FacetName, FacetValue[]>
export interface DatasetPage extends Page<Dataset> {
  facets: Facets
}
export interface DatasetFilter extends Partial<Record<FacetName, string>> {
  q?: string
  planned_from?: string
  planned_to?: string
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
