// Backups as an operator makes them: beside a running server and without one, incremental, verified,
// restored elsewhere and compared; a kill at any step leaves the former ones whole.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Postgres } from './peers.mjs'
import { Server, folder, init, program, remove, run } from './support.mjs'

const place = folder('backup')
const data = join(place, 'var')
const server = new Server(data)
const backups = join(data, 'backup')

const schema = {
  fields: [
    { name: 'id', type: 'integer' },
    { name: 'name', type: 'string' },
    { name: 'share', type: 'number' },
  ],
  primaryKey: ['id'],
}

/** Rows with a missing value and one that is quarantined. */
function csv(from, n) {
  const lines = ['id,name,share']
  for (let i = from; i < from + n; i++) lines.push(`${i},第${i}行,${i % 7 === 0 ? '' : i / 4}`)
  return `${lines.join('\n')}\nnot-a-number,x,1\n`
}

const names = (where = backups) =>
  readdirSync(where).filter((name) => /^\d{8}T\d{6}Z$/.test(name)).sort()

before(async () => {
  init(data)
  await server.up()
  await server.dataset('b.one', schema)
  await server.dataset('b.two', schema)
  for (const [name, n] of [['b.one', 3000], ['b.two', 500]]) {
    const load = await server.load(name, csv(0, n))
    assert.equal(load.json.state, 'published', load.text)
  }
})
after(async () => {
  await server.down()
  remove(place)
})

async function rowsOf(some, dataset, version) {
  const got = await some.api('GET', `/api/v1/datasets/${dataset}/rows?limit=1000&version=${version}`)
  assert.equal(got.status, 200, got.text)
  return got.json
}

test('a running server makes a backup, and the next one holds only what is new', async () => {
  const first = server.cli(['backup', '--json'])
  assert.equal(first.code, 0, first.err)
  assert.equal(first.json.full, true)
  assert.equal(first.json.versions, 2)
  const load = await server.load('b.one', csv(3000, 2000))
  assert.equal(load.json.state, 'published', load.text)
  const second = server.cli(['backup', '--json'])
  assert.equal(second.code, 0, second.err)
  assert.equal(second.json.full, false)
  assert.equal(second.json.versions, 3)
  const list = server.cli(['backup', '--list', '--json']).json
  assert.deepEqual(list.map((one) => one.backup), [second.json.backup, first.json.backup])
  assert.equal(server.cli(['backup', '--verify']).code, 0)
  // Of an engine part that is incremental, the unchanged partitions are not there again.
  const size = (name) => Number(spawnSync('du', ['-sb', join(backups, name, 'engine')], { encoding: 'utf8' }).stdout.split('\t')[0])
  const parts = (name) => readdirSync(join(backups, name, 'engine'), { recursive: true }).filter((path) => path.endsWith('.bin')).length
  assert.ok(parts(second.json.backup) < parts(first.json.backup), `${parts(second.json.backup)} files beside ${parts(first.json.backup)}`)
  console.log(`engine part: full ${size(first.json.backup)} bytes, incremental ${size(second.json.backup)}`)
})

test('the key that seals secrets is in no backup, and no file of one is readable by others', () => {
  const key = readFileSync(join(data, 'secrets.key'), 'utf8').trim()
  for (const path of readdirSync(backups, { recursive: true })) {
    const full = join(backups, path)
    const facts = statSync(full)
    if (!facts.isFile()) continue
    assert.notEqual(path.split('/').at(-1), 'secrets.key')
    assert.ok(!readFileSync(full).includes(key), path)
  }
  assert.equal(statSync(backups).mode & 0o77, 0)
})

