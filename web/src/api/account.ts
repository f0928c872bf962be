// What is a person's own: password, second factor, tokens, sessions.
import { ask, type Page } from '@/api/http'
import type { OwnSession } from '@/api/accounts'

export type Scope = 'read' | 'load' | 'edit' | 'manage' | 'audit' | 'account'
export const scopes: Scope[] = ['read', 'load', 'edit', 'manage', 'audit', 'account']
export interface Token {
  id: string
  title: string
  scopes: Scope[]
  created_at: string
  expires_at: string | null
  used_at: string | null
}

export const changePassword = (old: string, password: string) =>
  ask<{ csrf: string }>('POST', '/account/password', { body: { old, password } })
export const beginFactor = (password: string) =>
  ask<{ secret: string; uri: string; qr: string[] }>('POST', '/account/second-factor', { body: { password } })
export const confirmFactor = (code: string) =>
  ask<{ csrf: string; recovery_codes: string[] }>('POST', '/account/second-factor/confirm', { body: { code } })
export const newCodes = (code: string) =>
  ask<{ csrf: string; recovery_codes: string[] }>('POST', '/account/second-factor/codes', { body: { code } })
export const removeFactor = (code: string) => ask<undefined>('POST', '/account/second-factor/remove', { body: { code } })
export const listTokens = (signal?: AbortSignal) => ask<Page<Token>>('GET', '/tokens', { signal })
export const addToken = (title: string, days: number, wanted: Scope[]) =>
  ask<{ id: string; token: string }>('POST', '/tokens', { body: { title, days, scopes: wanted } })
export const dropToken = (id: string) => ask<undefined>('DELETE', `/tokens/${encodeURIComponent(id)}`)
export const listSessions = (signal?: AbortSignal) => ask<Page<OwnSession>>('GET', '/sessions', { signal })
export const endSession = (id: string) => ask<undefined>('DELETE', `/sessions/${encodeURIComponent(id)}`)
