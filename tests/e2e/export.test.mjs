// Taking data away: each format over the real server, read by something that is not ours.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Server, childrenOf, folder, init, pause, remove } from './support.mjs'

const place = folder('export')
const server = new Server(join(place, 'var'))
const rows = 400_000

const fields = [
  { name: 'id', type: 'string' },
  { name: 'n', type: 'integer' },
  { name: 'money', type: 'number', scale: 2 },
  { name: 'day', type: 'date' },
  { name: 'at', type: 'datetime' },
  { name: 'open', type: 'boolean' },
  { name: 'note', type: 'string' },
]
const small = 'id,n,money,day,at,open,note\n'
  + 'a,1,1.50,2026-01-01,2026-01-01 08:00:00,true,=1+1\n'
  + 'b,-2,,,,,"说 ""好"", <x> & y"\n'
  + 'c,9007199254740993,0.01,1960-02-29,2026-01-01T00:00:00Z,false,\\N _x000D_\n'

before(async () => {
  init(server.data)
  await server.up()
  await server.dataset('out.small', { fields, primaryKey: ['id'] })
  assert.equal((await server.load('out.small', small)).json?.state, 'published')
  assert.equal((await server.load('out.small', 'id,n,money,day,at,open,note\nz,1,1,2026-01-01,,,\n')).json?.state, 'published')
  const lines = ['id,n,text']
  for (let i = 0; i < rows; i++) lines.push(`${String((i * 7919) % rows).padStart(9, '0')},${i},text that is long enough to fill a buffer ${i}`)
  await server.dataset('out.large', {
    fields: [{ name: 'id', type: 'string' }, { name: 'n', type: 'integer' }, { name: 'text', type: 'string' }],
    primaryKey: ['id'],
  })
  assert.equal((await server.load('out.large', `${lines.join('\n')}\n`)).json?.state, 'published')
})
after(async () => {
  await server.down()
  remove(place)
})

const path = (dataset, query) => `/api/v1/datasets/${dataset}/export?${query}`
const get = (dataset, query, more = {}) =>
  fetch(server.url + path(dataset, query), { headers: { Authorization: `Bearer ${server.key}` }, ...more })
const bytes = async (dataset, query) => Buffer.from(await (await get(dataset, query)).arrayBuffer())

test('CSV and NDJSON are the rows of the version that was asked for', async () => {
  const csv = await get('out.small', 'version=1')
  assert.equal(csv.status, 200)
  assert.equal(csv.headers.get('content-disposition'), 'attachment; filename="out.small-v1.csv"')
  assert.equal(csv.headers.get('yunmeng-version'), '1')
  assert.equal(await csv.text(), [
    '"id","n","money","day","at","open","note"',
    '"a",1,1.50,"2026-01-01","2026-01-01T00:00:00Z",true,"=1+1"',
    '"b",-2,,,,,"说 ""好"", <x> & y"',
    '"c",9007199254740993,0.01,"1960-02-29","2026-01-01T00:00:00Z",false,"\\N _x000D_"', '',
  ].join('\r\n'))
  const items = (await server.api('GET', '/api/v1/datasets/out.small/rows?version=1')).json.items
  const lines = (await (await get('out.small', 'version=1&format=ndjson')).text()).trim().split('\n')
  assert.deepEqual(lines.map((line) => JSON.parse(line)), items)
  assert.match(await (await get('out.small', '')).text(), /\r\n"z",1,1\.00,/)
})

test('a filter, fields in their order and the guard', async () => {
  const query = `version=1&fields=note,id&where=${encodeURIComponent('n < 100')}&guard=true`
  assert.equal(await (await get('out.small', query)).text().then((text) => text.replace('\ufeff', '')),
    '"note","id"\r\n"\'=1+1","a"\r\n"说 ""好"", <x> & y","b"\r\n')
  assert.deepEqual([...(await bytes('out.small', query)).subarray(0, 3)], [0xef, 0xbb, 0xbf])
  for (const [bad, code] of [['fields=nothing', 'lake.field'], ['where=n%20%3E', 'expr.syntax'], ['format=doc', 'http.param'], ['version=9', 'lake.no_version']]) {
    const answer = await get('out.small', bad)
    const problem = await answer.json()
    assert.ok(answer.status >= 400, bad)
    assert.ok(problem.code === code || (code === 'expr.syntax' && problem.code.startsWith('expr.')), problem.code)
  }
})