test('a restore into a new directory serves the same rows of every version', async () => {
  const [, newest] = names()
  const to = join(place, 'restored')
  const done = run(['restore', join(backups, newest), '--data', to, '--secrets', join(data, 'secrets.key'), '--json'])
  assert.equal(done.code, 0, done.out + done.err)
  assert.equal(done.json.versions, 3)
  assert.equal(done.json.rows, 3000 + 500 + 2000 + 3)
  console.log(`restored ${done.json.rows} rows in ${done.json.seconds.toFixed(2)} s`)
  assert.equal(readFileSync(join(to, 'secrets.key'), 'utf8'), readFileSync(join(data, 'secrets.key'), 'utf8'))
  const other = await new Server(to).up()
  try {
    for (const [dataset, version] of [['b.one', 1], ['b.one', 2], ['b.two', 1]]) {
      const mine = await rowsOf(server, dataset, version)
      const theirs = await rowsOf(other, dataset, version)
      assert.deepEqual(theirs.items, mine.items)
      assert.equal(theirs.total, mine.total)
    }
    // It goes on from there: a load is taken, its number follows, no id is used twice.
    const next = await other.load('b.one', csv(9000, 10))
    assert.equal(next.json.state, 'published', next.text)
    assert.equal(next.json.version, 3)
  } finally {
    await other.down()
  }
  assert.equal(run(['restore', join(backups, newest), '--data', to]).code, 5, 'a directory with data is overwritten')
})

test('a drill restores aside, compares, cleans up, and the health page knows its date', async () => {
  const done = server.cli(['restore', '--drill', '--json'])
  assert.equal(done.code, 0, done.err)
  assert.equal(done.json.versions, 3)
  assert.ok(!existsSync(join(backups, 'trial.part')))
  let health
  for (let i = 0; i < 40 && !health?.backup.proven_at; i++) {
    await new Promise((ready) => setTimeout(ready, 2000))
    health = (await server.api('GET', '/api/v1/health')).json
  }
  assert.ok(health.backup.proven_at)
  assert.equal(health.ok, true, JSON.stringify(health))
})

test('upgrade --check reads every version on a copy and says what would change', () => {
  const done = server.cli(['upgrade', '--check', '--json'])
  assert.equal(done.code, 0, done.err)
  assert.equal(done.json.versions, 3)
  assert.deepEqual(done.json.migrations, [])
})

test('one changed byte anywhere in a backup is found, and nothing is built from it', () => {
  const [, newest] = names()
  const files = readdirSync(join(backups, newest), { recursive: true })
    .map((path) => join(backups, newest, path))
    .filter((path) => statSync(path).isFile() && statSync(path).size > 0 && !path.endsWith('manifest.json'))
  for (const path of [files[0], files[Math.floor(files.length / 2)], files.at(-1)]) {
    const whole = readFileSync(path)
    const bad = Buffer.from(whole)
    bad[bad.length >> 1] ^= 1
    writeFileSync(path, bad)
    const done = run(['restore', join(backups, newest), '--data', join(place, 'never'), '--json'])
    writeFileSync(path, whole)
    assert.equal(done.code, 8, path)
    assert.equal(done.json.problem.code, 'upkeep.backup_broken')
    assert.ok(!existsSync(join(place, 'never')))
  }
  const manifest = join(backups, newest, 'manifest.json')
  renameSync(manifest, `${manifest}.away`)
  assert.equal(server.cli(['backup', '--verify', newest]).code, 4, 'no manifest is still a backup')
  renameSync(`${manifest}.away`, manifest)
})

