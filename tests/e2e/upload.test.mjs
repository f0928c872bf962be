// Resumable uploads, by a real tus client (tus-js-client) and by hand where a client would not err.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Upload } from 'tus-js-client'
import { Server, folder, init, pause, remove } from './support.mjs'

const place = folder('upload')
const server = new Server(join(place, 'var'))
const tus = { 'Tus-Resumable': '1.0.0' }
const octets = { ...tus, 'Content-Type': 'application/offset+octet-stream' }

before(async () => {
  init(server.data)
  await server.up()
  await server.dataset('up.rows')
})
after(async () => {
  await server.down()
  remove(place)
})

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex')
const idOf = (url) => url.split('/').at(-1)
const facts = (id) => server.api('GET', `/api/v1/uploads/${id}`)

/** A CSV of about `bytes` bytes. */
function csv(bytes) {
  const lines = ['id,text']
  for (let i = 0, n = 8; n < bytes; i++) {
    const line = `${i},第${i}行`
    lines.push(line)
    n += Buffer.byteLength(line) + 1
  }
  return Buffer.from(lines.join('\n') + '\n')
}

function send(file, options = {}) {
  let upload
  const done = new Promise((resolve, reject) => {
    upload = new Upload(file, {
      endpoint: `${server.url}/api/v1/uploads`,
      headers: { Authorization: `Bearer ${server.key}` },
      metadata: { filename: '监测站.csv' },
      retryDelays: null,
      ...options,
      onError: reject,
      onSuccess: () => resolve(upload),
    })
  })
  upload.start()
  return { upload, done }
}

const begin = async (size, name = 'a.csv') => {
  const made = await server.api('POST', '/api/v1/uploads', undefined, {
    ...tus,
    'Upload-Length': String(size),
    'Upload-Metadata': `filename ${Buffer.from(name).toString('base64')}`,
  })
  assert.equal(made.status, 201, made.text)
  return made.headers.get('location')
}

test('a standard client uploads in pieces, and a load is made of it', async () => {
  const bytes = csv(3_000_000)
  const { url } = await send(bytes, { chunkSize: 700_000 }).done
  const done = await facts(idOf(url))
  assert.deepEqual(
    [done.json.name, done.json.size, done.json.offset, done.json.digest],
    ['监测站.csv', bytes.length, bytes.length, digestOf(bytes)],
  )
  const load = await server.api('POST', `/api/v1/datasets/up.rows/loads?upload=${idOf(url)}`, undefined, { Prefer: 'wait=60' })
  assert.equal(load.json.state, 'published', load.text)
  assert.deepEqual([load.json.file, load.json.size], ['监测站.csv', bytes.length])
  const original = join(server.data, 'originals', done.json.digest.slice(0, 2), done.json.digest)
  assert.equal(digestOf(readFileSync(original)), done.json.digest)
  assert.equal((await facts(idOf(url))).status, 404, 'the upload is the load now')
  assert.deepEqual(readdirSync(join(server.data, 'incoming')), [])

  const again = await server.api('POST', `/api/v1/datasets/up.rows/loads?again=${load.json.id}&encoding=utf-8`, undefined, { Prefer: 'wait=60' })
  assert.deepEqual([again.json.state, again.json.file, again.json.version], ['published', '监测站.csv', 2], again.text)
})

test('what the server can do is told, and each answer speaks tus', async () => {
  const can = await server.api('OPTIONS', '/api/v1/uploads')
  assert.equal(can.status, 204)
  assert.equal(can.headers.get('tus-version'), '1.0.0')
  assert.equal(can.headers.get('tus-extension'), 'creation,termination,expiration,checksum')
  assert.equal(can.headers.get('tus-checksum-algorithm'), 'sha1,sha256')
  assert.ok(Number(can.headers.get('tus-max-size')) > 2 ** 30)
  const old = await server.api('POST', '/api/v1/uploads', undefined, { 'Tus-Resumable': '0.2.2', 'Upload-Length': '3' })
  assert.deepEqual([old.status, old.json.code, old.headers.get('tus-version')], [412, 'http.tus_version', '1.0.0'])
  const large = await server.api('POST', '/api/v1/uploads', undefined, { ...tus, 'Upload-Length': String(2 ** 50) })
  assert.deepEqual([large.status, large.headers.get('tus-resumable')], [413, '1.0.0'])
  for (const length of [undefined, '-1', 'x', '1e3']) {
    const wrong = await server.api('POST', '/api/v1/uploads', undefined, { ...tus, ...(length ? { 'Upload-Length': length } : {}) })
    assert.equal(wrong.status, 400, `${length}: ${wrong.text}`)
  }
})

