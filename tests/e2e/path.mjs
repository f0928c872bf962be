// From a department's file to what a page and a program read, over the real server. Run with the
// parts of one machine (path.test.mjs) and with an engine and a store elsewhere (elsewhere.test.mjs).
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, childrenOf, folder, init, pause, real, remove } from './support.mjs'

/** `parts` prepares what stands elsewhere and returns lines of configuration for it. */
export function path(parts = async () => '', ownEngine = true) {
  const data = folder('path')
  const server = new Server(join(data, 'var'))

  before(async () => {
    init(server.data, { config: await parts(data) })
    await server.up()
  })
  after(async () => {
    await server.down()
    remove(data)
  })

  const schema = {
    fields: [
      { name: 'station', type: 'string', title: '站点' },
      { name: 'day', type: 'date', title: '日期' },
      { name: 'pm25', type: 'integer', title: 'PM2.5', unit: 'µg/m³', constraints: { minimum: 0 } },
      { name: 'price', type: 'number', scale: 2 },
    ],
    primaryKey: ['station', 'day'],
  }
  const rows = (items) => `station,day,pm25,price\n${items.join('\n')}\n`

  test('a load is checked, counted, published and read back', async () => {
    await server.dataset('air.day', schema)
    const load = await server.load('air.day', rows(['b,2026-01-01,35,1.50', 'a,2026-01-01,,2.00', 'c,2026-01-01,-1,3', 'd,2026-02-30,1,1']))
    assert.equal(load.status, 201, load.text)
    assert.equal(load.json.state, 'published', load.text)
    const { report } = load.json
    assert.deepEqual([report.rows_in, report.rows_kept, report.rows_quarantined, report.duplicates_dropped], [4, 2, 2, 0])
    assert.deepEqual(report.reasons.map((one) => [one.code, one.column, one.count, one.examples]).sort(), [
      ['minimum', 'pm25', 1, [{ line: 4, value: '-1' }]],
      ['type', 'day', 1, [{ line: 5, value: '2026-02-30' }]],
    ])
    const read = await server.api('GET', '/api/v1/datasets/air.day/rows')
    assert.deepEqual(read.json.items, [
      { station: 'a', day: '2026-01-01', pm25: null, price: '2.00' },
      { station: 'b', day: '2026-01-01', pm25: '35', price: '1.50' },
    ])
    assert.deepEqual([read.json.total, read.json.next, read.json.version], [2, null, 1])
  })

  test('what was quarantined is listed with its line, reasons and cells', async () => {
    const loads = await server.api('GET', '/api/v1/datasets/air.day/loads')
    const kept = await server.api('GET', `/api/v1/loads/${loads.json.items[0].id}/quarantine`)
    assert.deepEqual(kept.json.items.map((one) => [one.line, one.cells]), [
      [4, ['c', '2026-01-01', '-1', '3']],
      [5, ['d', '2026-02-30', '1', '1']],
    ])
    assert.equal(kept.json.total, 2)
  })

  test('an old version is read by number and by time; a filter has its exact total', async () => {
    await server.dataset('air.versions', schema)
    const one = await server.load('air.versions', rows(['a,2026-01-01,1,1', 'b,2026-01-01,2,1', 'c,2026-01-01,3,1']))
    const between = new Date().toISOString()
    await pause(20)
    const two = await server.load('air.versions', rows(['a,2026-01-01,10,1', 'd,2026-01-01,20,1']))
    assert.deepEqual([one.json.version, two.json.version], [1, 2])
    const get = async (query) => (await server.api('GET', `/api/v1/datasets/air.versions/rows?${query}`)).json
    assert.equal((await get('')).total, 2)
    assert.equal((await get('version=1')).total, 3)
    assert.equal((await get(`as_of=${between}`)).version, 1)
    const day = new Date(Date.now() + 86400e3 * 2).toISOString().slice(0, 10)
    assert.equal((await get(`as_of=${day}`)).version, 2)
    const filtered = await get(`version=1&where=${encodeURIComponent('pm25 >= 2')}&limit=1`)
    assert.deepEqual([filtered.total, filtered.items.length], [2, 1])
    const versions = await server.api('GET', '/api/v1/datasets/air.versions/versions')
    assert.deepEqual(versions.json.items.map((v) => [v.number, v.state]), [[2, 'published'], [1, 'published']])
  })

  test('paging by cursor sees each row once and a number finds its row', async () => {
    await server.dataset('air.pages', { ...schema, primaryKey: ['station'] })
    const many = Array.from({ length: 2500 }, (_, i) => `s${String((i * 7919) % 2500).padStart(5, '0')},2026-01-01,${i % 10 ? i : ''},1`)
    await server.load('air.pages', rows(many))
    for (const sort of ['', '&sort=-pm25', '&sort=pm25,-station']) {
      const seen = []
      let after = ''
      do {
        const page = (await server.api('GET', `/api/v1/datasets/air.pages/rows?limit=700${sort}${after}`)).json
        seen.push(...page.items.map((row) => row.station))
        after = page.next && `&after=${encodeURIComponent(page.next)}`
      } while (after)
      assert.equal(seen.length, 2500)
      assert.equal(new Set(seen).size, 2500)
      const there = (await server.api('GET', `/api/v1/datasets/air.pages/rows?limit=3&at=1777${sort}`)).json
      assert.deepEqual(there.items.map((row) => row.station), seen.slice(1777, 1780))
    }
  })

  test('a GB18030 file without a schema settles one and is read as it is', async (t) => {
    const path = real('encodings/villages_hubei_gb18030.csv')
    if (!path) return t.skip('../shared is absent')
    await server.dataset('civil.village')
    const load = await server.load('civil.village', readFileSync(path))
    assert.equal(load.json?.state, 'published', load.text)
    assert.equal(load.json.report.rows_kept, 27057)
    for (const name of ['莫𡐓村', '王㙘村']) {
      const where = encodeURIComponent(`name starts with '${name}'`)
      const found = await server.api('GET', `/api/v1/datasets/civil.village/rows?where=${where}`)
      assert.equal(found.json.total, 1, name)
    }
    const odd = await server.api('GET', `/api/v1/datasets/civil.village/rows?where=${encodeURIComponent("name contains '\uE170'")}`)
    assert.equal(odd.json.total, 1)
    const shown = await server.api('GET', '/api/v1/datasets/civil.village')
    assert.equal(shown.json.schema.fields[0].type, 'string')
  })

  test('the command line loads, lists and queries', async () => {
    await server.dataset('air.cli', schema)
    const path = join(data, 'cli.tsv')
    writeFileSync(path, rows(['a,2026-01-01,1,1.25', 'b,2026-01-02,x,1']).replaceAll(',', '\t'))
    const load = server.cli(['load', 'air.cli', path, '--json'])
    assert.equal(load.code, 1, load.err)
    assert.deepEqual([load.json.dataset, load.json.version, load.json.rows_kept, load.json.delimiter], ['air.cli', 1, 1, 'tab'])
    const list = server.cli(['dataset', 'list', '--json'])
    assert.ok(list.json.items.some((one) => one.id === 'air.cli'), list.out)
    const show = server.cli(['dataset', 'show', 'air.cli', '--json'])
    assert.equal(show.json.current.rows.kept, 1)
    const csv = server.cli(['query', 'air.cli', '--select', 'station,price', '--where', 'pm25 = 1', '--format', 'csv'])
    assert.equal(csv.out, 'station,price\r\na,1.25\r\n')
    const json = server.cli(['query', 'air.cli', '--format', 'json'])
    assert.equal(JSON.parse(json.out)[0].price, '1.25')
    assert.equal(server.cli(['query', 'air.none', '--format', 'csv']).code, 4)
  })

  test('the same Idempotency-Key loads once', async () => {
    await server.dataset('air.once', schema)
    const headers = { 'Idempotency-Key': 'k-1' }
    const one = await server.load('air.once', rows(['a,2026-01-01,1,1']), '', headers)
    const two = await server.load('air.once', rows(['a,2026-01-01,1,1']), '', headers)
    assert.equal(one.json.id, two.json.id)
  })

  test('a held load waits for its steward, and a second one is told so', async () => {
    await server.dataset('air.hold', schema)
    const held = await server.load('air.hold', rows(['a,2026-01-01,1,1']), '&publish=hold')
    assert.equal(held.json.state, 'checked')
    assert.equal((await server.load('air.hold', rows(['b,2026-01-01,1,1']))).json.code, 'lake.open_load')
    assert.equal((await server.api('GET', '/api/v1/datasets/air.hold/rows')).status, 404)
    assert.equal((await server.api('POST', `/api/v1/loads/${held.json.id}/publish`)).status, 200)
    assert.equal((await server.api('GET', '/api/v1/datasets/air.hold/rows')).json.total, 1)
    const next = await server.load('air.hold', rows(['b,2026-01-01,1,1']), '&publish=hold')
    assert.equal((await server.api('POST', `/api/v1/loads/${next.json.id}/refuse`)).status, 200)
    assert.equal((await server.api('GET', '/api/v1/datasets/air.hold/rows')).json.items[0].station, 'a')
  })

  test('a file that cannot be read refuses the load in the language of the caller', async () => {
    await server.dataset('air.bad', schema)
    const load = await server.load('air.bad', 'station,day,pm25,price\na,"open\n')
    assert.equal(load.json.state, 'refused', load.text)
    assert.equal(load.json.problem.code, 'collect.quote')
    assert.equal(load.json.problem.line, 2)
    const english = await server.api('GET', `/api/v1/loads/${load.json.id}?lang=en`)
    const chinese = await server.api('GET', `/api/v1/loads/${load.json.id}?lang=zh-CN`)
    assert.match(english.json.problem.title, /^[ -~“”]+$/)
    assert.match(chinese.json.problem.title, /[\u4e00-\u9fff]/)
  })

  test('rows of a closed dataset are for its own agency', async () => {
    await server.dataset('air.closed', schema, { openness: 'closed' })
    await server.load('air.closed', rows(['a,2026-01-01,1,1']))
    const path = '/api/v1/datasets/air.closed/rows'
    assert.equal((await server.api('GET', path)).status, 200)
    const key = server.key
    server.key = ''
    assert.equal((await server.api('GET', path)).status, 401)
    assert.equal((await server.api('POST', '/api/v1/datasets', {})).status, 401)
    server.key = key
  })

  test('unknown parameters, fields and expressions are refused with their place', async () => {
    const get = async (query) => (await server.api('GET', `/api/v1/datasets/air.day/rows?${query}`)).json
    assert.equal((await get('wher=1')).status, 400)
    assert.equal((await get('fields=nothing')).subject, 'nothing')
    assert.equal((await get(`where=${encodeURIComponent("pm25 = 'x'")}`)).status, 400)
    assert.equal((await get('limit=1001')).status, 400)
    assert.equal((await get('after=made-up')).code, 'lake.cursor')
  })

  test('a kill of the engine is a clear error, a restart, and nothing half visible', { skip: ownEngine ? false : 'the engine is not ours' }, async () => {
    const [engine] = childrenOf(server.pid, 'yunmeng-engine')
    assert.ok(engine)
    process.kill(engine, 'SIGKILL')
    const answer = await server.api('GET', '/api/v1/datasets/air.day/rows')
    if (answer.status !== 200) assert.deepEqual([answer.status, answer.json.code], [503, 'engine.away'])
    const until = Date.now() + 20_000
    let again
    do {
      await pause(100)
      again = await server.api('GET', '/api/v1/datasets/air.day/rows')
    } while (again.status !== 200 && Date.now() < until)
    assert.equal(again.json.total, 2)
    assert.equal((await server.api('GET', '/health/ready')).status, 200)
  })
}