test('XLSX is read by another program: texts as texts, missing as empty', async () => {
  const book = join(place, 'small.xlsx')
  writeFileSync(book, await bytes('out.small', 'version=1&format=xlsx'))
  const done = spawnSync('python3', ['-c', `
import json, re, sys, zipfile, xml.etree.ElementTree as tree
book = zipfile.ZipFile(sys.argv[1])
assert book.testzip() is None
ns = {'m': 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'}
undo = lambda text: re.sub('_x([0-9A-F]{4})_', lambda m: chr(int(m[1], 16)), text)
rows = []
for row in tree.fromstring(book.read('xl/worksheets/sheet1.xml')).iterfind('.//m:row', ns):
    rows.append([float(c.find('m:v', ns).text) if c.find('m:v', ns) is not None
        else undo(c.find('.//m:t', ns).text or '') if c.get('t') == 'inlineStr' else None for c in row])
print(json.dumps(rows))`, book], { encoding: 'utf8' })
  assert.equal(done.status, 0, done.stderr)
  assert.deepEqual(JSON.parse(done.stdout), [
    ['id', 'n', 'money', 'day', 'at', 'open', 'note'],
    ['a', 1, 1.5, '2026-01-01', '2026-01-01T00:00:00Z', 'true', '=1+1'],
    ['b', -2, null, null, null, null, '说 "好", <x> & y'],
    ['c', '9007199254740993', 0.01, '1960-02-29', '2026-01-01T00:00:00Z', 'false', '\\N _x000D_'],
  ])
})

test('Parquet begins and ends as one', async () => {
  const file = await bytes('out.small', 'version=1&format=parquet')
  assert.equal(file.subarray(0, 4).toString(), 'PAR1')
  assert.equal(file.subarray(-4).toString(), 'PAR1')
})

test('the command line writes the same files, and nothing where it is refused', async () => {
  const csv = await (await get('out.small', 'version=1')).text()
  const done = server.cli(['query', 'out.small', '--version', '1', '--all'])
  assert.deepEqual([done.code, done.out], [0, csv], done.err)
  const guarded = server.cli(['query', 'out.small', '--version', '1', '--guard', '--select', 'note', '--where', 'n = 1'])
  assert.equal(guarded.out, '\ufeff"note"\r\n"\'=1+1"\r\n')
  const lines = server.cli(['query', 'out.small', '--version', '1', '--format', 'ndjson', '--select', 'id'])
  assert.equal(lines.out, '{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n')
  const book = join(place, 'cli.xlsx')
  assert.equal(server.cli(['query', 'out.small', '--version', '1', '--format', 'xlsx', '--out', book]).code, 0)
  assert.equal(readFileSync(book).subarray(0, 2).toString(), 'PK')
  const refused = server.cli(['query', 'out.small', '--version', '77', '--format', 'parquet', '--out', join(place, 'no.parquet')])
  assert.equal(refused.code, 4, refused.err)
  assert.ok(!existsSync(join(place, 'no.parquet')))
  for (const wrong of [['--format', 'xlsx', '--sort', 'id'], ['--all', '--limit', '3'], ['--all', '--format', 'json'], ['--format', 'doc']]) {
    assert.equal(server.cli(['query', 'out.small', ...wrong]).code, 2, wrong.join(' '))
  }
})

test('a large export leaves the server’s memory as it was', async () => {
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])
  await bytes('out.large', 'fields=id&where=n%20%3C%2010')
  const from = peak()
  for (const format of ['csv', 'ndjson', 'parquet', 'xlsx']) {
    const answer = await get('out.large', `format=${format}`)
    let size = 0
    let lines = 0
    for await (const part of answer.body) {
      size += part.length
      if (format === 'csv') for (const byte of part) lines += byte === 10
    }
    assert.ok(size > 2e6, `${format} ${size}`)
    if (format === 'csv') assert.equal(lines, rows + 1)
  }
  assert.ok(peak() - from < 24 * 1024, `${peak() - from} kB more`)
})

test('a client that leaves ends its transfer, and the server goes on', async () => {
  const control = new AbortController()
  const answer = await get('out.large', 'format=csv', { signal: control.signal })
  const reader = answer.body.getReader()
  await reader.read()
  control.abort()
  await reader.closed.catch(() => undefined)
  const until = Date.now() + 10_000
  while (!server.run.err().includes('code=http.gone') && Date.now() < until) await pause(50)
  assert.match(server.run.err(), /http\.stream_cut code=http\.gone/)
  assert.equal((await get('out.small', '')).status, 200)
})

test('a transfer that breaks is a failure of the transfer, not a shorter file', async () => {
  const answer = await get('out.large', 'format=csv')
  const reader = answer.body.getReader()
  await reader.read()
  const [engine] = childrenOf(server.pid, 'yunmeng-engine')
  process.kill(engine, 'SIGKILL')
  await assert.rejects(async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read());
  })
})
