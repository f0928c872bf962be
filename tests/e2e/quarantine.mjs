// Rows that wait in the quarantine: why, and what a steward does with them, over the real server. Run with the parts of
// one machine (quarantine.test.mjs) and with a control store in PostgreSQL (quarantine_elsewhere.test.mjs).
import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, folder, init, remove } from './support.mjs'

/** `parts` prepares what stands elsewhere and returns lines of configuration for it. */
export function quarantine(parts = async () => '') {
  const place = folder('quarantine')
  const server = new Server(join(place, 'var'))

  before(async () => {
    init(server.data, { config: await parts(place) })
    await server.up()
  })
  after(async () => {
    await server.down()
    remove(place)
  })

  const lines = (items) => items.join('\n') + '\n'

  test('a reference is held against the current version of the other dataset, and the report names it', async () => {
    await server.dataset('ref.city', { fields: [{ name: 'code' }, { name: 'name' }], primaryKey: ['code'] })
    const reference = { fields: 'city', reference: { resource: 'ref.city', fields: 'code' } }
    await server.dataset('ref.person', { fields: [{ name: 'id' }, { name: 'city' }], primaryKey: ['id'], foreignKeys: [reference] })
    const rows = lines(['id,city', '1,4201', '2,4299', '3,'])
    const early = await server.load('ref.person', rows)
    assert.deepEqual([early.json.state, early.json.problem.code, early.json.problem.subject], ['refused', 'lake.reference', 'ref.city'])
    await server.load('ref.city', lines(['code,name', '4201,武汉']))
    await server.load('ref.city', lines(['code,name', '4201,武汉', '4202,黄石']))
    const load = await server.load('ref.person', rows)
    assert.equal(load.json.state, 'published', load.text)
    assert.deepEqual(load.json.report.reasons.map((one) => [one.code, one.column, one.examples]), [['reference', 'city', [{ line: 3, value: '4299' }]]])
    assert.deepEqual(load.json.report.references, [{ fields: ['city'], dataset: 'ref.city', their_fields: ['code'], version: 2 }])
    await server.dataset('ref_two.person', { fields: [{ name: 'city' }], foreignKeys: [reference] })
    await server.dataset('ref_two.secret', { fields: [{ name: 'code' }] }, { openness: 'closed' })
    await server.load('ref_two.secret', lines(['code', '1']))
    await server.dataset('ref.guess', {
      fields: [{ name: 'city' }], foreignKeys: [{ fields: 'city', reference: { resource: 'ref_two.secret', fields: 'code' } }],
    })
    assert.equal((await server.load('ref_two.person', lines(['city', '4202']))).json.state, 'published')
    // Whether a value is among another agency's closed rows is not told.
    assert.equal((await server.load('ref.guess', lines(['city', '1']))).json.problem.code, 'lake.reference')
  })

  const schema = {
    fields: [
      { name: 'id', type: 'integer' },
      { name: 'day', type: 'date', format: '%Y/%m/%d', title: '日期' },
      { name: 'pm25', type: 'integer', residual: ['minimum'], constraints: { minimum: 0, maximum: 500 } },
      { name: 'name', constraints: { maxLength: 6 } },
    ],
    primaryKey: ['id'],
  }
  // The columns are not in the schema's order, and one of them is no field.
  const header = 'note,day,id,name,pm25'
  const good = ['n,2026/01/01,1,甲,10', 'n,2026/01/02,2,乙,20']
  const bad = [
    'n,2026-01-03,3,丙,30', // line 4: the day's form
    'n,2026/01/04,4,丁,-7', // line 5: below the minimum, may be accepted
    'n,2026/01/05,5,戊,９９', // line 6: full-width digits
    'n,2026/01/06,６, 己 ,６６', // line 7: full-width key and value
    'n,2026/01/01,1,庚,1', // line 8: repeats the key of line 2
    'n,2026/01/08,8,=1+1,900,x,y', // line 9: too many cells
  ]
  const of = (load, tail = '') => `/api/v1/loads/${load}/quarantine${tail}`
  const act = (load, body) => server.api('POST', of(load, '/acts'), body)
  const list = async (load) => (await server.api('GET', of(load))).json.items
  const state = async (load) => (await list(load)).map((row) => [row.line, row.draft?.state ?? null])
  const publish = (load, query = '') => server.api('POST', of(load, `/publish${query}`), undefined, { Prefer: 'wait=60' })
  const rowsOf = async (dataset, query = '') => (await server.api('GET', `/api/v1/datasets/${dataset}/rows?${query}`)).json
  const counts = (report) => [
    report.rows_in, report.rows_kept, report.rows_quarantined, report.duplicates_dropped, report.rows_dropped ?? 0,
  ]

  async function waiting(name) {
    await server.dataset(name, schema)
    const load = await server.load(name, lines([header, ...good, ...bad]))
    assert.equal(load.json.state, 'published', load.text)
    assert.deepEqual(counts(load.json.report), [8, 2, 6, 0, 0])
    return load.json.id
  }

  test('cells are mended in place and judged at once; the version after holds what the mended file would', async () => {
    const load = await waiting('mend.one')
    assert.equal((await act(load, { kind: 'mend', line: 4, cells: { day: '2026/13/03' } })).json.good, 0)
    assert.deepEqual((await list(load))[0].draft.reasons, [{ code: 'type', column: 'day' }])
    // A field is found by its name too, and the next mending goes on from the one before.
    const fixed = await act(load, { kind: 'mend', line: 4, cells: { day: '2026/01/03' } })
    assert.deepEqual([fixed.status, fixed.json.kind, fixed.json.rows, fixed.json.good], [201, 'mend', 1, 1], fixed.text)
    assert.deepEqual((await list(load))[0].cells, ['n', '2026-01-03', '3', '丙', '30'])
    assert.deepEqual((await list(load))[0].draft.cells, ['n', '2026/01/03', '3', '丙', '30'])
    await act(load, { kind: 'mend', line: 9, cells: { name: '辛', pm25: '90', yunmeng_extra_1: '', yunmeng_extra_2: '' } })
    assert.deepEqual(await state(load), [[4, 'mended'], [5, null], [6, null], [7, null], [8, null], [9, 'mended']])
    const made = await publish(load)
    assert.equal(made.status, 201, made.text)
    assert.equal(made.json.state, 'published', made.text)
    assert.deepEqual(counts(made.json.report), [8, 4, 4, 0, 0])
    assert.equal(made.json.base, load)
    assert.equal(made.json.report.base_version, 1)
    assert.deepEqual(made.json.report.acts.map((one) => [one.kind, one.rows]), [['mend', 1], ['mend', 1], ['mend', 1]])
    const whole = lines([header, ...good, bad[0].replaceAll('-', '/'), ...bad.slice(1, 5), 'n,2026/01/08,8,辛,90'])
    await server.dataset('mend.whole', schema)
    const same = await server.load('mend.whole', whole)
    assert.deepEqual(counts(same.json.report), counts(made.json.report))
    assert.deepEqual((await rowsOf('mend.one')).items, (await rowsOf('mend.whole')).items)
    assert.deepEqual(
      (await list(made.json.id)).map((row) => [row.line, row.reasons]),
      (await list(same.json.id)).map((row) => [row.line, row.reasons]),
    )
    assert.equal((await rowsOf('mend.one', 'version=1')).total, 2)
    // The old draft is void: acts go to the current version.
    assert.equal((await act(load, { kind: 'mend', line: 6, cells: { pm25: '9' } })).json.code, 'quarantine.moved')
  })

  test('rows are accepted where the schema lets them stay, dropped with a reason, and each act is undone', async () => {
    const load = await waiting('decide.one')
    const code = async (body) => (await act(load, body)).json
    assert.equal((await code({ kind: 'accept', lines: [5] })).code, 'quarantine.reason')
    const type = await code({ kind: 'accept', lines: [5, 6], reason: '站点已核实' })
    assert.deepEqual([type.code, type.line], ['quarantine.type', 6])
    assert.equal((await code({ kind: 'accept', lines: [8], reason: 'x' })).code, 'quarantine.residual')
    assert.equal((await code({ kind: 'drop', lines: [3], reason: 'x' })).code, 'quarantine.line')
    assert.equal((await code({ kind: 'mend', line: 5, cells: { nothing: '1' } })).code, 'quarantine.column')
    assert.deepEqual(await state(load), bad.map((_, i) => [i + 4, null]))
    const accepted = await code({ kind: 'accept', code: 'minimum', column: 'pm25', reason: '零下读数已核实' })
    assert.equal(accepted.rows, 1)
    const dropped = await code({ kind: 'drop', lines: [9, 8], reason: '重复' })
    await code({ kind: 'drop', lines: [7], reason: '试一下' })
    const last = (await server.api('GET', of(load, '/acts?limit=1'))).json
    assert.equal(last.total, 3)
    const undone = await server.api('DELETE', of(load, `/acts/${last.items[0].id}`))
    assert.deepEqual([undone.status, typeof undone.json.undone_at], [200, 'string'])
    assert.equal((await server.api('DELETE', of(load, `/acts/${last.items[0].id}`))).json.code, 'quarantine.undone')
    assert.deepEqual(await state(load), [[4, null], [5, 'accepted'], [6, null], [7, null], [8, 'dropped'], [9, 'dropped']])
    const made = (await publish(load)).json
    assert.deepEqual(counts(made.report), [8, 3, 3, 0, 2])
    assert.equal(made.report.rows_accepted, 1)
    assert.deepEqual(made.report.acts.map((one) => [one.kind, one.rows, one.reason]), [
      ['accept', 1, '零下读数已核实'], ['drop', 2, '重复'],
    ])
    assert.equal((await rowsOf('decide.one', `where=${encodeURIComponent('pm25 < 0')}`)).total, 1)
    assert.equal((await server.api('DELETE', of(load, `/acts/${dropped.id}`))).json.code, 'quarantine.moved')
    // The next draft goes on from there: what is accepted and dropped stays so.
    await act(made.id, { kind: 'mend', line: 4, cells: { day: '2026/01/03' } })
    const next = (await publish(made.id)).json
    assert.deepEqual(counts(next.report), [8, 4, 2, 0, 2])
    const versions = (await server.api('GET', '/api/v1/datasets/decide.one/versions')).json.items
    assert.deepEqual(versions.map((one) => one.rows.dropped), [2, 2, 0])
  })

  test('an undone mending in the middle leaves what came after it', async () => {
    const load = await waiting('undo.one')
    const first = await act(load, { kind: 'mend', line: 7, cells: { id: '6', name: '己' } })
    await act(load, { kind: 'mend', line: 7, cells: { pm25: '66' } })
    assert.equal((await list(load))[3].draft.state, 'mended')
    await server.api('DELETE', of(load, `/acts/${first.json.id}`))
    const row = (await list(load))[3]
    assert.deepEqual(row.draft.cells, ['n', '2026/01/06', '６', ' 己 ', '66'])
    assert.deepEqual(row.draft.reasons, [{ code: 'type', column: 'id' }])
  })

  test('a rule is shown on all rows that it would change, then applied, and undone as one', async () => {
    const load = await waiting('rule.one')
    const rule = { what: 'half_width' }
    const seen = (await server.api('POST', of(load, '/preview?limit=1'), rule)).json
    assert.deepEqual([seen.rows, seen.good, seen.items.length, seen.next], [2, 2, 1, '6'])
    assert.deepEqual(seen.items[0], { line: 6, changes: [{ column: 'pm25', before: '９９', after: '99' }], good: true, reasons: [] })
    const more = (await server.api('POST', of(load, `/preview?after=${seen.next}`), rule)).json
    assert.deepEqual([more.items.map((one) => one.line), more.next], [[7], null])
    assert.deepEqual(await state(load), bad.map((_, i) => [i + 4, null]))
    const done = await act(load, { kind: 'rule', rule })
    assert.deepEqual([done.json.rows, done.json.good], [2, 2])
    const trim = (await server.api('POST', of(load, '/preview'), { what: 'trim', column: 'name' })).json
    assert.deepEqual(trim.items.map((one) => one.changes[0].after), ['己'])
    const replace = await act(load, { kind: 'rule', rule: { what: 'replace', column: 'day', find: '-', with: '/', code: 'type', of: 'day' } })
    assert.deepEqual([replace.json.rows, replace.json.good], [1, 1])
    assert.equal((await act(load, { kind: 'rule', rule: { what: 'replace', find: 'nirgends', with: '' } })).json.code, 'quarantine.nothing')
    assert.equal((await act(load, { kind: 'rule', rule: { what: 'shout' } })).json.code, 'quarantine.rule')
    await server.api('DELETE', of(load, `/acts/${done.json.id}`))
    assert.deepEqual(await state(load), [[4, 'mended'], [5, null], [6, null], [7, null], [8, null], [9, null]])
  })

  test('the quarantine is a file that comes back changed and replaces exactly its rows', async () => {
    const load = await waiting('file.one')
    const file = await server.api('GET', of(load, '/file?lang=zh-CN'))
    assert.equal(file.status, 200)
    assert.match(file.headers.get('content-disposition'), /attachment; filename="quarantine-\d+\.csv"/)
    const bytes = new Uint8Array(await (await fetch(server.url + of(load, '/file'), { headers: { Authorization: `Bearer ${server.key}` } })).arrayBuffer())
    assert.deepEqual([...bytes.slice(0, 3)], [0xef, 0xbb, 0xbf])
    const text = file.text.replace(/^\uFEFF/, '')
    const [head, ...body] = text.trimEnd().split('\r\n')
    assert.equal(head, '"note","day","id","name","pm25",yunmeng_extra_1,yunmeng_extra_2,yunmeng_line,yunmeng_reasons')
    assert.equal(body.length, 6)
    // A number is no formula, a formula is guarded; the reason is in the reader's words.
    assert.match(body[1], /^"n","2026\/01\/04","4","丁","-7","","",5,"pm25: [一-鿿]+ \(minimum\)"$/)
    assert.match(body[5], /"'=1\+1","900","x","y",9,/)
    const back = (items) => '\uFEFF' + [head, ...items].join('\r\n') + '\r\n'
    const send = (content) => server.api('POST', of(load, '/file?file=mended.csv'), content)
    // Nothing changed: nothing is done. The guard is taken away again, exactly.
    assert.equal((await send(back(body))).json.code, 'quarantine.nothing')
    const unknown = await send(back([body[0].replace(',4,', ',3,')]))
    assert.deepEqual([unknown.json.code, unknown.json.line], ['quarantine.line', 3])
    assert.equal((await send(back([body[0], body[0]]))).json.code, 'quarantine.line')
    assert.equal((await send(lines(['day,id', '1,2']))).json.code, 'quarantine.columns')
    const done = await send(back([body[0].replace('2026-01-03', '2026/01/03'), body[4], body[5].replace('"900","x","y"', '"90","",""'), body[2].replace('９９', 'x')]))
    assert.equal(done.status, 201, done.text)
    assert.deepEqual([done.json.kind, done.json.rows, done.json.good, done.json.detail], ['reload', 3, 2, { file: 'mended.csv', rows: 4 }])
    assert.deepEqual(await state(load), [[4, 'mended'], [5, null], [6, 'quarantined'], [7, null], [8, null], [9, 'mended']])
    const made = (await publish(load)).json
    assert.deepEqual(counts(made.report), [8, 4, 4, 0, 0])
    assert.equal((await rowsOf('file.one', `where=${encodeURIComponent("name = '=1+1'")}`)).total, 1)
  })

  test('what is mended meets the rows that are there: keys, repeats and references are judged at publishing', async () => {
    await server.dataset('meet.city', { fields: [{ name: 'code' }], primaryKey: ['code'] })
    await server.load('meet.city', lines(['code', '4201', '4202']))
    await server.dataset('meet.person', {
      fields: [{ name: 'id', type: 'integer' }, { name: 'city' }], primaryKey: ['id'], equalRepeats: 'drop',
      foreignKeys: [{ fields: 'city', reference: { resource: 'meet.city', fields: 'code' }, residual: ['reference'] }],
    })
    const load = (await server.load('meet.person', lines(['id,city', '1,4201', '2,4209', 'x,4201', 'y,4201', '3,4208']))).json
    assert.deepEqual(counts(load.report), [5, 1, 4, 0, 0])
    await act(load.id, { kind: 'mend', line: 4, cells: { id: '1' } }) // equal to line 2 by now
    await act(load.id, { kind: 'mend', line: 5, cells: { id: '9', city: '4207' } }) // no such city
    const accepted = await act(load.id, { kind: 'accept', lines: [3], reason: '新设区划' })
    assert.equal(accepted.status, 201, accepted.text)
    await server.load('meet.city', lines(['code', '4201', '4208']))
    const made = (await publish(load.id)).json
    // Line 6 was wrong when it came; its city is there now. Line 3 stays because a steward said so.
    assert.deepEqual(counts(made.report), [5, 3, 1, 1, 0])
    assert.deepEqual(made.report.references[0].version, 2)
    assert.deepEqual((await rowsOf('meet.person')).items.map((row) => row.id), ['1', '2', '3'])
    await act(made.id, { kind: 'drop', lines: [5], reason: 'x' })
    const next = (await publish(made.id)).json
    assert.deepEqual(counts(next.report), [5, 3, 0, 1, 1])
  })

  test('a draft waits while it is on its way, and stands again where its load is dropped', async () => {
    const load = await waiting('hold.one')
    assert.equal((await publish(load)).json.code, 'quarantine.nothing')
    await act(load, { kind: 'mend', line: 4, cells: { day: '2026/01/03' } })
    const held = (await publish(load, '?publish=hold')).json
    assert.equal(held.state, 'checked')
    assert.equal((await rowsOf('hold.one')).total, 2)
    assert.equal((await act(load, { kind: 'drop', lines: [5], reason: 'x' })).json.code, 'quarantine.publishing')
    assert.equal((await server.api('GET', '/api/v1/quarantine?dataset=hold.one')).json.items[0].draft.load, held.id)
    await server.api('POST', `/api/v1/loads/${held.id}/refuse`)
    await act(load, { kind: 'drop', lines: [5], reason: 'x' })
    const made = (await publish(load)).json
    assert.deepEqual([made.version, ...counts(made.report)], [3, 8, 3, 4, 0, 1])
  })

  test('stewards of the agency act, others of it look, and for the rest there is nothing', async () => {
    const load = await waiting('own.one')
    await act(load, { kind: 'mend', line: 4, cells: { day: '2026/01/03' } })
    await server.dataset('foreign.one', schema)
    const key = server.key
    const people = {}
    for (const [name, role, agency] of [
      ['own_steward', 'steward', 'own'], ['own_official', 'official', 'own'], ['foreign_steward', 'steward', 'foreign'],
      ['some_auditor', 'auditor', null], ['some_citizen', 'citizen', null],
    ]) {
      const password = `Quarantine-${name}-42`
      const made = await server.api('POST', '/api/v1/accounts', { name, display_name: name, role, agency, password })
      assert.equal(made.status, 201, made.text)
      people[name] = (await signIn(server, name, password))
    }
    const expected = { own_steward: [200, 201], own_official: [200, 403], some_auditor: [200, 403], foreign_steward: [404, 404], some_citizen: [404, 404] }
    for (const [name, [look, change]] of Object.entries(expected)) {
      server.key = ''
      const call = (method, path, body) => server.api(method, path, body, people[name])
      assert.equal((await call('GET', of(load))).status, look, name)
      assert.equal((await call('GET', of(load, '/acts'))).status, look, name)
      assert.equal((await call('GET', of(load, '/file'))).status, look, name)
      assert.equal((await call('POST', of(load, '/preview'), { what: 'trim' })).status, look, name)
      assert.equal((await call('POST', of(load, '/acts'), { kind: 'mend', line: 6, cells: { pm25: '9' } })).status, change, name)
      assert.equal((await call('POST', of(load, '/file?file=x.csv'), 'a,b\n1,2\n')).status, change === 201 ? 400 : change, name)
      if (change !== 201) assert.equal((await call('POST', of(load, '/publish'))).status, change, name)
      const desk = await call('GET', '/api/v1/quarantine')
      const mine = desk.json.items.find((one) => one.dataset === 'own.one')
      assert.equal(mine !== undefined, look === 200, name)
      if (mine) assert.deepEqual([mine.may_act, mine.quarantined], [change === 201, 6])
    }
    assert.equal((await fetch(server.url + of(load))).status, 401)
    server.key = key
  })
}

async function signIn(server, name, password) {
  const answer = await fetch(`${server.url}/api/v1/session`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, password }),
  })
  assert.equal(answer.status, 201, await answer.clone().text())
  const { csrf } = await answer.json()
  return { Cookie: answer.headers.get('set-cookie').split(';')[0], 'X-CSRF-Token': csrf }
}
