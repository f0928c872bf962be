// Which roles there are to give, and where each is held.
import type { Role } from '@/api/session'
import { holds } from '@/session'

export const ofPlatform: Role[] = ['administrator', 'security', 'auditor']
export const ofAgency: Role[] = ['steward', 'official', 'analyst', 'agency_auditor', 'agency_administrator']

/** What the one who is signed in may give; the server judges again. */
export function givable(): Role[] {
  if (holds('security')) return [...ofAgency, 'citizen', ...ofPlatform]
  if (holds('administrator')) return [...ofAgency, 'citizen']
  return ofAgency.filter((role) => role !== 'agency_administrator')
}
