import { address, ask, type Page } from '@/api/http'
import type { AgencyRef } from '@/api/session'

export interface AuditLine {
  id: string
  at: string
  account: string | null
  name: string
  via: 'session' | 'token' | 'operator' | 'command' | 'nobody'
  agency: AgencyRef | null
  what: string
  about: string
  result: string
  address: string
}
export type AuditQuery = Record<'since' | 'until' | 'name' | 'agency' | 'what' | 'about' | 'result', string | undefined>

export const listAudit = (query: AuditQuery, after: string | undefined, signal?: AbortSignal) =>
  ask<Page<AuditLine>>('GET', '/audit', { query: { ...query, after, limit: 100 }, signal })
export const auditFile = (query: AuditQuery) => address('/audit.csv', query)
