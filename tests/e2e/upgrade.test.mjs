// RELIABILITY P13: upgrade is one command. upgrade/migration3.tar.xz is the data directory that the program of
// 2026-11-24 10:24 left, which knew three migrations: init --demo, one agency, a keyed dataset of two versions with a
// quarantined row each and one whose schema its first load settled, by the front door; server stopped. Only its demo
// passwords and the regions below counties were taken out, to make it small.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test, { after } from 'node:test'
import { Server, folder, remove } from './support.mjs'

const place = folder('upgrade')
const server = new Server(join(place, 'var'))
const release = resolve(import.meta.dirname, 'upgrade/migration3.tar.xz')
after(async () => {
  await server.down()
  remove(place)
})

/** What was loaded as version v. */
const expected = (v) =>
  Array.from({ length: 500 }, (_, i) => ({
    id: `s${i}`,
    name: `站点${i}`,
    pm25: i % 7 === v ? null : (((i * v) % 100) / 10).toFixed(1),
    day: `2026-01-${String(1 + (i % 28)).padStart(2, '0')}`,
    seen: '2026-01-01T19:04:05Z',
    open: i % 2 === 1,
    n: String(i),
  })).filter((row) => row.id !== 's9')
const rows = async (dataset, version) => {
  const { json, text } = await server.api('GET', `/api/v1/datasets/${dataset}/rows?version=${version}&limit=1000&sort=_line`)
  assert.ok(json?.items, text)
  return json.items
}

test('P13: the store of the first release is opened by this program: all its versions read, and all goes on', { timeout: 300_000 }, async () => {
  const unpacked = spawnSync('tar', ['xJf', release, '-C', place], { encoding: 'utf8' })
  assert.equal(unpacked.status, 0, unpacked.stderr)
  for (const name of ['index', 'run']) mkdirSync(join(server.data, name), { recursive: true })
  await server.up({ wait: 120_000 })
  const numbers = [...server.run.err().matchAll(/event=store\.migrated number=(\d+)/g)].map((found) => Number(found[1]))
  assert.ok(numbers.length >= 10, server.run.err())
  assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, i) => i + 4))
  for (const v of [1, 2]) assert.deepEqual(await rows('old.station', v), expected(v))
  assert.deepEqual(await rows('old.plain', 1), [{ 名称: '甲', 数量: '1' }, { 名称: '乙', 数量: '2' }])
  const { json: loads } = await server.api('GET', '/api/v1/datasets/old.station/loads')
  assert.deepEqual(loads.items.map((load) => [load.version, load.state]), [[2, 'published'], [1, 'published']])
  for (const load of loads.items) {
    const { json } = await server.api('GET', `/api/v1/loads/${load.id}/quarantine`)
    assert.deepEqual(json.items.map((row) => [row.line, row.cells[0], row.cells[6]]), [[11, 's9', 'bad']])
  }
  // Old and new versions are compared, and what came with later migrations works on what was there before.
  const next = await server.load('old.station', 'id,name,pm25,day,seen,open,n\ns1,站点1,0.2,2026-01-02,2026-01-02 03:04:05,true,2\n')
  assert.equal(next.json?.version, 3, next.text)
  assert.equal(next.json.state, 'published', next.text)
  const { json: diff } = await server.api('GET', '/api/v1/datasets/old.station/diff?from=2&to=3')
  assert.deepEqual(diff.counts, { added: 0, removed: 498, changed: 1, same: 0 })
  assert.deepEqual(diff.items.filter((item) => item.kind === 'changed').map((item) => item.changed), [['n']])
  const made = server.cli(['backup', '--json'])
  assert.equal(made.code, 0, made.out + made.err + server.run.err().slice(-3000))
  assert.equal(made.json.versions, 4)
  const check = server.cli(['upgrade', '--check', '--json'])
  assert.equal(check.code, 0, check.err)
  assert.deepEqual(check.json.migrations, [])
})
