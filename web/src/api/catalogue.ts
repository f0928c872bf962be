// What hangs on the catalogue: the province in figures, review, news, attachments, shared fields, import.
import { address, ask, commonHeaders, problemOf, refused, type Page, type Text } from '@/api/http'
import type { Dataset } from '@/api/datasets'
import type { AgencyRef } from '@/api/session'

export interface Figures {
  datasets: number
  mounted: number
  fresh: number
  late: number
  rows: { in: number; kept: number }
  sharing: { unconditional: number; conditional: number; withheld: number }
  openness: { open: number; conditional: number; closed: number }
  plan: { kept: number; overdue: number; due: number }
}
export interface Overview {
  at: string
  all: Figures
  agencies: { agency: AgencyRef; region: string | null; figures: Figures }[]
  regions: { region: string | null; name: string; figures: Figures }[]
}
export interface News {
  id: string
  at: string
  event: string
  detail: string | null
  dataset: string
  title: Text
}
export interface Attachment {
  id: string
  file: string
  size: number
  created_at: string
}
export interface SharedField {
  field: string
  title: string
  agencies: number
  holders: { dataset: string; title: Text; agency: AgencyRef; column: string }[]
  source: { agency: AgencyRef; note: string; set_at: string } | null
}
export interface ImportLine {
  line: number
  code: string
  dataset: string | null
  title: string
  outcome: 'added' | 'changed' | 'unchanged' | 'wrong'
  problem?: { code: string; subject: string; title: string; hint: string }
}
export interface ImportReport {
  agency: string
  imported: boolean
  lines: number
  added: number
  changed: number
  unchanged: number
  wrong: number
  items: ImportLine[]
}
export type Act = 'submit' | 'publish' | 'send_back'

const one = (id: string) => `/datasets/${encodeURIComponent(id)}`

async function upload<T>(path: string, query: Record<string, string>, file: File): Promise<T> {
  const answer = await fetch(address(path, query), {
    method: 'POST', credentials: 'same-origin', body: file,
    headers: { ...commonHeaders('POST'), 'Content-Type': 'application/octet-stream' },
  })
  const text = await answer.text()
  if (!answer.ok) throw refused('POST', problemOf(answer.status, text))
  return JSON.parse(text) as T
}

export const getOverview = (signal?: AbortSignal) => ask<Overview>('GET', '/overview', { signal })
export const reviewDataset = (id: string, act: Act, reason = '') =>
  ask<Dataset>('POST', `${one(id)}/review`, { body: { act, ...(reason && { reason }) } })
export const changeDataset = (id: string, etag: string, change: object) =>
  ask<Dataset>('PATCH', one(id), { body: change, headers: { 'If-Match': etag } })
export const getSubscription = (id: string, signal?: AbortSignal) =>
  ask<{ subscribed: boolean }>('GET', `${one(id)}/subscription`, { signal })
export const setSubscription = (id: string, on: boolean) =>
  ask<undefined>(on ? 'POST' : 'DELETE', `${one(id)}/subscription`)
export const listNews = (id: string | null, signal?: AbortSignal) =>
  ask<Page<News>>('GET', id ? `${one(id)}/news` : '/news', { query: { limit: 20 }, signal })
export const listAttachments = (id: string, signal?: AbortSignal) =>
  ask<Page<Attachment>>('GET', `${one(id)}/attachments`, { signal })
export const addAttachment = (id: string, file: File) =>
  upload<Attachment>(`${one(id)}/attachments`, { file: file.name }, file)
export const dropAttachment = (id: string) => ask<undefined>('DELETE', `/attachments/${id}`)
export const attachmentAddress = (id: string) => address(`/attachments/${id}`)
export const listSharedFields = (q: string, limit: number, signal?: AbortSignal) =>
  ask<Page<SharedField>>('GET', '/shared-fields', { query: { q, limit }, signal })
export const setFieldSource = (field: string, agency: string | null) =>
  ask<undefined>('POST', '/shared-fields', { body: { field, agency } })
export const importCatalogue = (file: File, query: Record<string, string>) =>
  upload<ImportReport>('/catalogue-imports', { file: file.name, ...query }, file)
export const templateAddress = () => address('/catalogue-imports/template')
