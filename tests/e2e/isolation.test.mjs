// RELIABILITY P6: one agency never learns another's drafts, names, counts. Every route of the API's own description is
// tried with every role of one agency, upon things of another. tests/isolation/matrix.mjs declares what each answers; a
// route that is not in it fails the test, and so does one that is in it and nowhere else.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { matrix, roles } from '../isolation/matrix.mjs'
import { Server, folder, init, remove } from './support.mjs'

const place = folder('isolation')
const server = new Server(join(place, 'var'))
const password = 'correct horse battery'
const world = { people: {}, n: 0 }
let routes = []

class Person {
  constructor(name) {
    this.name = name
  }

  async signIn() {
    const answer = await fetch(`${server.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: this.name, password }),
    })
    assert.equal(answer.status, 201, `${this.name}: ${answer.status}`)
    this.cookie = /^[^;]+/.exec(answer.headers.get('set-cookie'))[0]
    this.csrf = (await answer.json()).csrf
    return this
  }

  async ask(method, path, { body, headers = {} } = {}) {
    const bytes = typeof body === 'string'
    const answer = await fetch(server.url + path, {
      method,
      headers: {
        ...(this.cookie ? { Cookie: this.cookie, 'X-CSRF-Token': this.csrf } : {}),
        ...(body !== undefined ? { 'Content-Type': bytes ? 'application/offset+octet-stream' : 'application/json' } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : bytes ? body : JSON.stringify(body),
    })
    if ((answer.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
      await answer.body.cancel()
      return { status: answer.status, text: '', json: undefined, headers: answer.headers }
    }
    const text = await answer.text()
    let json
    try {
      json = JSON.parse(text)
    } catch {
      // Not every answer is JSON.
    }
    return { status: answer.status, text, json, headers: answer.headers }
  }
}

async function ok(promise) {
  const answer = await promise
  assert.ok(answer.status < 300, answer.text)
  return answer
}

async function account(name, role, agency) {
  const { json } = await ok(
    server.api('POST', '/api/v1/accounts', { name, display_name: name, role, password, ...(agency ? { agency } : {}) }),
  )
  return json.id
}

before(async () => {
  init(server.data)
  await server.up()
  const schema = { fields: [{ name: 'station', type: 'string' }, { name: 'pm25', type: 'integer', constraints: { minimum: 0 } }] }
  await server.dataset('air.open', schema)
  await server.dataset('civil.closed', schema, { openness: 'closed', sharing: 'withheld', closed_reason: '测试' })
  await server.dataset('civil.draft', schema, { openness: 'closed', sharing: 'withheld', state: 'draft', closed_reason: '测试' })
  const load = await ok(server.load('civil.closed', 'station,pm25\nSECRETROW,1\nb,-5\n'))
  world.load = load.json.id
  world.held = async () => {
    const answer = await server.load('civil.closed', `station,pm25\nSECRETROW,${++world.n}\n`, '&publish=hold')
    return answer.json.id
  }
  world.victim = await account('victim', 'official', 'civil')
  world.keeper = await account('keeper', 'steward', 'civil')
  world.people.victim = await new Person('victim').signIn()
  world.people.keeper = await new Person('keeper').signIn()
  const { json } = await server.api('GET', '/api/v1/jobs?limit=1')
  world.job = json.items[0].id
  for (const role of roles) {
    const person = new Person(`is_${role}`)
    if (role !== 'visitor') {
      await account(person.name, role, ['citizen', 'security', 'auditor', 'administrator'].includes(role) ? undefined : 'air')
      await person.signIn()
    }
    world.people[role] = person
  }
  world.token = async () => {
    const made = await ok(world.people.victim.ask('POST', '/api/v1/tokens', { body: { title: 't', days: 1 } }))
    return made.json.id
  }
  world.session = async () => {
    await world.people.victim.signIn()
    const list = await ok(world.people.victim.ask('GET', '/api/v1/sessions'))
    return list.json.items[0].id
  }
  // One for all: nobody but its owner may touch it.
  world.upload = async () => {
    if (world.begun) return world.begun
    const made = await ok(
      world.people.keeper.ask('POST', '/api/v1/uploads', { headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '3' } }),
    )
    world.begun = made.headers.get('location').split('/').at(-1)
    return world.begun
  }
  world.operator = (method, path, body) => server.api(method, path, body)
  const described = await (await fetch(`${server.url}/api/v1/openapi.json`)).json()
  routes = Object.entries(described.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
})
after(async () => {
  await server.down()
  remove(place)
})

test('every route is in the matrix, and nothing else is', () => {
  assert.deepEqual(routes.filter((route) => !matrix[route]), [], 'routes without an entry in tests/isolation/matrix.mjs')
  assert.deepEqual(Object.keys(matrix).filter((route) => !routes.includes(route)), [], 'entries without a route')
  assert.ok(routes.length > 50)
})

// What may not be known of gives the very answer of what is not there.
async function sameAsNothing(route, entry, role, person, answer) {
  const [method, path] = route.split(' ')
  const nothing = path.replace(/\{\w+\}/, entry.nothing ?? '1')
  const again = await person.ask(method, nothing + (entry.query ?? ''), await entry.request?.(world))
  const told = [answer, again].map((one) => `${one.status} ${one.json?.code}`)
  return told[0] === told[1] ? [] : [`${route} as ${role}: ${told[0]}, but ${told[1]} for what is not there`]
}

test('P6: every route answers every role as declared, and tells nothing of another agency', async () => {
  const wrong = []
  for (const route of routes) {
    const entry = matrix[route]
    if (!entry) continue
    const [method, path] = route.split(' ')
    for (const role of roles) {
      const person = world.people[role]
      const id = typeof entry.id === 'function' ? await entry.id(world) : (entry.id ?? '2026')
      const request = (await entry.request?.(world)) ?? {}
      const answer = await person.ask(method, path.replace(/\{\w+\}/, id).replace('{number}', '1') + (entry.query ?? ''), request)
      const expected = entry.answers[role] ?? entry.answers.else
      if (answer.status !== expected)
        wrong.push(`${route} as ${role}: ${answer.status} ${answer.json?.code ?? ''} instead of ${expected}`)
      if (entry.hides?.includes(role) || answer.status >= 400)
        if (/SECRETROW|"(victim|keeper)"|"civil\.draft"/.test(answer.text.replaceAll(`"subject":"${id}"`, '')))
          wrong.push(`${route} as ${role} tells: ${answer.text}`)
      // Who audits the platform knows what there is; only that he may not change it.
      if (entry.unknown && role !== 'auditor' && (answer.status === 403 || answer.status === 404))
        wrong.push(...(await sameAsNothing(route, entry, role, person, answer)))
      await entry.after?.(world, person)
    }
  }
  assert.deepEqual(wrong, [])
})

test('a token does what its scopes say, on every route', async () => {
  const described = await (await fetch(`${server.url}/api/v1/openapi.json`)).json()
  const admin = world.people.administrator
  const scopes = ['read', 'load', 'edit', 'manage', 'audit', 'account']
  const tokens = {}
  for (const scope of scopes) {
    const made = await ok(admin.ask('POST', '/api/v1/tokens', { body: { title: scope, days: 1, scopes: [scope] } }))
    tokens[scope] = made.json.token
  }
  let refused = 0
  for (const [path, item] of Object.entries(described.paths))
    for (const [method, route] of Object.entries(item)) {
      const needed = route['x-scope']
      if (!needed || method === 'options') continue
      for (const scope of scopes.filter((one) => one !== needed)) {
        const answer = await fetch(server.url + path.replace(/\{\w+\}/, '1'), {
          method: method.toUpperCase(),
          headers: { Authorization: `Bearer ${tokens[scope]}`, 'Content-Type': 'application/json' },
          body: ['post', 'patch', 'put'].includes(method) && route.requestBody ? '{}' : undefined,
        })
        const { code } = await answer.json()
        assert.equal(answer.status, 403, `${method} ${path} with a token for ${scope}: ${answer.status} ${code}`)
        assert.ok(code === 'org.scope' || (needed === 'session' && code === 'org.session_only'), `${method} ${path}: ${code}`)
        refused += 1
      }
    }
  assert.ok(refused > 200)
})

test('what the roles did stands in the audit trail, and no secret does', async () => {
  const trail = await ok(world.people.auditor.ask('GET', '/api/v1/audit.csv'))
  for (const part of ['POST /accounts/{id}/lock', 'DELETE /tokens/{id}', 'org.role', 'is_steward', 'GET /audit.csv'])
    assert.ok(trail.text.includes(part), part)
  assert.doesNotMatch(trail.text, /SECRETROW|correct horse|ym_[A-Za-z0-9_-]{20}/)
  const local = await ok(world.people.agency_auditor.ask('GET', '/api/v1/audit?limit=1000'))
  assert.ok(local.json.items.length > 0)
  assert.ok(local.json.items.every((line) => line.agency?.name === 'air'), 'only of the own agency')
})
