import { address, ask, commonHeaders, Problem, problemOf, refused, type Page, type Text } from '@/api/http'
import type { FileLoad } from '@/api/loads'

export const states = ['mended', 'quarantined', 'accepted', 'dropped'] as const
export type RowState = (typeof states)[number]
export type ActKind = 'mend' | 'rule' | 'reload' | 'accept' | 'drop'
export interface RowReason {
  code: string
  column: string | null
}
export interface DraftRow {
  state: RowState
  cells: string[]
  reasons: RowReason[]
  kind: ActKind
  who: string
  at: string
  reason: string
  act: string
}
export interface DeskRow {
  line: number
  reasons: RowReason[]
  cells: (string | null)[]
  draft: DraftRow | null
}
export interface DeskRows extends Page<DeskRow> {
  /** The columns of the file, in its order. */
  columns: string[] | null
}
export interface DeskItem {
  dataset: string
  title: Text
  agency: { name: string; title: Text }
  load: string
  version: number
  file: string
  published_at: string
  quarantined: number
  reasons: { code: string; column: string | null; count: number }[]
  may_act: boolean
  draft: Record<RowState, number> & { acts: number; load: string | null }
}
export interface Act {
  id: string
  kind: ActKind
  who: string
  at: string
  rows: number
  good: number
  reason: string | null
  detail: Record<string, unknown> | null
  undone_at: string | null
  undone_by: string | null
  frozen: boolean
}
export interface Rule {
  what: 'trim' | 'half_width' | 'replace'
  column?: string
  find?: string
  with?: string
  code?: string
  of?: string
}
export interface Preview {
  rows: number
  good: number
  items: { line: number; changes: { column: string; before: string; after: string }[]; good: boolean; reasons: RowReason[] }[]
  next: string | null
}
export interface Which {
  code?: string
  column?: string
}

const of = (load: string, tail = '') => `/loads/${encodeURIComponent(load)}/quarantine${tail}`

export const getDesk = (dataset: string | undefined, signal?: AbortSignal) =>
  ask<Page<DeskItem>>('GET', '/quarantine', { query: { dataset }, signal })
export const listRows = (load: string, which: Which, limit: number, after: string | undefined, signal?: AbortSignal) =>
  ask<DeskRows>('GET', of(load), { query: { ...which, limit, after }, signal })
export const listActs = (load: string, signal?: AbortSignal) =>
  ask<Page<Act>>('GET', of(load, '/acts'), { query: { limit: 50 }, signal })
export const mend = (load: string, line: number, cells: Record<string, string>) =>
  ask<Act>('POST', of(load, '/acts'), { body: { kind: 'mend', line, cells } })
export const decide = (load: string, kind: 'accept' | 'drop', which: Which & { lines?: number[] }, reason: string) =>
  ask<Act>('POST', of(load, '/acts'), { body: { kind, reason, ...which } })
export const previewRule = (load: string, rule: Rule, after: string | undefined) =>
  ask<Preview>('POST', of(load, '/preview'), { query: { limit: 50, after }, body: rule })
export const applyRule = (load: string, rule: Rule) => ask<Act>('POST', of(load, '/acts'), { body: { kind: 'rule', rule } })
export const undoAct = (load: string, act: string) => ask<Act>('DELETE', of(load, `/acts/${encodeURIComponent(act)}`))
export const publishDraft = (load: string) => ask<FileLoad>('POST', of(load, '/publish'), { query: { publish: 'hold' } })

/** Where the quarantine is a file, in the page's language. */
export const fileAddress = (load: string, which: Which) =>
  address(of(load, '/file'), { ...which, lang: document.documentElement.lang })

export async function sendMended(load: string, file: File): Promise<Act> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(address(of(load, '/file'), { file: file.name }), {
      method: 'POST',
      headers: { ...commonHeaders('POST'), 'Content-Type': 'application/octet-stream' },
      credentials: 'same-origin',
      body: file,
    })
    text = await answer.text()
  } catch {
    throw new Problem({ status: 0, code: 'portal.offline' })
  }
  if (!answer.ok) throw refused('POST', problemOf(answer.status, text))
  return JSON.parse(text) as Act
}
