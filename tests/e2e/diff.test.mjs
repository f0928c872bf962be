// The difference of two versions against a plain comparison of their rows in JavaScript: keys of every type and of
// several fields, few different values (so that rows of many keys are equal), missing cells, versions one of which is
// empty; and the rows of a version that the engine has merged into one part.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, folder, init, pause, random, remove } from './support.mjs'

const place = folder('diff')
const server = new Server(join(place, 'var'))
const seed = Number(process.env.YM_SEED ?? Date.now() % 1e6)

before(async () => {
  init(server.data)
  await server.up()
})
after(async () => {
  await server.down()
  remove(place)
})

let chance = random(seed)
const draw = (below) => Math.floor(chance() * below)
const two = (n) => String(n).padStart(2, '0')
// The n-th of few values of a type, as the file writes it; what begins a text may be any character.
const values = {
  string: (n) => ['甲', '0', '00', 'a', 'A', ' x', "o'", '"q"', 'a\\b', '\t', '=1', '😀', 'é', 'z'][n % 14] + (n < 14 ? '' : n),
  integer: (n) => String((n % 2 ? -1 : 1) * n * (n % 7 ? 1 : 1e15)),
  number: (n) => String((n - 20) / 4),
  decimal: (n) => ((n - 20) / 100).toFixed(2),
  date: (n) => `20${two(n % 40)}-0${1 + (n % 9)}-11`,
  datetime: (n) => `2026-01-${two(1 + (n % 28))} ${two(n % 24)}:00:00`,
  boolean: (n) => (n % 2 ? 'true' : 'false'),
  time: (n) => `${two(n % 24)}:${two(n % 60)}:00`,
}
const field = (name, type) =>
  type === 'decimal' ? { name, type: 'number', scale: 2 } : type === 'datetime' ? { name, type, format: '%Y-%m-%d %H:%M:%S' } : { name, type }
const cell = (text) => `"${text.replaceAll('"', '""')}"`

/** A file whose keys are each there once, and as many rows as it has. */
function version(types, n_keys, most) {
  const names = types.map((_, i) => `f${i}`)
  const rows = new Map()
  for (let n = draw(most); n > 0; n--) {
    const row = types.map((type, i) => (i >= n_keys && draw(4) === 0 ? '' : values[type](draw(i < n_keys ? 40 : 3))))
    const key = JSON.stringify(row.slice(0, n_keys))
    rows.set(key, row)
  }
  // A row that is always there: a load of no row at all is refused.
  const first = types.map((type, i) => (i < n_keys ? values[type](1) : ''))
  rows.set(JSON.stringify(first.slice(0, n_keys)), first)
  return `${names.join()}\n${[...rows.values()].map((row) => row.map((text) => (text === '' ? '' : cell(text))).join()).join('\n')}\n`
}

async function rowsOf(dataset, number) {
  const items = []
  let after = ''
  do {
    const { json, text } = await server.api('GET', `/api/v1/datasets/${dataset}/rows?version=${number}&limit=1000${after}`)
    assert.ok(json?.items, text)
    items.push(...json.items)
    after = json.next ? `&after=${encodeURIComponent(json.next)}` : ''
  } while (after)
  return items
}

/** In the order of the key, as the rows come. */
function plain(from, to, keys, names) {
  const key = (row) => JSON.stringify(keys.map((name) => row[name]))
  const other = new Map(to.map((row) => [key(row), row]))
  const found = { added: new Map(), removed: new Map(), changed: new Map(), same: 0 }
  for (const row of from) {
    const match = other.get(key(row))
    other.delete(key(row))
    if (!match) found.removed.set(key(row), { from: row, to: null, changed: [] })
    else {
      const changed = names.filter((name) => JSON.stringify(row[name]) !== JSON.stringify(match[name]))
      if (changed.length > 0) found.changed.set(key(row), { from: row, to: match, changed })
      else found.same++
    }
  }
  for (const [text, row] of other) found.added.set(text, { from: null, to: row, changed: [] })
  return found
}

