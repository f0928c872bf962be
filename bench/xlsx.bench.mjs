// A workbook of a million cells (100,000 rows x 10 columns: texts, shared and own, numbers, days,
// times) from the file to rows: our caged reader beside SheetJS (npm's xlsx, pinned in deps/bench; it
// reads only the file that it wrote here itself), three times in turn. CPU seconds of each process;
// node's own start is in SheetJS's figure, as the cage's is in ours.
import { execFileSync, spawnSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { folder, program, remove } from '../tests/e2e/support.mjs'
import { machine } from '../tests/e2e/peers.mjs'

const source = new URL('..', import.meta.url).pathname
const kept = execFileSync(join(source, 'scripts/npm-need'), ['deps/bench'], { cwd: source, encoding: 'utf8' }).trim()
const modules = kept.endsWith('node_modules') ? kept : join(kept, 'node_modules')
const XLSX = createRequire(join(modules, 'x.js'))('xlsx')
const place = folder('bench')
const book = join(place, 'million.xlsx')
const rows = Number(process.env.YM_ROWS ?? 100_000)

const table = [['编码', '名称', '地区', '金额', '次数', '比率', '日期', '时间', '是否', '备注']]
for (let i = 0; i < rows; i++)
  table.push([String(100000 + i), `单位${i % 5000}`, ['武汉', '黄石', '荆州'][i % 3], i / 100, i % 977, (i % 1000) / 7,
    { t: 'n', v: 43831 + (i % 365), z: 'yyyy-mm-dd' }, { t: 'n', v: 43831.25 + i / 86400, z: 'yyyy-mm-dd hh:mm:ss' }, i % 2 === 0, `备注 ${i}`])
const made = XLSX.utils.book_new()
XLSX.utils.book_append_sheet(made, XLSX.utils.aoa_to_sheet(table, { dense: true }), '数据')
XLSX.writeFile(made, book, { compression: true, bookSST: true })

const script = join(place, 'peer.cjs')
writeFileSync(script, `const XLSX = require(${JSON.stringify(join(modules, 'xlsx'))})
const book = XLSX.readFile(process.argv[2], { dense: true })
const rows = XLSX.utils.sheet_to_json(book.Sheets[book.SheetNames[0]], { header: 1, raw: true })
process.stdout.write(String(rows.length - 1))
`)

// The shell's own clock of its child: user and system seconds.
function cpu(command) {
  const { stderr, stdout, status } = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${command}`], {
    encoding: 'latin1', maxBuffer: 1 << 30, env: { ...process.env, TZ: 'UTC0' },
  })
  if (status !== 0) throw new Error(stderr)
  const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
  return { seconds: user + system, stdout }
}

const ours = []
const theirs = []
for (let i = 0; i < 3; i++) {
  const mine = cpu(`'${program}' reader ending=xlsx header_row=0 columns=0 < '${book}'`)
  const end = /\{"rows":(\d+)/.exec(mine.stdout.slice(-400))
  if (Number(end?.[1]) !== rows) throw new Error(`the reader gave ${end?.[1]} rows of ${rows}`)
  ours.push(mine.seconds)
  const other = cpu(`'${process.execPath}' '${script}' '${book}'`)
  if (Number(other.stdout) !== rows) throw new Error(`SheetJS gave ${other.stdout} rows of ${rows}`)
  theirs.push(other.seconds)
}
const best = (list) => Math.min(...list)
console.log(`machine: ${machine()}`)
console.log(`workbook: ${((rows + 1) * 10).toLocaleString('en-GB')} cells, ${(statSync(book).size / 1e6).toFixed(1)} MB`)
console.log(`reader: ${best(ours).toFixed(2)} CPU s; SheetJS: ${best(theirs).toFixed(2)} CPU s (best of 3 each)`)
console.log(`xlsx: ${(best(theirs) / best(ours)).toFixed(1)} x as fast as SheetJS`)
remove(place)
