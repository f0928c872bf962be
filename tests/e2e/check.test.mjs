// `yunmeng check` on what departments really send: the figures of issue 3.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { folder, real, remove, run } from './support.mjs'

const place = folder('check')
after(() => remove(place))

function file(name, bytes) {
  const path = join(place, name)
  writeFileSync(path, bytes)
  return path
}

function check(path, ...more) {
  return run(['check', path, '--json', ...more])
}

const column = (report, name) => report.columns.find((one) => one.name === name)

function onReal(name, path, body) {
  const there = real(path)
  test(name, { skip: there ? false : `${path} is not there` }, () => body(there))
}

onReal('27,057 villages of a GB18030 file are kept, their rare characters right', 'encodings/villages_hubei_gb18030.csv', (path) => {
  const { code, json } = check(path)
  assert.equal(code, 0)
  assert.deepEqual([json.encoding, json.delimiter, json.header_row], ['gb18030', ',', 1])
  assert.deepEqual([json.rows_in, json.rows_kept, json.rows_quarantined], [27057, 27057, 0])
  assert.equal(column(json, 'code').type, 'string')
  assert.equal(column(json, 'code').distinct, 27057)
})

onReal('1,641 stations of a GBK file, 14 of them without coordinates', 'encodings/cnemc_station_list_gbk.csv', (path) => {
  const { code, json } = check(path)
  assert.equal(code, 0)
  assert.equal(json.encoding, 'gb18030')
  assert.equal(json.rows_kept, 1641)
  assert.deepEqual([column(json, '经度').missing, column(json, '纬度').missing], [14, 14])
  assert.equal(column(json, '经度').type, 'number')
})

onReal('NaN is missing and quoted newlines stay in their cell', 'environment/hubei_station_hourly_2020.csv', (path) => {
  const { code, json } = check(path)
  assert.equal(code, 0)
  assert.equal(json.rows_in, 6788)
  assert.deepEqual([column(json, 'AQI').type, column(json, 'AQI').missing], ['integer', 860])
})

onReal('equal repeats are dropped by the declared rule and counted', 'environment/hubei_station_hourly_2020.csv', (path) => {
  const names = 'SourceFile,Date,Hour,WatchPoint,AQI,Level,PrimaryPollution,PM2.5,PM10,CO,NO2,O3_1h,O3_8h,SO2'.split(',')
  const schema = file('air.json', JSON.stringify({
    fields: names.map((name) => ({ name, type: 'string' })),
    primaryKey: ['SourceFile', 'WatchPoint', 'Date', 'Hour'],
    equalRepeats: 'drop',
  }))
  const { code, json } = check(path, '--schema', schema)
  assert.equal(code, 0)
  assert.deepEqual([json.rows_in, json.rows_kept, json.rows_quarantined, json.duplicates_dropped], [6788, 6459, 0, 329])
})

onReal('1,608 columns are read', 'environment/china_sites_20190101.csv', (path) => {
  const { code, json } = check(path)
  assert.equal(code, 0)
  assert.equal(json.columns.length, 1608)
  assert.equal(json.rows_kept, 360)
})

onReal('an empty city stays missing', 'health/ncov_hubei_city_daily.csv', (path) => {
  const { code, json } = check(path)
  assert.equal(code, 0)
  assert.equal(json.rows_kept, 6437)
  assert.ok(column(json, 'city').missing > 0)
  assert.equal(column(json, 'date').type, 'date')
})

onReal('a file whose name holds = and Chinese is read under that name', 'credit/企业代号=E2.csv', (path) => {
  const { json } = check(path)
  assert.equal(json.file, '企业代号=E2.csv')
  assert.equal(json.rows_in, 32156)
  assert.equal(json.rows_kept, 32156)
})

onReal('blanks can separate columns', 'credit/企业信息.csv', (path) => {
  const { code, json } = check(path)
  assert.equal(code, 0)
  assert.deepEqual([json.rows_in, json.columns.length, json.delimiter], [123, 4, 'blank'])
})

