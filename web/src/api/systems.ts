import { ask, type Page, type Text } from '@/api/http'
import type { AgencyRef } from '@/api/session'

export const systemStates = ['planned', 'building', 'running', 'stopped'] as const
export const systemPlaces = ['government_cloud', 'own_room', 'public_cloud', 'other'] as const
export const systemNetworks = ['government_extranet', 'internet', 'own_network', 'isolated'] as const
export const systemInterfaces = ['api', 'database', 'file', 'none'] as const

export interface Datum {
  title: string
  dataset: string | null
}
export interface Gate {
  pass: boolean
  reason: string | null
}
export interface System {
  id: string
  agency: AgencyRef
  title: Text
  level: number
  record: string
  state: (typeof systemStates)[number]
  place: (typeof systemPlaces)[number]
  network: (typeof systemNetworks)[number]
  interface: (typeof systemInterfaces)[number]
  note: string
  offers: Datum[]
  needs: Datum[]
  gates: { approved: boolean; accepted: boolean; needs: Gate; interconnection: Gate; contribution: Gate }
  updated_at: string
  etag: string
  may: { edit: boolean }
}

export const listSystems = (signal?: AbortSignal) => ask<Page<System>>('GET', '/systems', { query: { limit: 1000 }, signal })
export const createSystem = (body: object) => ask<System>('POST', '/systems', { body })
export const changeSystem = (id: string, etag: string, body: object) =>
  ask<System>('PATCH', `/systems/${id}`, { body, headers: { 'If-Match': etag } })
