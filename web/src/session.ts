// Who uses the portal. One state for the whole page; `turn` counts sign-ins and sign-outs, and loads follow it.
import { reactive, readonly } from 'vue'
import { asProblem, onSignInNeeded, setCsrf, type Problem, type Text } from '@/api/http'
import { deleteSession, getSession, postSession, type Account, type AgencyRef, type Role, type SessionFacts } from '@/api/session'

interface SessionState {
  state: 'waiting' | 'failed' | 'ready'
  problem: Problem | null
  account: Account | null
  demo: boolean
  place: Text
  version: string
  turn: number
  /** A change was refused since nobody is signed in: the shell shows the sign-in dialog. */
  wanted: boolean
}

const session = reactive<SessionState>({
  state: 'waiting',
  problem: null,
  account: null,
  demo: false,
  place: {},
  version: '',
  turn: 0,
  wanted: false,
})

function keep(facts: SessionFacts) {
  setCsrf(facts.csrf)
  session.account = facts.account
  session.demo = facts.demo
  session.place = facts.place
  session.version = facts.version
  session.state = 'ready'
  session.problem = null
}

export async function loadSession() {
  try {
    keep(await getSession())
  } catch (cause) {
    session.problem = asProblem(cause)
    session.state = 'failed'
  }
}

export async function signIn(name: string, password: string, code?: string) {
  keep(await postSession(name, password, code))
  session.wanted = false
  session.turn += 1
}

export async function signOut() {
  await deleteSession()
  await loadSession()
  session.turn += 1
}

export function wantSignIn(wanted: boolean) {
  session.wanted = wanted
}

onSignInNeeded(() => {
  if (session.account) session.account = null
  session.wanted = true
})

/** Does the account hold one of these roles, in whatever agency? */
export function holds(...roles: Role[]) {
  return session.account?.roles.some((one) => roles.includes(one.role)) ?? false
}

/** The agencies in which the account holds one of these roles (none named: any), each once. */
export function agenciesOf(...roles: Role[]): AgencyRef[] {
  const held = session.account?.roles.filter((one) => !roles.length || roles.includes(one.role)) ?? []
  return [...new Map(held.flatMap((one) => (one.agency ? [[one.agency.id, one.agency] as const] : []))).values()]
}

export function useSession() {
  return readonly(session)
}