test('a wrong place, kind or length is refused and changes nothing', async () => {
  const path = await begin(10)
  const patch = (body, headers) => server.api('PATCH', path, body, { ...octets, ...headers })
  const first = await patch('12345', { 'Upload-Offset': '0' })
  assert.deepEqual([first.status, first.headers.get('upload-offset')], [204, '5'])
  assert.ok(Date.parse(first.headers.get('upload-expires')) > Date.now() + 6 * 86400_000)
  for (const offset of ['0', '4', '6', '10']) {
    const wrong = await patch('x', { 'Upload-Offset': offset })
    assert.deepEqual([wrong.status, wrong.json.code], [409, 'lake.upload_offset'])
  }
  const kind = await patch('6', { 'Upload-Offset': '5', 'Content-Type': 'text/plain' })
  assert.equal(kind.status, 415)
  const long = await patch('678901', { 'Upload-Offset': '5' })
  assert.equal(long.status, 413)
  const early = await server.api('POST', `/api/v1/datasets/up.rows/loads?upload=${idOf(path)}`)
  assert.deepEqual([early.status, early.json.code], [409, 'lake.upload_open'])
  const head = await server.api('HEAD', path, undefined, tus)
  assert.deepEqual(
    ['upload-offset', 'upload-length', 'cache-control'].map((name) => head.headers.get(name)),
    ['5', '10', 'no-store'],
  )
  const last = await patch('67890', { 'Upload-Offset': '5' })
  assert.equal(last.headers.get('upload-offset'), '10')
  assert.equal((await facts(idOf(path))).json.digest, digestOf('1234567890'))
})

test('a piece with another digest than promised is taken back', async () => {
  const path = await begin(10)
  const sum = (kind, text) => `${kind} ${createHash(kind).update(text).digest('base64')}`
  const patch = (body, headers) => server.api('PATCH', path, body, { ...octets, ...headers })
  const good = await patch('12345', { 'Upload-Offset': '0', 'Upload-Checksum': sum('sha1', '12345') })
  assert.equal(good.status, 204, good.text)
  const bad = await patch('6789x', { 'Upload-Offset': '5', 'Upload-Checksum': sum('sha256', '67890') })
  assert.deepEqual([bad.status, bad.json.code], [460, 'http.tus_checksum'])
  assert.equal((await facts(idOf(path))).json.offset, 5)
  const unknown = await patch('67890', { 'Upload-Offset': '5', 'Upload-Checksum': 'md5 AAAA' })
  assert.equal(unknown.status, 400)
  const again = await patch('67890', { 'Upload-Offset': '5', 'Upload-Checksum': sum('sha256', '67890') })
  assert.equal(again.status, 204)
  assert.equal((await facts(idOf(path))).json.digest, digestOf('1234567890'))
})

test('an upload is ended by its owner, also without PATCH and DELETE, and is nobody else\'s', async () => {
  const path = await begin(4)
  const as = await server.api('POST', path, '12', { ...octets, 'Upload-Offset': '0', 'X-HTTP-Method-Override': 'PATCH' })
  assert.deepEqual([as.status, as.headers.get('upload-offset')], [204, '2'])
  const [name, password] = readFileSync(join(server.data, 'demo-accounts.txt'), 'utf8').split('\n')
    .map((line) => line.split('\t')).find((account) => account[2] === 'administrator') ?? []
  const signed = await fetch(`${server.url}/api/v1/session`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, password }),
  })
  const { csrf } = await signed.json()
  const other = { Cookie: signed.headers.get('set-cookie').split(';')[0], 'X-CSRF-Token': csrf, ...octets }
  for (const method of ['GET', 'HEAD', 'PATCH', 'DELETE']) {
    const foreign = await fetch(server.url + path, {
      method, headers: { ...other, 'Upload-Offset': '2' }, body: method === 'PATCH' ? '34' : undefined,
    })
    assert.equal(foreign.status, 404, method)
    const nobody = await fetch(server.url + path, { method, headers: { ...octets, 'Upload-Offset': '2' }, body: method === 'PATCH' ? '34' : undefined })
    assert.equal(nobody.status, 401, method)
  }
  const file = join(server.data, 'incoming', idOf(path))
  assert.equal(readFileSync(file, 'utf8'), '12')
  const ended = await server.api('POST', path, '', { ...tus, 'X-HTTP-Method-Override': 'DELETE' })
  assert.equal(ended.status, 204, ended.text)
  assert.equal(existsSync(file), false)
  assert.equal((await server.api('HEAD', path, undefined, tus)).status, 404)
})

