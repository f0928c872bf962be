import { ask, type Page } from '@/api/http'
import type { AgencyRef, HeldRole, Role } from '@/api/session'

export interface AccountFacts {
  id: string
  name: string
  display_name: string
  role: Role
  agency: AgencyRef | null
  state: 'active' | 'locked' | 'invited'
  second_factor: boolean
  seen_at: string | null
  roles: HeldRole[]
}
export interface InvitationLink {
  secret: string
  expires_at: string
}
export interface NewAccount {
  name: string
  display_name: string
  role: Role
  agency?: string
}
export interface OwnSession {
  id: string
  created_at: string
  seen_at: string
  address: string
  agent: string
  current: boolean
}

const one = (id: string) => `/accounts/${encodeURIComponent(id)}`

export const listAccounts = (query: Record<string, string | number>, signal?: AbortSignal) =>
  ask<Page<AccountFacts>>('GET', '/accounts', { query, signal })
export const inviteAccount = (body: NewAccount) =>
  ask<AccountFacts & { invitation: InvitationLink }>('POST', '/accounts', { body })
export const inviteAgain = (id: string) => ask<InvitationLink>('POST', `${one(id)}/invitation`, { body: {} })
export const lockAccount = (id: string, lock: boolean) =>
  ask<AccountFacts>('POST', `${one(id)}/${lock ? 'lock' : 'unlock'}`)
export const endSessions = (id: string) => ask<undefined>('DELETE', `${one(id)}/sessions`)
export const dropFactor = (id: string) => ask<undefined>('DELETE', `${one(id)}/second-factor`)
export const changeRole = (id: string, give: boolean, role: Role, agency: string) =>
  ask<AccountFacts>('POST', `${one(id)}/${give ? 'grant' : 'revoke'}`, { body: { role, ...(agency ? { agency } : {}) } })

export const lookInvitation = (secret: string, signal?: AbortSignal) =>
  ask<{ name: string; display_name: string; expires_at: string }>('POST', '/invitations/look', { body: { secret }, signal })
export const acceptInvitation = (secret: string, password: string) =>
  ask<{ name: string }>('POST', '/invitations/accept', { body: { secret, password } })