async function compare(dataset, a, b, keys, names, limit) {
  const order = (await rowsOf(dataset, a)).concat(await rowsOf(dataset, b))
  const expected = plain(await rowsOf(dataset, a), await rowsOf(dataset, b), keys, names)
  const key = (row) => JSON.stringify(keys.map((name) => row[name]))
  for (const kind of ['', 'added', 'removed', 'changed']) {
    const kinds = kind ? [kind] : ['added', 'removed', 'changed']
    const total = kinds.reduce((sum, one) => sum + expected[one].size, 0)
    const seen = new Map()
    let after = ''
    do {
      const answer = await server.api('GET', `/api/v1/datasets/${dataset}/diff?from=${a}&to=${b}&limit=${limit}${kind && `&kind=${kind}`}${after}`)
      assert.equal(answer.status, 200, answer.text)
      const { counts, items, next } = answer.json
      assert.deepEqual(counts, { added: expected.added.size, removed: expected.removed.size, changed: expected.changed.size, same: expected.same })
      assert.equal(answer.json.total, total)
      for (const item of items) {
        const text = key(item.from ?? item.to)
        assert.ok(!seen.has(text), `${text} twice`)
        seen.set(text, item)
        const { changed, from, to } = expected[item.kind].get(text) ?? assert.fail(`${text} is not ${item.kind}`)
        assert.deepEqual(item, { kind: item.kind, changed, from, to })
      }
      assert.ok(!next || items.length === limit)
      after = next ? `&after=${encodeURIComponent(next)}` : ''
    } while (after)
    assert.equal(seen.size, total, `${kind || 'all'} of ${dataset}`)
    // Each version's own rows come in the order of the key: so must what is of one version only.
    for (const [side, number] of [['from', a], ['to', b]]) {
      const listed = [...seen.values()].filter((item) => item[side] !== null).map((item) => key(item[side]))
      const there = new Set(listed)
      assert.deepEqual(listed, (await rowsOf(dataset, number)).map(key).filter((text) => there.has(text)))
    }
  }
  return order.length
}

const shapes = {
  text: [['string', 'integer', 'string', 'decimal', 'date'], 1],
  whole: [['integer', 'string', 'boolean', 'time'], 1],
  decimal: [['decimal', 'number', 'datetime'], 1],
  day: [['date', 'integer', 'integer'], 1],
  moment: [['datetime', 'string', 'decimal'], 1],
  two: [['boolean', 'string', 'number', 'date'], 2],
  three: [['date', 'string', 'integer', 'boolean', 'datetime'], 3],
  only: [['string', 'date'], 2],
}
for (const [name, [types, n_keys]] of Object.entries(shapes))
  test(`versions differ as a plain comparison says: key of ${types.slice(0, n_keys).join(' and ')} (seed ${seed})`, async () => {
    chance = random(seed)
    const fields = types.map((type, i) => field(`f${i}`, type))
    const names = fields.map((one) => one.name)
    const keys = names.slice(0, n_keys)
    await server.dataset(`diff.${name}`, { fields, primaryKey: keys })
    for (const most of [120, 90, 1]) {
      const load = await server.load(`diff.${name}`, version(types, n_keys, most))
      assert.equal(load.json?.state, 'published', load.text)
      assert.equal(load.json.report.rows_quarantined, 0, load.text)
    }
    for (const [a, b] of [[1, 2], [2, 1], [3, 1], [2, 2]]) await compare(`diff.${name}`, a, b, keys, names, 1 + draw(30))
  })

test('differences that lie together at the end of the keys are found, and a merged version has the same rows', async () => {
  const fields = [{ name: 'id', type: 'string' }, { name: 'n', type: 'integer' }, { name: 'note', type: 'string' }]
  await server.dataset('diff.end', { fields, primaryKey: ['id'] })
  const rows = 150_000
  const line = (i, n) => `${String((i * 7919) % rows).padStart(8, '0')},${n},${'说明'.repeat(10)}${i % 100}`
  const make = (change) => `id,n,note\n${Array.from({ length: rows }, (_, i) => line(i, change((i * 7919) % rows, i))).join('\n')}\n`
  for (const text of [make((_, i) => i), make((key, i) => (key >= rows - 7 ? -i - 1 : i))]) {
    const load = await server.load('diff.end', text)
    assert.equal(load.json?.report?.rows_kept, rows, load.text)
  }
  const ask = async () => {
    const { json } = await server.api('GET', '/api/v1/datasets/diff.end/diff?from=1&to=2&limit=5')
    const second = await server.api('GET', `/api/v1/datasets/diff.end/diff?from=1&to=2&limit=5&after=${encodeURIComponent(json.next)}`)
    assert.equal(second.json.next, null)
    assert.deepEqual(json.counts, { added: 0, removed: 0, changed: 7, same: rows - 7 })
    const items = json.items.concat(second.json.items)
    assert.deepEqual(items.map((item) => [item.from.id, item.changed.join()]), Array.from({ length: 7 }, (_, i) => [String(rows - 7 + i).padStart(8, '0'), 'n']))
    return items
  }
  const before = await ask()
  const sum = async () => (await server.api('GET', '/api/v1/datasets/diff.end/export?format=csv&version=2')).text
  const exported = await sum()
  // The job waits for 10 s without a load.
  const until = Date.now() + 90_000
  while ((server.run.err().match(/lake\.merged .*parts=[2-9]/g) ?? []).length < 2) {
    assert.ok(Date.now() < until, 'the versions were not merged')
    await pause(200)
  }
  assert.deepEqual(await ask(), before)
  assert.equal(await sum(), exported)
  const { json } = await server.api('GET', '/api/v1/jobs?limit=100')
  assert.deepEqual(json.items.filter((job) => job.kind === 'lake.merge' && job.state !== 'done'), [])
})
