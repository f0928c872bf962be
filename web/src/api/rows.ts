import { ask, type Text } from '@/api/http'

export type Cell = string | number | boolean | null | object
export type Row = Record<string, Cell>
export interface RowField {
  name: string
  title?: string | Text | null
  type: string
  unit?: string | null
}
export interface RowsQuestion {
  where?: string
  fields?: string
  sort?: string
  limit?: number
  at?: number
  version?: number
  as_of?: string
}
export interface RowsPage {
  dataset: string
  version: number
  published_at: string
  fields: RowField[]
  items: Row[]
  next: string | null
  total: number
}

export const rowsPath = (dataset: string) => `/datasets/${encodeURIComponent(dataset)}/rows`
export const listRows = (dataset: string, question: RowsQuestion, signal?: AbortSignal) =>
  ask<RowsPage>('GET', rowsPath(dataset), { query: { ...question }, signal })