onReal('scores polluted by a watermark are quarantined with their lines, not guessed', 'education/hubei-2024-physics-toudang-parsed.csv', (path) => {
  const numbers = ['score', '语数之和', '语数最高', '外语', '物理', '再选最高', '再选次高', '志愿号']
  const names = 'page,code,name,req,score,语数之和,语数最高,外语,物理,再选最高,再选次高,志愿号,备注,row'.split(',')
  const schema = file('scores.json', JSON.stringify({
    fields: names.map((name) => ({ name, type: numbers.includes(name) ? 'integer' : 'string' })),
  }))
  const { code, json } = check(path, '--schema', schema)
  assert.equal(code, 1)
  assert.equal(json.rows_in, 2800)
  assert.ok(json.rows_quarantined > 0)
  assert.equal(json.rows_kept + json.rows_quarantined, 2800)
  const examples = json.reasons.flatMap((reason) => reason.examples)
  assert.ok(examples.some((one) => one.value.includes('室130')) || examples.every((one) => one.line > 1))
  assert.ok(json.reasons.every((reason) => reason.code === 'type'))
})

onReal('title and note lines around a table are left out', 'macro/nbs_quarterly_gdp_current_prices_trimmed.csv', (path) => {
  const { code, json } = check(path)
  assert.equal(code, 0)
  assert.equal(json.header_row, 3)
  assert.equal(json.rows_in, 12)
  assert.ok(json.notes.length >= 2)
})

const bad = [
  ['cut in the middle of a character', Buffer.concat([Buffer.from('名称,数\n武汉,1\n'.repeat(50)), Buffer.from([0xe6, 0xad])]), 'collect.cut'],
  ['binary', Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46]), Buffer.alloc(4096, 3), Buffer.alloc(4096)]), 'collect.binary'],
  ['empty', '', 'collect.empty'],
  ['one column', '保成社区\n泰宁社区\n先锋社区\n吉庆社区\n'.repeat(5), 'collect.one_column'],
  ['NUL bytes in text', 'a,b\n1,2\n3,\0x\n4,5\n', 'collect.nul'],
  ['a quote never closed', 'a,b\n1,2\n3,"open\n4,5\n6,7\n', 'collect.quote'],
  ['a line without end', 'a,b\n' + 'x'.repeat(40 << 20), 'collect.long'],
]
for (const [what, bytes, code] of bad)
  test(`${what}: says what is wrong, where, and how to mend it`, () => {
    const done = check(file(`bad-${code}.csv`, bytes))
    assert.equal(done.code, 2)
    assert.ok(done.json.problem.code.startsWith(code), done.out)
    assert.ok(done.json.problem.title.length > 10)
    assert.ok(done.json.problem.hint.length > 10)
  })

test('the line of a quote that is never closed is named', () => {
  const done = check(file('quote.csv', 'a,b\n1,2\n3,"open\n4,5\n6,7\n'))
  assert.equal(done.json.problem.line, 3)
})

test('text that looks like a number but is a code stays text', () => {
  const rows = Array.from({ length: 50 }, (_, i) => `${String(i).padStart(6, '0')},${1234567890123456 + i},${i},${i}.5,${i % 2 ? '是' : '否'}`)
  const { code, json } = check(file('codes.csv', `编号,卡号,数,额,真假\n${rows.join('\n')}\n`))
  assert.equal(code, 0)
  assert.deepEqual(json.columns.map((one) => one.type), ['string', 'string', 'integer', 'number', 'boolean'])
})

test('a file that is not there is exit 2 with its problem', () => {
  mkdirSync(join(place, 'sub'), { recursive: true })
  const done = check(join(place, 'sub/none.csv'))
  assert.equal(done.code, 2)
  assert.equal(done.json.problem.code, 'file.open')
})
