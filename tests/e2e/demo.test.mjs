// The demonstration province: the same bytes each time, and what the platform makes of its files is
// what the generator says of them. Every id in it is impossible.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, build, folder, init, remove } from './support.mjs'

const make = (...args) => execFileSync(join(build, 'bin/yunmeng-demo'), args, { maxBuffer: 256 << 20 })
const plan = JSON.parse(make('plan'))
const expected = JSON.parse(make('expect'))
const place = folder('demo')
const server = new Server(join(place, 'var'))

before(async () => {
  init(server.data)
  await server.up()
  const demo = await server.demo(['--json'])
  assert.equal(demo.code, 0, demo.out + demo.err)
})
after(async () => {
  await server.down()
  remove(place)
})

const file = (dataset, number) => make('file', dataset, String(number))
const everyFile = plan.datasets.flatMap(({ dataset, files }) => files.map((one, i) => ({ id: dataset.id, schema: dataset.schema, name: one.name, number: i + 1 })))

test('there is a province: 17 prefectures, 28 agencies, entries with data and without', () => {
  const { places } = JSON.parse(readFileSync(join(build, 'share/yunmeng/demo/province.json'), 'utf8'))
  assert.equal(places.length, 17)
  assert.equal(plan.agencies.length, 28)
  const withData = plan.datasets.filter(({ files }) => files.length > 0)
  assert.ok(withData.length >= 30 && withData.length < plan.datasets.length)
  assert.ok(new Set(withData.map(({ dataset }) => dataset.id.split('.')[0])).size >= 12)
  assert.ok(plan.datasets.some(({ files }) => files.length > 2))
  // Joined by keys: what a dataset refers to is there.
  const ids = plan.datasets.map(({ dataset }) => dataset.id)
  for (const { dataset } of plan.datasets)
    for (const { reference } of dataset.schema?.foreignKeys ?? []) assert.ok(ids.includes(reference.resource), dataset.id)
})

test('the same scale gives the same bytes, another one gives more of the same people', () => {
  const digest = () => {
    const all = createHash('sha256')
    for (const { id, number } of everyFile) all.update(file(id, number))
    return all.digest('hex')
  }
  assert.equal(digest(), digest())
  const small = file('police.population', 1)
  const large = make('file', 'police.population', '1', '--scale', '4000')
  assert.ok(large.length > 1.9 * small.length)
  assert.equal(Buffer.compare(large.subarray(0, 1000), small.subarray(0, 1000)), 0)
})

test('rows in, kept, dropped and quarantined by reason are what the generator says', async () => {
  assert.equal(expected.length, everyFile.length)
  for (const { id } of everyFile.filter(({ number }) => number === 1)) {
    const { json } = await server.api('GET', `/api/v1/datasets/${id}/loads`)
    for (const load of json.items) {
      const want = expected.find((one) => one.dataset === id && one.version === load.version)
      const at = `${id} version ${load.version}`
      const { report } = (await server.api('GET', `/api/v1/loads/${load.id}`)).json
      assert.deepEqual(
        [report.file, report.rows_in, report.rows_kept, report.rows_quarantined, report.duplicates_dropped],
        [want.file, want.in, want.kept, want.quarantined, want.dropped],
        `${at}: ${JSON.stringify(report.reasons)} instead of ${JSON.stringify(want.reasons)}`,
      )
      const list = (reasons) => reasons.map(({ code, column, count }) => `${code}:${column ?? ''}=${count}`).sort()
      assert.deepEqual(list(report.reasons), list(want.reasons), at)
      assert.equal(report.rows_in, report.rows_kept + report.rows_quarantined + report.duplicates_dropped)
    }
    assert.equal(json.items.length, expected.filter((one) => one.dataset === id).length, id)
  }
})

test('its files are as ugly as those of departments', () => {
  const reasons = new Set(expected.flatMap((one) => one.reasons.map(({ code }) => code)))
  for (const code of ['resident_id', 'credit_code', 'vin', 'phone', 'region', 'type', 'minimum', 'maximum', 'enum', 'pattern', 'required', 'unique', 'reference', 'width'])
    assert.ok(reasons.has(code), code)
  assert.ok(expected.some((one) => one.dropped > 0))
  assert.equal(expected.filter((one) => one.file.endsWith('.xlsx')).length, 5)
  const bytes = everyFile.map(({ id, number }) => file(id, number))
  const fails = (text, encoding) => {
    try {
      new TextDecoder(encoding, { fatal: true }).decode(text)
      return false
    } catch {
      return true
    }
  }
  assert.ok(bytes.filter((one) => one[0] !== 0x50 && fails(one, 'utf-8') && !fails(one, 'gb18030')).length > 10) // GBK
  assert.ok(bytes.some((one) => one.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))))
})

