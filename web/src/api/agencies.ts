import { ask, type Page, type Text } from '@/api/http'

export interface Agency {
  id: string
  name: string
  title: Text
  credit_code: string | null
  region: string | null
  datasets: number
  parent: string | null
  closed_at: string | null
  contact: { name: string | null; phone: string | null; mail: string | null }
}
export interface AgencyFacts {
  title: { zh: string; en: string }
  credit_code: string
  region: string
  parent: string
  contact: { name: string; phone: string; mail: string }
}

export const listAgencies = (limit: number, signal?: AbortSignal) =>
  ask<Page<Agency>>('GET', '/agencies', { query: { limit }, signal })
export const addAgency = (name: string, facts: AgencyFacts) =>
  ask<Agency>('POST', '/agencies', { body: { name, ...facts } })
export const changeAgency = (id: string, facts: AgencyFacts) =>
  ask<Agency>('PATCH', `/agencies/${encodeURIComponent(id)}`, { body: facts })
export const closeAgency = (id: string, close: boolean) =>
  ask<Agency>('POST', `/agencies/${encodeURIComponent(id)}/${close ? 'close' : 'open'}`)
