import { ask, type Text } from '@/api/http'

export type Role =
  | 'administrator' | 'steward' | 'official' | 'analyst' | 'auditor' | 'citizen' | 'security'
  | 'agency_administrator' | 'agency_auditor'
export interface HeldRole {
  role: Role
  agency: AgencyRef | null
}
export interface AgencyRef {
  id: string
  name: string
  title: Text
}
export interface Account {
  id: string
  name: string
  display_name: string
  role: Role
  agency: AgencyRef | null
  roles: readonly HeldRole[]
  second_factor: 'on' | 'off' | 'needed'
  recovery_codes: number
}
export interface SessionFacts {
  account: Account | null
  csrf: string | null
  demo: boolean
  place: Text
  version: string
}

export const getSession = () => ask<SessionFacts>('GET', '/session')
export const postSession = (name: string, password: string, code?: string) =>
  ask<SessionFacts>('POST', '/session', { body: { name, password, ...(code ? { code } : {}) } })
export const deleteSession = () => ask<undefined>('DELETE', '/session')
