// For which agency something new is: the account's own ones, or any where the role is held for the platform.
import { computed } from 'vue'
import { listAgencies } from '@/api/agencies'
import { useLoad } from '@/api/load'
import type { AgencyRef } from '@/api/session'
import { agenciesOf, useSession } from '@/session'

export function useAgencyChoices() {
  const session = useSession()
  const all = useLoad((signal) => listAgencies(1000, signal))
  const whole = session.account?.roles.some((one) => one.role === 'administrator') ?? false
  const own = agenciesOf('steward')
  const choices = computed<AgencyRef[]>(() => (whole ? (all.state === 'ready' ? all.value.items : []) : own))
  return { all, choices, first: whole ? (session.account?.agency?.name ?? '') : (own[0]?.name ?? '') }
}