test('nobody in it can exist: the ids of persons and firms are of the region 99, the mobiles begin with 10', () => {
  const seen = { resident_id: 0, credit_code: 0, phone: 0 }
  for (const { id, schema, name, number } of everyFile) {
    if (name.endsWith('.xlsx')) continue
    const bytes = file(id, number)
    let text
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      text = new TextDecoder('gb18030').decode(bytes)
    }
    // What looks like an id or a mobile, in whatever column.
    for (const [found] of text.matchAll(/(?<![0-9A-Z-])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9X](?![0-9A-Z])/g)) {
      assert.match(found, /^99/, `${id}: ${found}`)
      seen.resident_id++
    }
    for (const [found] of text.matchAll(/(?<![0-9A-Z])[159][1-3][0-9]{6}[0-9A-Z]{10}(?![0-9A-Z])/g)) {
      if (/^99/.test(found)) continue // a person's
      assert.match(found, /^9199/, `${id}: ${found}`)
      seen.credit_code++
    }
    for (const [found] of text.matchAll(/(?<![0-9A-Z.-])1[0-9]{10}(?![0-9A-Z])/g)) {
      assert.match(found, /^10/, `${id}: ${found}`)
      seen.phone++
    }
    assert.ok(schema)
  }
  assert.ok(seen.resident_id > 5000 && seen.credit_code > 1000 && seen.phone > 2000, JSON.stringify(seen))
})

test('entries are whole and published, by the stewards themselves; the mount rate and the three gates have something to show', async () => {
  const list = (await server.api('GET', '/api/v1/datasets?limit=1000')).json
  assert.equal(list.total, plan.datasets.length)
  for (const one of list.items) {
    assert.equal(one.state, 'published', one.id)
    assert.ok(one.title.zh && one.title.en && one.abstract.zh && one.abstract.en && one.contact && one.contact_phone && one.code, one.id)
  }
  const mounted = (await server.api('GET', '/api/v1/datasets?mounted=yes')).json.total
  assert.equal(mounted, plan.datasets.filter(({ files }) => files.length > 0).length)
  // The audit trail says whose sessions they came from.
  const [, password] = /^tang_auditor\t(\S+)/m.exec(readFileSync(join(server.data, 'demo-accounts.txt'), 'utf8'))
  const signed = await fetch(`${server.url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'tang_auditor', password }) })
  const cookie = signed.headers.get('set-cookie').split(';')[0]
  for (const steward of plan.accounts.filter(({ role }) => role === 'steward')) {
    const trail = await (await fetch(`${server.url}/api/v1/audit?limit=1000&name=${steward.name}`, { headers: { Cookie: cookie } })).json()
    assert.ok(trail.items.some(({ what }) => what.includes('/datasets')), `${steward.name}: ${JSON.stringify(trail).slice(0, 400)}`)
  }
  const systems = (await server.api('GET', '/api/v1/systems?limit=1000')).json.items
  assert.equal(systems.length, plan.systems.length)
  for (const gate of ['needs', 'interconnection', 'contribution']) {
    assert.ok(systems.some(({ gates }) => gates[gate].pass), gate)
    assert.ok(systems.some(({ gates }) => !gates[gate].pass), gate)
  }
})

test('the overview has something to show by prefecture, by openness and by plan; a field has its one source', async () => {
  const { all, agencies, regions } = (await server.api('GET', '/api/v1/overview')).json
  assert.equal(agencies.length, 28)
  const at = new Map(regions.map(({ region, figures }) => [region, figures]))
  assert.equal(at.size, 11) // the province, and ten prefectures with a bureau of their own
  assert.deepEqual([at.get('420100').datasets, at.get('420100').mounted, at.get('421000').mounted], [2, 1, 0])
  for (const [what, one] of Object.entries({ ...all.sharing, ...all.openness, ...all.plan })) assert.ok(one > 0, what)
  assert.ok(all.rows.kept < all.rows.in && all.rows.kept > 0.9 * all.rows.in)
  const fields = (await server.api('GET', '/api/v1/shared-fields?limit=1000')).json.items
  for (const { field, agency } of plan.sources) assert.equal(fields.find((one) => one.title === field)?.source?.agency.name, agency, field)
  assert.ok(fields.length > plan.sources.length)
})

test('run again it changes nothing and ends in seconds', () => {
  const began = Date.now()
  const again = server.cli(['demo', '--json'])
  assert.deepEqual([again.code, again.json?.made], [0, 0], again.out + again.err)
  assert.ok(Date.now() - began < 10_000)
})

test('where the configuration does not say demo: true its people are refused', async () => {
  const other = new Server(join(place, 'real'))
  init(other.data, { demo: false })
  await other.up()
  try {
    const refused = other.cli(['demo', '--json'])
    assert.deepEqual([refused.code, refused.json.problem.code], [5, 'demo.off'])
    const { dataset } = plan.datasets.find((one) => one.dataset.id === 'police.population')
    await other.dataset('police.population', dataset.schema)
    const load = await other.api('POST', '/api/v1/datasets/police.population/loads?file=p.txt', file('police.population', 1), { Prefer: 'wait=60', 'Content-Type': 'application/octet-stream' })
    assert.equal(load.json.state, 'refused', load.text)
    const reason = load.json.report.reasons.find(({ code }) => code === 'resident_id')
    const want = expected.find((one) => one.dataset === 'police.population')
    assert.equal(load.json.report.rows_kept, 0)
    assert.ok(reason.count > 0.99 * want.in)
  } finally {
    await other.down()
  }
})