/** Sends `bytes` of an upload of more and then neither goes on nor hangs up. */
async function stall(path, bytes, size) {
  const line = request(server.url + path, {
    method: 'PATCH',
    headers: { ...octets, Authorization: `Bearer ${server.key}`, 'Upload-Offset': '0', 'Content-Length': size },
  })
  line.on('error', () => undefined)
  line.write(bytes)
  return line
}

test('who asks for the offset ends the line that hangs, and goes on', async () => {
  const bytes = csv(2_000_000)
  const path = await begin(bytes.length)
  const line = await stall(path, bytes.subarray(0, 1_500_000), bytes.length)
  const file = join(server.data, 'incoming', idOf(path))
  for (let i = 0; statSync(file).size < 1_000_000 && i < 200; i++) await pause(20)
  const head = await server.api('HEAD', path, undefined, tus)
  const offset = Number(head.headers.get('upload-offset'))
  assert.ok(offset >= 1_000_000 && offset <= 1_500_000, `${offset}`)
  const rest = await server.api('PATCH', path, bytes.subarray(offset), { ...octets, 'Upload-Offset': String(offset) })
  assert.equal(rest.status, 204, rest.text)
  line.write(bytes.subarray(1_500_000))
  await pause(200)
  line.destroy()
  await pause(200)
  assert.equal((await facts(idOf(path))).json.digest, digestOf(bytes), 'the old line wrote no more')
})

test('a line that breaks keeps what came', async () => {
  const bytes = randomBytes(1_000_000)
  const path = await begin(bytes.length)
  const line = await stall(path, bytes.subarray(0, 600_001), bytes.length)
  await pause(300)
  line.destroy()
  const file = join(server.data, 'incoming', idOf(path))
  for (let i = 0; statSync(file).size < 600_001 && i < 200; i++) await pause(20)
  const { upload, done } = send(bytes, { uploadUrl: server.url + path })
  await done
  assert.equal(upload.url, server.url + path)
  assert.equal((await facts(idOf(path))).json.digest, digestOf(bytes))
})

test('kill -9 in the middle of a PATCH: the client goes on where the disk is', { timeout: 120_000 }, async () => {
  const bytes = randomBytes(24 << 20)
  const source = join(place, 'source.bin')
  writeFileSync(source, bytes)
  let url
  const first = send(createReadStream(source), {
    uploadSize: bytes.length, chunkSize: bytes.length, onUploadUrlAvailable: () => (url = first.upload.url),
  })
  const broken = assert.rejects(first.done)
  const incoming = () => (url ? statSync(join(server.data, 'incoming', idOf(url))).size : 0)
  for (let i = 0; incoming() < 6 << 20 && i < 2000; i++) await pause(2)
  await server.kill()
  await broken
  const left = incoming()
  assert.ok(left >= 4 << 20 && left < bytes.length, `killed at ${left}`)
  await server.up()
  const path = new URL(url).pathname
  const head = await server.api('HEAD', path, undefined, tus)
  assert.equal(Number(head.headers.get('upload-offset')), left)
  let from
  const second = send(createReadStream(source), {
    uploadUrl: server.url + path, uploadSize: bytes.length, chunkSize: bytes.length,
    onProgress: (sent) => (from ??= sent),
  })
  await second.done
  assert.ok(from >= left, `went on from ${from}, not from ${left}`)
  assert.equal((await facts(idOf(url))).json.digest, digestOf(bytes))
})

test('twenty uploads of an account, and no more', async () => {
  const made = []
  for (;;) {
    const next = await server.api('POST', '/api/v1/uploads', undefined, { ...tus, 'Upload-Length': '1' })
    if (next.status !== 201) {
      assert.deepEqual([next.status, next.json.code], [429, 'lake.upload_many'])
      break
    }
    made.push(next.headers.get('location'))
    assert.ok(made.length <= 20)
  }
  for (const path of made) await server.api('DELETE', path, undefined, tus)
})
