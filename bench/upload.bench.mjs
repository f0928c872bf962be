// A large upload by tus: what it leaves in the server's memory (VmHWM), and how fast it is beside a plain
// write of the same bytes with the same syncs. YM_UPLOAD_MB for another size (1024).
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { machine, seconds } from '../tests/e2e/peers.mjs'
import { Server, folder, init, remove } from '../tests/e2e/support.mjs'

const mb = Number(process.env.YM_UPLOAD_MB ?? 1024)
const limit_mb = 128
const piece = randomBytes(1 << 20)
const place = folder('upload-bench')
const server = new Server(join(place, 'var'))
const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024

function patch(path, megabytes, offset) {
  return new Promise((resolve, reject) => {
    const line = request(server.url + path, {
      method: 'PATCH',
      headers: {
        Authorization: `Bearer ${server.key}`, 'Tus-Resumable': '1.0.0', 'Upload-Offset': offset,
        'Content-Type': 'application/offset+octet-stream', 'Content-Length': megabytes << 20,
      },
    }, (answer) => {
      answer.resume()
      answer.on('end', () => (answer.statusCode === 204 ? resolve() : reject(new Error(`status ${answer.statusCode}`))))
    })
    line.on('error', reject)
    let sent = 0
    const more = () => {
      while (sent < megabytes) {
        sent++
        if (!line.write(piece)) return line.once('drain', more)
      }
      line.end()
    }
    more()
  })
}

let failed = false
try {
  const disk = statfsSync(place)
  if (disk.bavail * disk.bsize < mb * 3 * 2 ** 20) throw new Error(`the disk has no room for 3 x ${mb} MB`)
  init(server.data)
  await server.up()
  const made = await server.api('POST', '/api/v1/uploads', undefined, { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(mb * 2 ** 20) })
  const path = made.headers.get('location')
  const before = peak()
  // In two pieces, so that the digest is read from the file at the end, as after a broken line.
  const half = Math.floor(mb / 2)
  const took = await seconds(async () => {
    await patch(path, half, 0)
    await patch(path, mb - half, half * 2 ** 20)
  })
  const after = peak()
  const plain = await seconds(async () => {
    const fd = openSync(join(place, 'plain'), 'w')
    const sum = createHash('sha256')
    for (let n = 1; n <= mb; n++) {
      writeSync(fd, piece)
      sum.update(piece)
      if (n % 4 === 0) fdatasyncSync(fd)
    }
    fdatasyncSync(fd)
    closeSync(fd)
    sum.digest()
  })
  const facts = await server.api('GET', path)
  if (facts.json.offset !== mb * 2 ** 20) throw new Error(`${facts.json.offset} bytes came`)
  console.log(`${machine()}`)
  console.log(`upload of ${mb} MB: VmHWM ${Math.round(before)} MB before, ${Math.round(after)} MB after: ${Math.round(after - before)} of ${limit_mb} MB (x${((after - before) / limit_mb).toFixed(2)} of the limit)`)
  console.log(`speed: ${Math.round(mb / took)} MB/s, ${(plain / took).toFixed(2)} x a plain write with the same syncs and digest (${Math.round(mb / plain)} MB/s)`)
  failed = after - before > limit_mb
} finally {
  await server.down()
  remove(place)
}
process.exitCode = failed ? 1 : 0