test('kill -9 at each durable step leaves the former backup whole and the next one possible', { timeout: 600_000 }, async (t) => {
  await server.down()
  const whole = names()
  const probe = spawnSync('strace', ['-o', '/dev/null', '/bin/true'])
  if (probe.status !== 0) {
    t.skip('strace may not trace here')
    return
  }
  // fsync and rename are the steps: the Nth of them kills the program, until it runs to its end.
  let kills = 0
  for (const call of ['fsync', 'rename']) {
    for (let n = 1; ; n++) {
      const done = spawnSync('strace', ['-o', '/dev/null', '-e', `inject=${call}:signal=KILL:when=${n}`, program, 'backup', '--data', data], { encoding: 'utf8' })
      if (done.status === 0) break
      kills++
      assert.equal(done.signal ?? 'SIGKILL', 'SIGKILL', done.stderr)
      for (const name of whole) assert.ok(names().includes(name), `${name} is gone after ${call} ${n}`)
      // Whatever has a manifest is whole.
      for (const name of names()) if (!whole.includes(name)) assert.equal(run(['backup', '--verify', name, '--data', data]).code, 0)
      assert.ok(n < 200, 'it never ends')
    }
  }
  const newest = run(['backup', '--verify', '--data', data])
  assert.equal(newest.code, 0, newest.err)
  assert.equal(readdirSync(backups).filter((name) => name.endsWith('.part')).length, 0)
  console.log(`backup killed ${kills} times, ${whole.length} former backups whole each time`)
  await server.up()
})

test('a restore that was killed is no data directory; run again it is one', async (t) => {
  const probe = spawnSync('strace', ['-o', '/dev/null', '/bin/true'])
  if (probe.status !== 0) {
    t.skip('strace may not trace here')
    return
  }
  const from = join(backups, names().at(-1))
  const to = join(place, 'killed')
  for (const n of [1, 3, 9]) {
    spawnSync('strace', ['-o', '/dev/null', '-e', `inject=fsync:signal=KILL:when=${n}`, program, 'restore', from, '--data', to])
    if (!existsSync(join(to, 'restoring'))) continue
    const refused = run(['serve', '--data', to, '--listen', '127.0.0.1:0', '--json'])
    assert.equal(refused.json.problem.code, 'serve.restoring')
  }
  const done = run(['restore', from, '--data', to])
  assert.equal(done.code, 0, done.err)
  assert.ok(!existsSync(join(to, 'restoring')))
})

test('a store in PostgreSQL is backed up at one moment and restored into either database', { timeout: 300_000 }, async () => {
  const postgres = new Postgres()
  postgres.up()
  const base = mkdtempSync(join(place, 'pg-'))
  try {
    const from = join(base, 'from')
    init(from, { config: `store.url: '${postgres.url('live')}'\n` })
    const live = await new Server(from).up()
    await live.dataset('p.one', schema)
    assert.equal((await live.load('p.one', csv(0, 50))).json.state, 'published')
    const made = live.cli(['backup', '--json'])
    assert.equal(made.code, 0, made.err)
    const rows = (await rowsOf(live, 'p.one', 1)).items
    const regions = (await live.api('GET', '/api/v1/regions?limit=1')).json.total
    assert.equal(live.cli(['restore', '--drill']).code, 0)
    assert.equal(live.cli(['upgrade', '--check']).code, 0)
    await live.down()
    const backup = join(from, 'backup', made.json.backup)
    // A store that is in use is never written to.
    const used = run(['restore', backup, '--data', join(base, 'used'), '--config', join(from, 'yunmeng.yaml'), '--json'])
    assert.equal(used.json.problem.code, 'upkeep.store_used', used.out + used.err)
    for (const [name, config] of [
      ['sqlite', 'demo: true\n'],
      ['postgresql', `demo: true\nstore.url: '${postgres.url('second')}'\n`],
    ]) {
      const file = join(base, `${name}.yaml`)
      writeFileSync(file, config)
      const done = run(['restore', backup, '--data', join(base, name), '--config', file, '--json'])
      assert.equal(done.code, 0, done.out + done.err)
      const other = await new Server(join(base, name)).up()
      assert.deepEqual((await rowsOf(other, 'p.one', 1)).items, rows)
      assert.equal((await other.api('GET', '/api/v1/regions?limit=1')).json.total, regions)
      assert.equal((await other.load('p.one', csv(50, 5))).json.version, 2)
      await other.down()
    }
  } finally {
    postgres.down()
  }
})
